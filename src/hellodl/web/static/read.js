// Read: a photo, what it says, and the lesson that it may become. Correcting is in correct.js.

import { action, ask, askJson, byId, calm, counted, newest, say } from "./helpers.js";
import { corrected, show as correct, summary, truth, whenCorrected } from "./correct.js";
import { personal, whenHandChanges } from "./hand.js";
import { Sheet } from "./sheet.js";

const LARGEST = 30; // MB that the server takes
const question = newest();
const picture = byId("read-picture");
const sheet = new Sheet(byId("read-photo"), byId("read-sheet"), (near) => {
  byId("read-whole").textContent = near === 1 ? "Whole" : `${Math.round(100 * near)}%`;
  byId("read-farther").disabled = byId("read-whole").disabled = near === 1;
});
let photo = null; // the file
let asked = null; // how it was read

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

// A photo may be dropped or pasted anywhere on the page; dropped and left to itself, the browser would show it in place of the page.
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
    if (!file) return;
    byId("tab-read").click();
    await open(file);
  }),
);

for (const id of ["read-case", "read-rotate"]) byId(id).addEventListener("change", () => again());
whenHandChanges(() => again());

/** Read the photo once more after a setting changed, unless that would throw corrections away. */
function again() {
  if (!photo) return;
  if (corrected())
    byId("read-keep-words").textContent =
      "To read it anew with the changed setting, choose the photo again: your corrections would be lost.";
  else action(read)();
}

async function open(file) {
  if (file.size > LARGEST * 1e6)
    throw new Error(`The photo has ${Math.round(file.size / 1e6)} MB; make it smaller than ${LARGEST} MB.`);
  if (file.type && !file.type.startsWith("image/"))
    throw new Error("That is no picture; choose a photo (JPEG or PNG).");
  photo = file;
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
  byId("read-result").hidden = true;
  try {
    const page = await (await ask(`/api/read?${query}`, { method: "POST", body: photo, signal })).json();
    asked = settings;
    await present(page, signal);
  } finally {
    if (!signal.aborted) busy(false);
  }
}

function busy(on) {
  byId("read-busy").hidden = !on;
}

// ---- what was read ----

async function present(page, signal) {
  await put(photo, page.turned);
  if (signal.aborted) return;
  byId("read-result").hidden = false;
  byId("read").classList.add("has-read");
  sheet.show(page.width / page.height);
  correct(page);
  byId("read-keep-words").textContent = "Correct what is wrong, then keep it as a lesson.";
  say(summary());
  byId("read-result").scrollIntoView({ block: "start" });
}

/** Show the photo, turned to the right by so many degrees, as it was read. */
async function put(file, degrees) {
  URL.revokeObjectURL(picture.src);
  picture.src = URL.createObjectURL(file);
  await picture.decode().catch(() => {}); // of a kind that the server reads and this browser does not show
  if (!degrees) return;
  const { naturalWidth: width, naturalHeight: height } = picture;
  const canvas = document.createElement("canvas"),
    context = canvas.getContext("2d");
  [canvas.width, canvas.height] = degrees === 180 ? [width, height] : [height, width];
  context.translate(canvas.width / 2, canvas.height / 2);
  context.rotate((degrees * Math.PI) / 180);
  context.drawImage(picture, -width / 2, -height / 2);
  URL.revokeObjectURL(picture.src);
  const turned = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
  picture.src = URL.createObjectURL(turned);
  await picture.decode();
}

/** Where the chosen box is on the screen, so that it stays in sight. */
function chosen() {
  const box = byId("read-boxes").querySelector("[aria-selected=true] rect")?.getBoundingClientRect();
  return box && [box.left + box.width / 2, box.top + box.height / 2];
}

byId("read-nearer").addEventListener("click", () => sheet.nearer(chosen()));
byId("read-farther").addEventListener("click", () => sheet.farther(chosen()));
byId("read-whole").addEventListener("click", () => sheet.whole());
byId("read-letters").addEventListener("change", ({ target }) =>
  byId("read-photo").classList.toggle("bare", !target.checked),
);

// ---- learning from it ----

whenCorrected(() => {
  byId("read-found").textContent = summary();
  byId("read-keep-all").disabled = byId("read-text").disabled;
  byId("read-keep-some").disabled = !corrected();
});

async function keep(lines) {
  const { added, lessons } = await askJson("/api/lessons", {
    method: "POST",
    body: {
      photo: await base64(photo),
      lines,
      personal: asked.personal, // read once more in the same way, so that the same lines are found
      rotate: asked.rotate,
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
  action(() => keep(truth(false))),
);
byId("read-keep-all").addEventListener(
  "click",
  action(() => keep(truth(true))),
);
byId("read").addEventListener("gone", calm);
