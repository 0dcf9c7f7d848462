// Correcting what was read: the text as a text that one edits, and the boxes over the photo, which follow it.

import { action, byId, copy, element, percent, say, spoken } from "./helpers.js";
import { Boxes } from "./boxes.js";
import { Steps, whenAsked } from "./undo.js";
import { arranged, around, DOUBT, tokensOf } from "./written.js";

const area = byId("read-text"),
  input = byId("read-letter"),
  panel = byId("read-mend"),
  picture = byId("read-picture");
const boxes = new Boxes(byId("read-boxes"), take);
let page = null; // what was read
let tokens = []; // the same, in a row
let confirmed = new Set(); // what was read and is right, as a person said
let range = [0, 0]; // of the text: what the panel corrects
let steps = null; // what can be undone
let changed = () => {};

/** Call `follow` whenever the text or what is known of it changes. */
export const whenCorrected = (follow) => (changed = follow);

/** Show a page that was read. */
export function show(read) {
  page = read;
  tokens = tokensOf(page.lines);
  confirmed = new Set();
  area.value = page.text;
  area.disabled = byId("read-copy").disabled = !tokens.length;
  close();
  steps = new Steps(now(), (one, other) => one.text === other.text && !apart(one, other).size);
  arrange();
}

/** Whether something would be lost if it were read anew. */
export const corrected = () => page !== null && (area.value !== page.text || confirmed.size > 0);

/** The lines as they truly are, {box, text}: all, or those of which a person said something. */
export function truth(all) {
  const texts = area.value.split("\n");
  if (texts.length !== page.lines.length)
    throw new Error("Lines were added or taken away; to learn from it, let each stay on a line of its own.");
  return page.lines
    .map((line, at) => ({ line, text: texts[at].trim(), was: page.text.split("\n")[at] }))
    .filter(({ line, text, was }) => text && (all || text !== was || line.some((one) => confirmed.has(one))))
    .map(({ line, text }) => ({ box: around(line.map(({ box }) => box)), text }));
}

/** Bring boxes and marks up to date with the text; `kind` is what was done to it, for undo. */
function arrange(kind) {
  steps.add(now(), kind);
  const characters = arranged(tokens, area.value).map((one) => ({ ...one, doubtful: doubtful(one) }));
  boxes.show(characters, [page.width, page.height]);
  byId("read-next").disabled = !characters.some((one) => one.doubtful);
  byId("read-undo").disabled = !steps.can(-1);
  byId("read-redo").disabled = !steps.can(1);
  mark();
  changed();
}

const doubtful = ({ mended, one }) => !mended && !confirmed.has(one) && one.probability < DOUBT;
const left = () => boxes.characters.filter((one) => one.doubtful).length;

/** Under the text: the doubtful and the chosen. The text itself is the area's, which lies over this. */
function mark() {
  const parts = [];
  let end = 0;
  boxes.characters.forEach(({ letter, at, doubtful }, place) => {
    const taken = boxes.first <= place && place <= boxes.last;
    if (!letter || !(doubtful || taken)) return;
    const mark = element("mark", { class: taken ? "taken" : "doubt" }, letter);
    parts.push(area.value.slice(end, at), mark);
    end = at + 1;
  });
  byId("read-marks").replaceChildren(...parts, `${area.value.slice(end)}\n`);
}

/** How it stands, in words. */
export function summary() {
  if (!tokens.length) return "No writing was found; take a sharper, lighter photo.";
  const count = boxes.characters.length;
  return `${count} characters, ${left() ? `${left()} of them doubtful` : "none of them doubtful"}`;
}

// ---- the text ----

area.addEventListener("input", ({ inputType }) => {
  close();
  arrange(inputType);
  follow();
});
document.addEventListener("selectionchange", () => document.activeElement === area && follow());

/** The boxes of what is selected in the text, or of the letter before which the caret stands. */
function follow() {
  const start = area.selectionStart,
    end = Math.max(area.selectionEnd, start + 1);
  const there = boxes.characters.flatMap(({ letter, at }, place) =>
    letter && start <= at && at < end ? [place] : [],
  );
  boxes.mark(there[0] ?? -1, there.at(-1) ?? -1, there.length > 0);
  mark();
}

byId("read-copy").addEventListener(
  "click",
  action(({ target }) => copy(area.value, target)),
);

// ---- a box ----

/** Boxes were chosen: show them large, and what they could be. */
function take(first, last, opened) {
  const chosen = boxes.characters.slice(first, last + 1),
    [one] = chosen;
  const end = chosen.at(-1);
  range = [one.at, end.at + end.letter.length];
  panel.hidden = false;
  mark();
  crop(around(chosen.map(({ box }) => box)));
  input.value = area.value.slice(...range);
  describe(chosen);
  if (opened && matchMedia("(pointer: fine)").matches) input.focus({ preventScroll: true });
  if (opened || document.activeElement === input) input.select();
}

function describe(chosen) {
  const [{ one, at, mended }] = chosen;
  const single = chosen.length === 1 && one;
  byId("read-runner-up").hidden = !single || !one.runner_up;
  if (single && one.runner_up) {
    const share = percent(one.runner_up_probability);
    byId("read-runner-up").textContent = `${one.runner_up} ${share}`;
    byId("read-runner-up").setAttribute("aria-label", `Rather ${spoken(one.runner_up)}, ${share}`);
  }
  byId("read-mend-words").textContent = single
    ? `It read ${spoken(one.letter)}, ${percent(one.probability)} sure.`
    : mended && chosen.length === 1
      ? "You said so."
      : `${chosen.length} boxes: one letter joins them.`;
  byId("read-space").setAttribute("aria-pressed", area.value[at - 1] === " ");
  byId("read-space").disabled = at === 0 || area.value[at - 1] === "\n";
  byId("read-join").disabled = boxes.characters[boxes.last + 1]?.line !== chosen[0].line;
}

function crop([x, y, width, height]) {
  const canvas = byId("read-crop"),
    context = canvas.getContext("2d");
  const scale = picture.naturalWidth / page.width || 1,
    side = 1.3 * Math.max(width, height);
  const from = [x + (width - side) / 2, y + (height - side) / 2, side, side].map((one) => scale * one);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, ...from, 0, 0, canvas.width, canvas.height);
}

/** Other letters in the place of those that are chosen; boxes are halved, joined and added as `written.js` says. */
function replace(letters, kind) {
  area.setRangeText(letters, ...range, "end");
  range[1] = range[0] + letters.length;
  arrange(kind);
  const there = boxes.characters.flatMap(({ letter, at }, place) =>
    (range[0] <= at && at < range[1]) || (!letter && at === range[0]) ? [place] : [],
  );
  if (there.length) {
    boxes.mark(there[0], there.at(-1));
    describe(boxes.characters.slice(there[0], there.at(-1) + 1));
  }
  mark();
}

/** Go on to the next doubtful box, from here and then from the beginning. */
function next() {
  const all = boxes.characters.flatMap((one, place) => (one.doubtful ? [place] : []));
  const place = all.find((one) => boxes.characters[one].at >= range[1]) ?? all[0];
  if (place === undefined) return close();
  boxes.choose(place);
}

input.addEventListener("input", () => replace(input.value, `box at ${range[0]}`));
panel.addEventListener("submit", (event) => {
  event.preventDefault();
  for (const { one } of boxes.characters.slice(boxes.first, boxes.last + 1)) if (one) confirmed.add(one);
  say(`${input.value || "no character"}, right. ${summary()}`);
  arrange();
  next();
});
byId("read-runner-up").addEventListener("click", () => {
  replace(boxes.characters[boxes.first].one.runner_up);
  next();
});
byId("read-none").addEventListener("click", () => {
  replace("");
  next();
});
byId("read-join").addEventListener("click", () => boxes.choose(boxes.first, boxes.last + 1, true));
byId("read-space").addEventListener("click", () => {
  const at = range[0],
    there = area.value[at - 1] === " ";
  area.setRangeText(there ? "" : " ", there ? at - 1 : at, at, "end");
  range = range.map((place) => place + (there ? -1 : 1));
  replace(area.value.slice(...range));
});
byId("read-next").addEventListener("click", next);
byId("read-close").addEventListener("click", close);
panel.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
});

function close() {
  if (panel.contains(document.activeElement)) byId("read-boxes").focus({ preventScroll: true });
  panel.hidden = true;
}

// ---- undo ----

const now = () => ({ text: area.value, confirmed: new Set(confirmed) });
const apart = (...two) => {
  const [one, other] = two.map(({ confirmed }) => confirmed);
  return new Set([...[...one].filter((read) => !other.has(read)), ...[...other].filter((read) => !one.has(read))]);
};

/** Take the last change back (-1), or the last that was taken back (1); whether there was any. */
function undo(direction) {
  if (!page || byId("read").hidden || byId("read-result").hidden) return false;
  const was = now(),
    then = steps.go(direction);
  if (!then) return true; // nothing more; and the browser's own would be another
  area.value = then.text;
  confirmed = new Set(then.confirmed);
  arrange();
  const said = apart(was, then);
  let at = 0;
  while (at < then.text.length && then.text[at] === was.text[at]) at++;
  const place = boxes.characters.findIndex((one) => (said.size ? said.has(one.one) : one.at >= at));
  if (panel.hidden || place < 0) {
    area.setSelectionRange(at, at);
    close();
    boxes.mark(place, place, place >= 0);
    mark();
  } else boxes.choose(place);
  say(`${direction < 0 ? "Undone" : "Done again"}. ${summary()}`);
  return true;
}

byId("read-undo").addEventListener("click", () => undo(-1));
byId("read-redo").addEventListener("click", () => undo(1));
whenAsked(undo);
