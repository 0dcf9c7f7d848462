// Teach: letters with their right names, and the learning from them, which one can watch.

import { action, askJson, byId, counted, element, listen, percent, say, trouble } from "./helpers.js";
import { allow, refresh, turnOn } from "./hand.js";
import { Chart } from "./chart.js";
import { Pad } from "./pad.js";

const ALL = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"];
const pad = new Pad(byId("teach-pad"), ready);
const input = byId("teach-letter");
const chart = new Chart(byId("learn-chart"), { title: "Loss" });
let job = null;
let counts = {};
let loss = { x: [], y: [] };
let outcome = ""; // how the last learning ended

// ---- letters ----

function ready() {
  for (const id of ["teach-undo-stroke", "teach-clear"]) byId(id).disabled = pad.empty;
  byId("teach-keep").disabled = pad.empty || !input.value.trim();
}

/** The letter of which there are fewest: what to write next. */
function proposed() {
  return ALL.reduce((best, one) => ((counts[one] ?? 0) < (counts[best] ?? 0) ? one : best));
}

byId("teach-undo-stroke").addEventListener("click", () => pad.undo());
byId("teach-clear").addEventListener("click", () => pad.clear());
input.addEventListener("input", ready);
input.addEventListener("focus", () => input.select());

byId("teach-form").addEventListener(
  "submit",
  action(async (event) => {
    event.preventDefault();
    const letter = input.value.trim();
    if (pad.empty || !letter) return;
    const keep = byId("teach-keep");
    if (keep.disabled) return; // the one before is on its way
    keep.disabled = true;
    keep.textContent = "Keeping…";
    try {
      await askJson("/api/lessons", { method: "POST", body: { strokes: pad.strokes, letter } });
    } catch (error) {
      ready();
      throw error;
    } finally {
      keep.textContent = "Keep it";
    }
    pad.clear();
    outcome = "";
    await count();
    input.value = proposed();
    say(`${letter} kept. Next: ${input.value}`);
  }),
);

byId("teach-pad").addEventListener("keydown", (event) => {
  if (event.key === "Enter") byId("teach-form").requestSubmit();
});

/** From Draw: strokes of which one now says what they are. */
document.addEventListener("teach-this", ({ detail }) => pad.show(detail));

// ---- what there is ----

async function count() {
  const answer = await askJson("/api/lessons");
  counts = answer.counts;
  const kinds = Object.keys(counts).length;
  byId("teach-total").textContent = answer.lessons
    ? `${counted(answer.lessons, "character")}, ${kinds} of them different`
    : "Nothing yet";
  const signs = Object.keys(counts).filter((one) => !ALL.includes(one));
  byId("teach-counts").replaceChildren(
    ...[...ALL, ...signs].map((one) =>
      element(
        "li",
        { class: counts[one] ? "some" : false },
        element("b", {}, one),
        element("span", {}, String(counts[one] ?? 0)),
      ),
    ),
  );
  for (const id of ["teach-undo", "teach-forget"]) byId(id).disabled = !answer.lessons || job !== null;
  byId("learn").disabled = !answer.lessons || job !== null;
  const advice = answer.lessons
    ? "Learns from all of them, in about a minute."
    : "It needs at least one letter.";
  if (job === null) byId("learn-words").textContent = outcome || advice;
}

byId("teach-undo").addEventListener(
  "click",
  action(async () => {
    const { lessons } = await askJson("/api/lessons/undo", { method: "POST" });
    byId("learn-result").hidden = true;
    const { personal } = await refresh();
    outcome = personal
      ? "Taken back. The network that knows your hand had learned from it, too; let it learn anew, and it forgets that."
      : "Taken back.";
    await count();
    say(`Taken back; ${counted(lessons, "character")} left`);
  }),
);

const dialog = byId("forget");
byId("teach-forget").addEventListener("click", () => {
  dialog.returnValue = "no";
  dialog.showModal();
});
dialog.addEventListener(
  "close",
  action(async () => {
    if (dialog.returnValue !== "yes") return;
    await askJson("/api/lessons", { method: "DELETE" });
    allow(false);
    byId("learn-result").hidden = true;
    chart.show([]);
    outcome = "";
    await count();
    say("All is forgotten");
  }),
);

// ---- learning ----

byId("learn").addEventListener(
  "click",
  action(async () => {
    byId("learn").disabled = true;
    byId("learn-words").textContent = "Making ready";
    try {
      follow((await askJson("/api/learn", { method: "POST" })).job);
    } catch (error) {
      await count();
      throw error;
    }
  }),
);
byId("learn-stop").addEventListener(
  "click",
  action(() => askJson(`/api/jobs/${job}/cancel`, { method: "POST" })),
);

function follow(id) {
  job = id;
  outcome = "";
  loss = { x: [], y: [] };
  learning(true);
  byId("learn-result").hidden = true;
  byId("learn-words").textContent = "Learning";
  listen(`/api/jobs/${id}/events`, {
    message: ({ step, steps, loss: value }) => {
      byId("learn-progress").value = step / steps;
      byId("learn-words").textContent = `Step ${step} of ${steps}`;
      if (step <= (loss.x.at(-1) ?? -1)) return; // told once more after a reconnect
      loss.x.push(step);
      loss.y.push(value);
      chart.show([{ name: "loss", ...loss }]);
    },
    done: ({ before, after, others_before: others, others_after: still }, stop) => {
      stop();
      ended("It has learned. Draw and Read now know your hand.");
      byId("learn-before").textContent = percent(before);
      byId("learn-after").textContent = percent(after);
      byId("learn-others").textContent =
        others === undefined
          ? ""
          : `Of other people's writing it reads ${percent(still)} right, where it was ${percent(others)}.`;
      byId("learn-result").hidden = false;
      turnOn();
    },
    failed: ({ error }, stop) => {
      stop();
      ended(error);
    },
    lost: () => {
      ended("The server no longer tells how it goes.");
      trouble(
        new Error(
          "The learning was lost sight of; see whether `hellodl web` is still running, then load the page again.",
        ),
      );
    },
  });
}

function ended(words) {
  job = null;
  outcome = words;
  learning(false);
  action(count)();
}

function learning(on) {
  for (const id of ["learn", "teach-undo", "teach-forget"]) byId(id).disabled = on;
  byId("learn-stop").hidden = byId("learn-progress").hidden = !on;
  byId("learn-progress").value = 0;
}

/** When the tab is opened: what there is, and whether learning goes on already. */
const arrive = action(async () => {
  const status = await refresh();
  if (job === null && status.job) follow(status.job);
  await count();
  if (pad.empty) input.value = proposed();
});
byId("teach").addEventListener("shown", arrive);
document.addEventListener("lessons-changed", action(count));
