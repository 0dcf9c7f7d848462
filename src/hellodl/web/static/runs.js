// Runs: the record of every training. Choose one or several, see their curves, and watch those that go on.

import { action, askJson, byId, element, listen, newest, short, trouble } from "./helpers.js";
import { Chart, smoothed } from "./chart.js";
import { look, leave } from "./inside.js";

const MOST = 6; // runs side by side, as many as there are colours
const WATCHED = 3; // at once: a browser keeps only a few connections open
const EVERY = 10_000; // milliseconds between two looks at the list

const losses = new Chart(byId("runs-loss"), { title: "Loss", from: 0 });
const accuracies = new Chart(byId("runs-accuracy"), { title: "Accuracy", share: true });
const chosen = new Map(); // number of a run -> {run, colour, curves, stop}
const question = newest();
let inside = null; // the run that is looked into
let timer = 0;
let opened = false; // whether a run that goes on was opened by itself: that is done once

const arrive = action(async () => {
  clearTimeout(timer);
  const program = byId("runs-program").value;
  const { runs } = await askJson(
    `/api/runs?limit=200${program ? `&program=${encodeURIComponent(program)}` : ""}`,
    { signal: question() },
  );
  list(runs);
  if (!program) programs(runs);
  for (const one of chosen.values()) watch(one);
  await openRunning(runs);
  if (!byId("runs").hidden) timer = setTimeout(arrive, EVERY);
});

/** Who comes while something trains came for that. */
async function openRunning(runs) {
  const run = runs.find(({ status }) => status === "running");
  if (opened || chosen.size || !run) return;
  opened = true;
  const box = byId("runs-list").querySelector(`[data-run="${run.id}"] input`);
  box.checked = true;
  await choose(run, box);
}

byId("runs").addEventListener("shown", arrive);
byId("runs").addEventListener("gone", () => {
  clearTimeout(timer);
  chosen.forEach(unwatch);
});
byId("runs-program").addEventListener("change", arrive);

// ---- the list ----

function programs(runs) {
  const select = byId("runs-program");
  const names = [...new Set(runs.map(({ program }) => program))].sort();
  const known = [...select.options].slice(1).map(({ value }) => value);
  if (names.join() === known.join()) return;
  select.replaceChildren(select.options[0], ...names.map((name) => element("option", {}, name)));
}

/** One line a run, the newest first. Lines stay as they are where nothing changed, so that the focus does too. */
function list(runs) {
  const place = byId("runs-list");
  const old = new Map([...place.children].map((item) => [item.dataset.run, item]));
  const items = [...runs]
    .sort((a, b) => b.id - a.id)
    .map((run) => {
      const item = old.get(String(run.id)) ?? line(run.id);
      describe(item, run);
      return item;
    });
  if (items.some((item, at) => place.children[at] !== item) || items.length !== place.children.length)
    place.replaceChildren(...items);
  byId("runs-none").hidden = runs.length > 0;
}

function line(id) {
  const box = element("input", { type: "checkbox" });
  box.checked = chosen.has(id);
  const item = element(
    "li",
    { "data-run": id },
    element(
      "label",
      {},
      box,
      element("span", { class: "swatch", "aria-hidden": "true" }),
      element("span", { class: "name" }),
      element("span", { class: "result" }),
      element("span", { class: "when" }),
    ),
  );
  box.addEventListener(
    "change",
    action(() => (box.checked ? choose(item.run, box) : drop(id))),
  );
  return item;
}

function describe(item, run) {
  item.run = run;
  item.classList.toggle("live", run.status === "running");
  const [, swatch, name, result, when] = item.firstChild.children;
  swatch.className = `swatch${chosen.has(run.id) ? ` fill-${chosen.get(run.id).colour}` : ""}`;
  name.textContent = `${run.id} ${run.program}`;
  result.textContent =
    run.status === "running" ? timeLeft(run) : run.status === "finished" ? (figure(run) ?? "") : run.status;
  when.textContent = [ago(run.started), run.data].filter(Boolean).join(" · ");
  if (chosen.has(run.id)) chosen.get(run.id).run = run;
}

const figure = ({ accuracy, loss }) =>
  accuracy !== null && accuracy !== undefined
    ? `${(100 * accuracy).toFixed(1)}%`
    : loss !== null && loss !== undefined
      ? `loss ${short(loss)}`
      : null;

/** How long a run goes on, if it keeps its pace: by the part of its epochs that is done. */
function timeLeft({ started, seen, epochs, settings }) {
  const done = epochs / settings?.epochs;
  if (!(done > 0.01 && done < 1)) return "running";
  const minutes = ((new Date(seen) - new Date(started)) / 60_000) * (1 / done - 1);
  if (minutes < 1) return "under 1 min left";
  return minutes < 90 ? `${Math.round(minutes)} min left` : `${Math.round(minutes / 60)} h left`;
}

function ago(time) {
  const minutes = (Date.now() - new Date(time)) / 60_000;
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${Math.floor(minutes)} min ago`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return new Date(time).toLocaleDateString("en", { day: "numeric", month: "short", year: "numeric" });
}

// ---- the chosen ones ----

async function choose(run, box) {
  if (chosen.size === MOST) {
    box.checked = false;
    throw new Error(`At most ${MOST} runs can be compared; take the mark off one first.`);
  }
  const taken = [...chosen.values()].map(({ colour }) => colour);
  const one = {
    run,
    colour: [1, 2, 3, 4, 5, 6].find((colour) => !taken.includes(colour)),
    curves: null,
    stop: null,
  };
  chosen.set(run.id, one);
  mark(run.id);
  try {
    one.curves = await askJson(`/api/runs/${run.id}/curves?points=600`);
  } catch (error) {
    chosen.delete(run.id);
    box.checked = false;
    mark(run.id);
    throw error;
  }
  if (!chosen.has(run.id)) return; // taken off again meanwhile
  watch(one);
  draw();
  await which(run.id);
}

async function drop(id) {
  const one = chosen.get(id);
  if (!one) return;
  unwatch(one);
  chosen.delete(id);
  mark(id);
  draw();
  await which(chosen.has(inside) ? inside : [...chosen.keys()].at(-1));
}

function mark(id) {
  const item = byId("runs-list").querySelector(`[data-run="${id}"]`);
  if (item) describe(item, item.run);
}

function draw() {
  const shown = [...chosen.values()].filter(({ curves }) => curves);
  const share = Number(byId("runs-smooth").value);
  byId("runs-chosen").hidden = !shown.length;
  byId("runs-choose").hidden = shown.length > 0;
  for (const [chart, what] of [
    [losses, "loss"],
    [accuracies, "accuracy"],
  ]) {
    chart.show(
      shown.flatMap(({ run, colour, curves: { training, validation } }) => {
        const of = shown.length > 1 ? `${run.id} ${run.program}` : undefined;
        return [
          { name: "training", of, x: training.step, y: smoothed(training[what], share), colour, faint: true },
          { name: "validation", of, x: validation.step, y: validation[what], colour },
        ];
      }),
    );
  }
}

byId("runs-smooth").addEventListener("input", draw);
byId("runs-log").addEventListener("change", ({ target }) => losses.logarithmic(target.checked));

/** Which of the chosen is looked into. */
async function which(id) {
  const select = byId("runs-which");
  select.replaceChildren(
    ...[...chosen.values()].map(({ run }) =>
      element("option", { value: run.id }, `${run.id} ${run.program}`),
    ),
  );
  byId("runs-which-label").hidden = chosen.size < 2;
  inside = id;
  if (id === undefined) return leave();
  select.value = id;
  const run = await askJson(`/api/runs/${id}`);
  if (inside !== id) return;
  facts(run);
  await look(run);
}

byId("runs-which").addEventListener(
  "change",
  action(({ target }) => which(Number(target.value))),
);

/** What is known of a run, as pairs of a name and a value. */
function facts(run) {
  const pairs = {
    started: run.started,
    finished: run.finished,
    status: run.status,
    error: run.error,
    data: run.data,
    seed: run.seed,
    machine: run.machine,
    source: run.source,
    ...run.settings,
    ...run.result,
  };
  byId("runs-facts").replaceChildren(
    ...Object.entries(pairs)
      .filter(([, value]) => value !== null && value !== undefined && value !== "")
      .flatMap(([name, value]) => [
        element("dt", {}, name.replaceAll("_", " ")),
        element("dd", {}, inWords(value)),
      ]),
  );
}

const inWords = (value) =>
  typeof value === "number"
    ? short(value)
    : typeof value === "object"
      ? JSON.stringify(value)
      : String(value);

// ---- watching those that go on ----

function watch(one) {
  const watched = [...chosen.values()].filter(({ stop }) => stop).length;
  if (one.run.status !== "running" || !one.curves || one.stop || watched >= WATCHED || byId("runs").hidden)
    return;
  const last = one.curves.training.step.at(-1) ?? 0;
  one.stop = listen(`/api/runs/events?run=${one.run.id}&after=${last}`, {
    message: (rows) => {
      for (const part of ["training", "validation"]) extend(one.curves[part], rows[part] ?? []);
      draw();
    },
    ended: () => {
      unwatch(one);
      arrive();
    },
    lost: () => {
      unwatch(one);
      trouble(new Error("The run was lost sight of; see whether `hellodl web` is still running."));
    },
  });
}

function unwatch(one) {
  one.stop?.();
  one.stop = null;
}

/** Put new rows behind those that are there; a row that comes twice is left out. */
function extend(curve, rows) {
  for (const row of rows) {
    if (row.step <= (curve.step.at(-1) ?? -1)) continue;
    for (const name of Object.keys(curve)) curve[name].push(row[name] ?? null);
  }
}
