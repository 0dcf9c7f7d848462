// Read: a photo, the boxes over it, the text beside it, and corrections from which it can learn.

import {
  action,
  ask,
  askJson,
  byId,
  calm,
  copy,
  counted,
  element,
  newest,
  percent,
  say,
  spoken,
} from "./helpers.js";
import { Boxes, doubtful, letterOf } from "./boxes.js";
import { personal, whenHandChanges } from "./hand.js";

const LARGEST = 30; // MB that the server takes
const LEGIBLE = 16; // screen pixels that a letter is to be high
const WIDEST = 2.5; // times the screen
const question = newest();
const boxes = new Boxes(byId("read-boxes"), take);
const picture = byId("read-picture");
let photo = null; // the file
let asked = null; // how it was read
let page = null; // what was read

// ---- getting a photo ----

for (const id of ["read-file", "read-camera"]) {
  byId(id).addEventListener(
    "change",
    action(async ({ target }) => {
      const [file] = target.files;
      target.value = ""; // the same file may be chosen again
      if (file) await open(file);
    }),
  );
}
byId("read-sample").addEventListener(
  "click",
  action(async () => open(await (await ask("/api/sample")).blob())),
);

// A photo may be dropped anywhere on the page; left to itself, the browser would show it in place of the page.
const drop = byId("read-drop");
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  drop.classList.add("over");
});
document.addEventListener("dragleave", () => drop.classList.remove("over"));
document.addEventListener(
  "drop",
  action(async (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    byId("tab-read").click();
    const [file] = event.dataTransfer.files;
    if (!file) throw new Error("That was no file; drop a photo from your disk, or choose one.");
    await open(file);
  }),
);
document.addEventListener(
  "paste",
  action(async (event) => {
    const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
    if (file && !byId("read").hidden) await open(file);
  }),
);

for (const id of ["read-case", "read-rotate"]) byId(id).addEventListener("change", () => again());
whenHandChanges(() => again());

/** Read the photo once more after a setting changed, unless that would throw corrections away. */
function again() {
  if (!photo) return;
  if (page?.lines.flat().some(({ mended }) => mended !== undefined)) {
    byId("read-keep-words").textContent =
      "To read it anew with the changed setting, choose the photo again: your corrections would be lost.";
  } else action(read)();
}

async function open(file) {
  if (file.size > LARGEST * 1e6)
    throw new Error(`The photo has ${Math.round(file.size / 1e6)} MB; make it smaller than ${LARGEST} MB.`);
  if (file.type && !file.type.startsWith("image/"))
    throw new Error("That is no picture; choose a photo (JPEG or PNG).");
  photo = file;
  URL.revokeObjectURL(picture.src);
  picture.src = URL.createObjectURL(file);
  await read();
}

async function read() {
  const settings = {
    personal: personal(),
    case: byId("read-case").value,
    rotate: byId("read-rotate").checked ? "auto" : "none",
  };
  const query = new URLSearchParams({ ...settings, personal: Number(settings.personal) });
  const signal = question();
  busy(true);
  page = null;
  byId("read-result").hidden = true;
  try {
    page = await (await ask(`/api/read?${query}`, { method: "POST", body: photo, signal })).json();
    asked = settings;
    show();
  } finally {
    if (!signal.aborted) busy(false);
  }
}

function busy(on) {
  byId("read-busy").hidden = !on;
}

// ---- what was read ----

function show() {
  byId("read-result").hidden = false;
  byId("read-mend").hidden = true;
  boxes.show(page);
  fit();
  write();
  const found = page.lines.flat();
  say(
    found.length
      ? `${found.length} characters found, ${found.filter(doubtful).length} doubtful`
      : "No writing was found",
  );
  byId("read-keep-words").textContent = "Correct what is wrong, then keep it as a lesson.";
}

/** On a small screen the photo is wider than that, and scrolls, so that its letters are as high as LEGIBLE. */
function fit() {
  if (!page || !boxes.size) return;
  const frame = byId("read-photo").clientWidth;
  const wanted = (LEGIBLE / boxes.size) * page.width;
  byId("read-sheet").style.setProperty(
    "inline-size",
    `${Math.max(frame, Math.min(wanted, WIDEST * frame))}px`,
  );
}
new ResizeObserver(fit).observe(byId("read-photo"));

/** The text as it stands now; doubtful letters are marked. */
function write() {
  const lines = page.lines.map((line) => {
    const parts = line.flatMap((one) => {
      const letter = letterOf(one);
      return [
        one.space ? " " : "",
        doubtful(one) ? element("mark", { title: `${percent(one.probability)} sure` }, letter) : letter,
      ];
    });
    return element("span", { class: "line" }, ...parts);
  });
  byId("read-text").replaceChildren(
    ...(lines.length ? lines : ["No writing was found; take a sharper, lighter photo."]),
  );
  byId("read-copy").disabled = !lines.length;
  byId("read-keep-all").disabled = !lines.length;
  byId("read-keep-some").disabled = !mended().length;
  byId("read-keep-some").textContent = mended().length
    ? `Keep ${counted(mended().length, "correction")}`
    : "Keep corrections";
}

const mended = () => page.lines.flat().filter((one) => one.mended !== undefined);
const text = () =>
  page.lines.map((line) => line.map((one) => (one.space ? " " : "") + letterOf(one)).join("")).join("\n");

byId("read-copy").addEventListener(
  "click",
  action(({ target }) => copy(text(), target)),
);
byId("read-letters").addEventListener("change", ({ target }) =>
  byId("read-photo").classList.toggle("bare", !target.checked),
);

// ---- correcting it ----

/** A box was chosen: show it large, and what it could be. */
function take(place, opened) {
  const one = boxes.characters[place],
    input = byId("read-letter");
  byId("read-mend").hidden = false;
  crop(one.box);
  input.value = letterOf(one);
  byId("read-runner-up").hidden = !one.runner_up;
  byId("read-runner-up").textContent = `${one.runner_up} ${percent(one.runner_up_probability)}`;
  byId("read-runner-up").setAttribute(
    "aria-label",
    `Rather ${spoken(one.runner_up)}, ${percent(one.runner_up_probability)}`,
  );
  byId("read-mend-words").textContent = `It read ${spoken(one.letter)}, ${percent(one.probability)} sure.`;
  byId("read-next").disabled = !boxes.characters.some(doubtful);
  if (opened && matchMedia("(pointer: fine)").matches) input.focus();
  if (opened || document.activeElement === input) input.select();
}

function crop([x, y, width, height]) {
  const canvas = byId("read-crop"),
    context = canvas.getContext("2d");
  const scale = picture.naturalWidth / page.width || 1;
  const side = 1.3 * Math.max(width, height);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.drawImage(
    picture,
    scale * (x + width / 2 - side / 2),
    scale * (y + height / 2 - side / 2),
    scale * side,
    scale * side,
    0,
    0,
    canvas.width,
    canvas.height,
  );
}

function mend(letter) {
  if (boxes.at < 0) return;
  boxes.characters[boxes.at].mended = letter;
  boxes.refresh(boxes.at);
  write();
  say(`${spoken(letter)}, corrected`);
  if (!next()) take(boxes.at, false);
}

/** Go on to the next doubtful box, from here and then from the beginning. */
function next() {
  const all = boxes.characters
    .map((one, place) => (doubtful(one) ? place : -1))
    .filter((place) => place >= 0);
  const place = all.find((one) => one > boxes.at) ?? all[0];
  if (place === undefined) return false;
  boxes.choose(place);
  return true;
}

byId("read-mend").addEventListener("submit", (event) => {
  event.preventDefault();
  mend(byId("read-letter").value.trim());
});
byId("read-runner-up").addEventListener("click", () => mend(boxes.characters[boxes.at].runner_up));
byId("read-none").addEventListener("click", () => mend(""));
byId("read-next").addEventListener("click", next);
byId("read-close").addEventListener("click", close);
byId("read-mend").addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
});

function close() {
  byId("read-mend").hidden = true;
  byId("read-boxes").focus({ preventScroll: true });
}

// ---- learning from it ----

async function keep(characters) {
  const { added, lessons } = await askJson("/api/lessons", {
    method: "POST",
    body: {
      photo: await base64(photo),
      characters: characters.map((one) => ({ box: one.box, letter: letterOf(one).replace("?", "") })),
      personal: asked.personal, // read once more in the same way, so that the same boxes are found
      rotate: asked.rotate,
      case: asked.case,
    },
  });
  const words = `${counted(added, "character")} kept, ${lessons} in all. Under Teach it learns from them.`;
  byId("read-keep-words").textContent = words;
  say(words);
  document.dispatchEvent(new Event("lessons-changed"));
}

function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(new Error("The photo cannot be read any more; choose it again."));
    reader.readAsDataURL(file);
  });
}

byId("read-keep-some").addEventListener(
  "click",
  action(() => keep(mended())),
);
byId("read-keep-all").addEventListener(
  "click",
  action(() => keep(page.lines.flat())),
);
byId("read").addEventListener("gone", calm);
