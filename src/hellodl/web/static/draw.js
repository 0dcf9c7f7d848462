// Draw: after every stroke, what the network takes it for, and what each of its layers made of it.

import { action, ask, bars, byId, element, newest, percent, say, spoken } from "./helpers.js";
import { DOUBT } from "./written.js";
import { personal, whenHandChanges } from "./hand.js";
import { Pad } from "./pad.js";

const LEAST = 24; // a strip of numbers is shown at least so high
const question = newest();
const pad = new Pad(byId("draw-pad"), action(look));

byId("draw-undo").addEventListener("click", () => pad.undo());
byId("draw-clear").addEventListener("click", () => pad.clear());
byId("draw-teach").addEventListener("click", () => {
  document.dispatchEvent(new CustomEvent("teach-this", { detail: structuredClone(pad.strokes) }));
  byId("tab-teach").click();
  byId("teach-letter").select();
});
whenHandChanges(() => pad.empty || action(look)());

async function look() {
  const signal = question();
  for (const id of ["draw-undo", "draw-clear", "draw-teach"]) byId(id).disabled = pad.empty;
  if (pad.empty) return nothing();
  const answer = await (
    await ask("/api/draw", { method: "POST", body: { strokes: pad.strokes, personal: personal() }, signal })
  ).json();
  show(answer);
}

function nothing() {
  byId("draw-letter").replaceChildren(element("span", { class: "visually-hidden" }, "No answer yet"));
  byId("draw-sure").textContent = "Waiting for a stroke";
  bars(byId("draw-candidates"), []);
  for (const id of ["draw-picture", "draw-picture-words", "draw-inside"]) byId(id).hidden = true;
}

function show({ character, probability, candidates, picture, layers }) {
  const sure = `${percent(probability)} sure${probability < DOUBT ? ": a guess" : ""}`;
  byId("draw-letter").textContent = character;
  byId("draw-letter").classList.toggle("doubtful", probability < DOUBT);
  byId("draw-sure").textContent = sure;
  say(`${spoken(character)}, ${sure}`);
  bars(byId("draw-candidates"), candidates);
  byId("draw-picture").src = picture;
  byId("draw-picture").alt = "Your drawing as grey squares, 32 of them high";
  for (const id of ["draw-picture", "draw-picture-words", "draw-inside"]) byId(id).hidden = false;
  sheets(layers);
}

/** One card a layer. They are changed, not made anew: so nothing jumps while one draws. */
function sheets(layers) {
  const list = byId("draw-layers");
  while (list.children.length > layers.length) list.lastChild.remove();
  layers.forEach(({ name, shape, picture }, place) => {
    if (!list.children[place]) {
      const image = element("img", { class: "pixels" });
      image.addEventListener("load", () => enlarge(image));
      const button = element("button", { type: "button", class: "enlarge" }, image);
      button.addEventListener("click", () => large(list.children[place]));
      list.append(element("li", { class: "card" }, element("h4"), element("p", { class: "hint" }), button));
    }
    const [title, size, button] = list.children[place].children,
      image = button.firstChild;
    button.setAttribute("aria-label", `${name}, large`);
    title.textContent = name;
    size.textContent = inWords(shape);
    image.alt = `What ${name} made of it`;
    image.src = picture;
  });
}

/** A layer by itself, as large as the screen has room for. */
function large(card) {
  const [title, size, button] = card.children;
  byId("layer-large-words").textContent = `${title.textContent}: ${size.textContent}`;
  const image = byId("layer-large-picture");
  image.alt = button.firstChild.alt;
  image.src = button.firstChild.src;
  byId("layer-large").showModal();
  enlarge(image, 0.92 * innerWidth, 0.75 * innerHeight, 40);
}

const inWords = (shape) =>
  shape.length === 3 ? `${shape[2]} channels of ${shape[0]} × ${shape[1]}` : `${shape.join(" × ")} numbers`;

/** As large as there is room for, by a whole number of the screen's own pixels: so all squares are of one size. */
function enlarge(image, wide = 0, high = 300, most = 8) {
  const room = (image.closest("li")?.clientWidth ?? wide) - 36,
    fine = window.devicePixelRatio || 1;
  const factor = Math.floor(fine * Math.min(room / image.naturalWidth, high / image.naturalHeight, most)) / fine;
  image.width = (factor || 1 / fine) * image.naturalWidth;
  image.height = Math.max(factor * image.naturalHeight, LEAST);
}
