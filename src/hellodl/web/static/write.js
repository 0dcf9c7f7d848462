// Write: the text model goes on from a prompt, piece by piece, and shows what it thought could come next.

import { action, ask, bars, byId, copy, say } from "./helpers.js";

const LEARNED = {
  python: "the source code of Python's own library, so begin as a program would",
  tinyshakespeare: "Shakespeare's plays, so begin as a speech would",
  names: "a list of first names, so begin as a name would",
};
const ALL = 41; // the end of the slider: choose among all
const knob = (name) => Number(byId(`write-${name}`).value);
let controller = null;

/** Say which model writes; called once the server has said how things stand. */
export function about({ text_model: model, text_data: data }) {
  byId("write-model").textContent = model ? `“${model}” learned from ${LEARNED[data] ?? `the text “${data}”`}.` : "";
}

// ---- the knobs ----

function words() {
  const heat = knob("temperature");
  const daring =
    heat === 0 ? "not at all: always the likeliest" : heat < 0.6 ? "careful" : heat <= 1 ? "lively" : "wild";
  const likeliest = knob("top") === 1 ? "the likeliest only" : `the ${knob("top")} likeliest`;
  const all = {
    temperature: `${heat.toFixed(1)}, ${daring}`,
    top: knob("top") === ALL ? "all" : likeliest,
    length: `${knob("length")} characters`,
  };
  for (const [name, text] of Object.entries(all)) {
    byId(`write-${name}-words`).textContent = text;
    byId(`write-${name}`).setAttribute("aria-valuetext", text);
  }
}
for (const name of ["temperature", "top", "length"]) byId(`write-${name}`).addEventListener("input", words);
words();

// ---- writing ----

byId("write-form").addEventListener(
  "submit",
  action(async (event) => {
    event.preventDefault();
    const prompt = byId("write-prompt").value;
    controller?.abort();
    const mine = (controller = new AbortController());
    begin(prompt);
    try {
      await stream(
        {
          prompt,
          temperature: knob("temperature"),
          top_k: knob("top") === ALL ? null : knob("top"),
          length: knob("length"),
        },
        mine.signal,
      );
      say(`It wrote ${byId("write-text").textContent.length} characters`);
    } finally {
      if (controller === mine) end();
    }
  }),
);

byId("write-prompt").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) byId("write-form").requestSubmit();
});
byId("write-stop").addEventListener("click", () => controller?.abort());
byId("write-copy").addEventListener(
  "click",
  action(({ target }) => copy(byId("write-given").textContent + byId("write-text").textContent, target)),
);
byId("write").addEventListener("gone", () => controller?.abort());

function begin(prompt) {
  byId("write-paper").hidden = false;
  byId("write-given").textContent = prompt;
  byId("write-text").textContent = "";
  byId("write-caret").hidden = false;
  byId("write-stop").disabled = false;
  byId("write-copy").disabled = true;
  byId("write-paper").setAttribute("aria-busy", "true");
  byId("write-paper").scrollIntoView({ block: "nearest" });
  say("Writing");
}

function end() {
  byId("write-caret").hidden = true;
  byId("write-stop").disabled = true;
  byId("write-copy").disabled = false;
  byId("write-paper").setAttribute("aria-busy", "false");
}

/** Read the server's events as they come. What came between two frames of the screen is shown at once. */
async function stream(body, signal) {
  const response = await ask("/api/write", { method: "POST", body, signal });
  const paper = byId("write-text");
  let waiting = "",
    likely = null,
    frame = 0;
  const show = () => {
    frame = 0;
    if (signal.aborted) return;
    paper.append(waiting);
    paper.normalize();
    waiting = "";
    if (likely) bars(byId("write-next"), likely);
  };
  for await (const { name, data } of events(response.body)) {
    if (name === "failed" || data.error) throw new Error(data.error);
    if (name === "done") break;
    waiting += data.text;
    likely = data.next ?? likely;
    frame ||= requestAnimationFrame(show);
  }
  cancelAnimationFrame(frame);
  show();
}

/** The events of a stream, as {name, data}. */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  while (true) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split(/\r?\n\r?\n/);
    rest = parts.pop();
    for (const part of parts) {
      const lines = part.split(/\r?\n/);
      const field = (name) =>
        lines
          .filter((line) => line.startsWith(`${name}:`))
          .map((line) => line.slice(name.length + 1).trimStart())
          .join("\n");
      if (field("data") || field("event"))
        yield { name: field("event") || "message", data: JSON.parse(field("data") || "{}") };
    }
  }
}
