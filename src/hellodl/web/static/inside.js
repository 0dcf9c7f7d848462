// Looking into a run: how the values of a layer are spread at every step, its kernels, and what is mixed up.

import { action, askJson, byId, element, newest, short, whenThemeChanges } from "./helpers.js";
import { Chart } from "./chart.js";
import { histograms, kernels } from "./heat.js";

const KINDS = { weight: "weights", gradient: "gradients", activation: "outputs" };
const WIDE = 480; // screen pixels that all kernels side by side may take, if each number can be seen
const WORST = 8; // pairs of mixed up classes that are listed

const spreads = new Chart(byId("layer-spread"), { title: "Mean and standard deviation" });
const updates = new Chart(byId("layer-update"), {
  title: "How far one step moved it, as a part of its length",
  from: 0,
});
const question = newest(),
  kernelQuestion = newest();
let run = null;
let rows = null; // the statistics of the layer that is shown
let tiles = null; // its kernels

export function leave() {
  run = null;
  byId("layer").hidden = byId("confusion").hidden = true;
}

/** Look into a run; `one` is what /api/runs/ID says. */
export async function look(one) {
  run = one;
  run.layers.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true })); // 2.weight before 10.weight
  const select = byId("layer-name"),
    before = select.value;
  select.replaceChildren(...run.layers.map(({ name }) => element("option", { value: name }, name)));
  // The one that was looked at before, or one of which there is most to see.
  const wanted = [before, ...run.kernels.map(({ name }) => name)].find((one) =>
    run.layers.some(({ name }) => name === one),
  );
  if (wanted) select.value = wanted;
  byId("layer").hidden = !run.layers.length;
  await Promise.all([run.layers.length ? layer() : null, mixedUp()]);
}

async function layer() {
  const known = run.layers.find(({ name }) => name === byId("layer-name").value).kinds;
  const kinds = Object.keys(KINDS).filter((kind) => known.includes(kind));
  const select = byId("layer-kind"),
    before = select.value;
  select.replaceChildren(...kinds.map((kind) => element("option", { value: kind }, KINDS[kind])));
  if (kinds.includes(before)) select.value = before;
  await statistics();
}

async function statistics() {
  const name = byId("layer-name").value,
    kind = byId("layer-kind").value;
  rows = await askJson(`/api/runs/${run.id}/layers?name=${encodeURIComponent(name)}&kind=${kind}`, {
    signal: question(),
  });
  const slider = byId("layer-step");
  slider.max = rows.steps.length - 1;
  slider.value = slider.max;
  spreads.show([
    { name: "mean", x: rows.steps, y: rows.mean, colour: 2 },
    { name: "standard deviation", x: rows.steps, y: rows.std, colour: 1 },
  ]);
  updates.show([{ name: "moved", x: rows.steps, y: rows.update_ratio, colour: 3 }]);
  await atStep();
}

/** The step at which the slider stands: what the histogram is there, and the kernels of that time. */
async function atStep() {
  const at = Number(byId("layer-step").value);
  const [bottom, top] = histograms(byId("layer-heat"), rows, at);
  byId("layer-low").textContent = short(bottom, 2);
  byId("layer-high").textContent = short(top, 2);
  const [step, mean, std, low, high] = ["steps", "mean", "std", "low", "high"].map((name) => short(rows[name][at]));
  byId("layer-words").textContent =
    `Step ${step}: mean ${mean}, standard deviation ${std}, from ${low} to ${high}, ` +
    `${(100 * rows.zeros[at]).toFixed(1)}% zeros`;
  byId("layer-step").setAttribute("aria-valuetext", `step ${step}`);
  await kernelsAt(rows.steps[at]);
}

async function kernelsAt(step) {
  const name = byId("layer-name").value;
  const steps = run.kernels.find((one) => one.name === name)?.steps ?? [];
  const shown = steps.filter((one) => one <= step).at(-1) ?? steps[0];
  byId("kernels").hidden = shown === undefined;
  if (shown === undefined) return;
  tiles = await askJson(`/api/runs/${run.id}/kernels?name=${encodeURIComponent(name)}&step=${shown}`, {
    signal: kernelQuestion(),
  });
  const [outputs, inputs, height, width] = tiles.shape;
  byId("kernels-words").textContent =
    `Its kernels at step ${short(shown)}: ${outputs} of ${height} × ${width}` +
    `${inputs > 1 ? ` for each of ${inputs} inputs` : ""}; blue is plus, orange is minus`;
  paintKernels();
}

function paintKernels() {
  const canvas = byId("kernels-picture");
  kernels(canvas, tiles);
  const scale = Math.min(Math.max(Math.floor(WIDE / canvas.width), 4), 16);
  canvas.style.setProperty("inline-size", `${scale * canvas.width}px`);
}

byId("layer-name").addEventListener("change", action(layer));
byId("layer-kind").addEventListener("change", action(statistics));
byId("layer-step").addEventListener("input", action(atStep));
whenThemeChanges(() => {
  if (rows) histograms(byId("layer-heat"), rows, Number(byId("layer-step").value));
  if (tiles) paintKernels();
});

// ---- what is mixed up ----

async function mixedUp() {
  const here = run.id;
  byId("confusion").hidden = !run.confusion;
  if (!run.confusion) return;
  const { classes, matrix } = await askJson(`/api/runs/${run.id}/confusion`);
  if (run?.id !== here) return;
  worst([...classes], matrix);
  table([...classes], matrix);
}

function worst(classes, matrix) {
  const pairs = matrix.flatMap((row, truth) =>
    row.map((count, guess) => ({ truth, guess, count, all: sum(row) })),
  );
  const wrong = pairs
    .filter(({ truth, guess, count }) => truth !== guess && count > 0)
    .sort((a, b) => b.count - a.count);
  byId("confusion-worst").replaceChildren(
    ...wrong
      .slice(0, WORST)
      .map(({ truth, guess, count, all }) =>
        element(
          "li",
          {},
          element("b", {}, classes[truth]),
          " taken for ",
          element("b", {}, classes[guess]),
          ` ${count} of ${short(all)} times`,
        ),
      ),
  );
}

/** Rows are the truth, columns what was read; the darker, the larger the share of its row. */
function table(classes, matrix) {
  const head = element(
    "tr",
    {},
    element("td", {}, "true ↓ read →"),
    ...classes.map((one) => element("th", { scope: "col" }, one)),
  );
  const lines = matrix.map((row, truth) => {
    const all = sum(row) || 1;
    const cells = row.map((count, guess) =>
      element(
        "td",
        {
          class: count ? `${truth === guess ? "right" : "wrong"}-${level(count / all)}` : false,
          title: count ? `${classes[truth]} read as ${classes[guess]}: ${count}` : false,
        },
        count ? String(count) : "",
      ),
    );
    return element("tr", {}, element("th", { scope: "row" }, classes[truth]), ...cells);
  });
  byId("confusion-table").replaceChildren(
    element("caption", { class: "visually-hidden" }, "Rows are the truth, columns what was read"),
    element("thead", {}, head),
    element("tbody", {}, ...lines),
  );
}

const sum = (row) => row.reduce((total, count) => total + count, 0);
const level = (share) => (share < 0.01 ? 1 : share < 0.05 ? 2 : share < 0.5 ? 3 : 4);
