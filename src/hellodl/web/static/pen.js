// Pen: what one types is written by hand, stroke by stroke, before one's eyes.

import { action, askJson, byId, counted, drawn, newest, say } from "./helpers.js";
import { Pad } from "./pad.js";

const SPEED = 240; // points a second
const paper = byId("pen-paper");
const fresh = newest();
const ASKED = ["hello", "quick", "brown", "jumps", "very", "lazy", "fixed", "bag"]; // most letters, in a minute
const mine = []; // words of whoever sits here, as {text, strokes}
let kept = 0; // words that are in the folder
const pad = new Pad(byId("pen-pad"), ready, 6);
let writing = 0;

function words() {
  const tidy = Number(byId("pen-tidy").value);
  const how = tidy < 0.3 ? "as it comes" : tidy < 0.9 ? "with care" : "a clean copy";
  byId("pen-tidy-words").textContent = how;
  byId("pen-tidy").setAttribute("aria-valuetext", how);
}
byId("pen-tidy").addEventListener("input", words);
words();

async function write() {
  const body = {
    text: byId("pen-text").value,
    hand: Number(byId("pen-hand").value),
    tidy: Number(byId("pen-tidy").value),
    seed: Math.floor(Math.random() * 2 ** 31),
    like: byId("pen-mine").checked ? mine : [],
    mine: byId("pen-mine").checked && !mine.length,
  };
  const letter = await askJson("/api/pen", { method: "POST", body, signal: fresh() });
  byId("pen-hand").max = letter.hands - 1;
  show(letter, body.text);
}

/** Strokes on paper, one after the other; at once where things are not to move. */
function show(letter, text) {
  cancelAnimationFrame(writing);
  const paths = letter.strokes.map((d) => drawn("path", { d, pathLength: 1 }));
  const svg = drawn(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${letter.width} ${letter.height}`,
      role: "img",
      fill: "none",
      stroke: "#1c254e",
      "stroke-width": letter.pen,
      "stroke-linecap": "round",
      "stroke-linejoin": "round",
    },
    drawn("title", {}, text),
    ...paths,
  );
  paper.replaceChildren(svg);
  paper.hidden = false;
  for (const name of ["pen-save", "pen-print"]) byId(name).disabled = false;
  say(byId("pen-mine").checked ? "Written in your hand" : `Written in hand ${byId("pen-hand").value}`);
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  for (const path of paths) path.setAttribute("visibility", "hidden");
  let at = 0,
    begun = null;
  const step = (now) => {
    begun ??= now;
    let left = ((now - begun) / 1000) * SPEED;
    for (let k = 0; k < at; k++) left -= letter.points[k];
    while (at < paths.length) {
      const share = Math.min(left / letter.points[at], 1);
      paths[at].removeAttribute("visibility");
      if (share < 1) {
        paths[at].setAttribute("stroke-dasharray", `${Math.max(share, 0)} 2`);
        break;
      }
      paths[at].removeAttribute("stroke-dasharray");
      left -= letter.points[at++];
    }
    if (at < paths.length) writing = requestAnimationFrame(step);
    else for (const path of paths) path.removeAttribute("pathLength");
  };
  writing = requestAnimationFrame(step);
}

byId("pen-form").addEventListener(
  "submit",
  action(async (event) => {
    event.preventDefault();
    await write();
  }),
);
byId("pen-other").addEventListener(
  "click",
  action(async () => {
    const hand = byId("pen-hand");
    hand.value = Math.floor(Math.random() * (Number(hand.max) + 1));
    await write();
  }),
);
byId("pen-text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) byId("pen-form").requestSubmit();
});
byId("pen-print").addEventListener("click", () => print());
byId("pen-save").addEventListener("click", () => {
  const copy = paper.firstElementChild.cloneNode(true);
  for (const path of copy.querySelectorAll("path"))
    for (const name of ["visibility", "stroke-dasharray", "pathLength"]) path.removeAttribute(name);
  keep(copy.outerHTML, "image/svg+xml", "letter.svg");
});

/** Give a file to whoever sits here. */
function keep(content, type, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// ---- one's own hand ----

function ready() {
  const over = mine.length === ASKED.length;
  byId("pen-asked").textContent = over ? "That is all; thank you." : `Write: ${ASKED[mine.length]}`;
  byId("pen-keep").disabled = over || pad.empty;
  byId("pen-clear").disabled = pad.empty;
  for (const name of ["pen-lesson", "pen-forget", "pen-mine-save"]) byId(name).disabled = !mine.length;
  byId("pen-mine").disabled = !mine.length && !kept;
  if (byId("pen-mine").disabled) byId("pen-mine").checked = false;
}
ready();

byId("pen-clear").addEventListener("click", () => pad.clear());
byId("pen-keep").addEventListener("click", () => {
  mine.push({ text: ASKED[mine.length], strokes: pad.strokes });
  byId("pen-mine").disabled = false;
  byId("pen-mine").checked = true;
  pad.clear();
  say(byId("pen-asked").textContent);
});
byId("pen-forget").addEventListener("click", () => {
  mine.length = 0;
  pad.clear();
});
byId("pen-lesson").addEventListener(
  "click",
  action(async () => {
    const words = mine.slice();
    byId("pen-lesson").disabled = true;
    try {
      await askJson("/api/lessons", { method: "POST", body: { words } });
      mine.length = 0;
      await look();
      byId("pen-mine").checked = true;
      say(`Kept: ${counted(kept, "word")} of yours`);
    } finally {
      ready();
    }
  }),
);

/** How many words are kept. */
async function look() {
  kept = (await askJson("/api/status")).words;
  ready();
}
byId("pen").addEventListener("shown", action(look));
byId("pen-mine-save").addEventListener("click", () => keep(JSON.stringify(mine), "application/json", "words.json"));
