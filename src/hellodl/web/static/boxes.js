// The boxes over a photo: one for each character, to look at, to choose by click, touch or arrow keys.
//
// To a screen reader they are a list of options. A click takes the nearest box, for on a phone a letter of a photo is
// smaller than a finger.

import { drawn, percent, spoken } from "./helpers.js";

export const DOUBT = 0.6; // what is less probable is shown as doubtful

/** What now counts as the letter of a character: what a person said of it, or else what the network read. */
export const letterOf = (character) => character.mended ?? character.letter;
export const doubtful = (character) => character.mended === undefined && character.probability < DOUBT;

export class Boxes {
  /** `chosen(number, opened)` is told which box was taken; `opened` if to be corrected right away. */
  constructor(svg, chosen) {
    this.svg = svg;
    this.chosen = chosen;
    this.characters = [];
    this.at = -1;
    svg.addEventListener("click", (event) => this.click(event));
    svg.addEventListener("keydown", (event) => this.key(event));
  }

  /** Draw the boxes of a page that was read. */
  show({ width, height, lines }) {
    this.characters = lines.flat();
    this.at = -1;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.removeAttribute("aria-activedescendant");
    const heights = this.characters.map(({ box }) => box[3]).sort((a, b) => a - b);
    this.size = heights[heights.length >> 1] ?? 0; // how high most are
    const size = 0.7 * this.size;
    let number = 0;
    const groups = lines.map((line, place) =>
      drawn(
        "g",
        { role: "group", "aria-label": `line ${place + 1}` },
        ...line.map((one) => option(one, number++, size)),
      ),
    );
    this.svg.replaceChildren(...groups);
    this.characters.forEach((_, place) => this.refresh(place));
  }

  /** Bring a box up to date with what is now known of its character. */
  refresh(place) {
    const one = this.characters[place],
      group = this.svg.querySelector(`#box-${place}`);
    const letter = letterOf(one);
    group.setAttribute(
      "class",
      `${doubtful(one) ? "doubt" : one.mended === undefined ? "" : "mended"} ${letter ? "" : "none"}`,
    );
    group.setAttribute(
      "aria-label",
      `${spoken(letter)}, ${one.mended === undefined ? percent(one.probability) : "corrected"}`,
    );
    group.setAttribute("aria-selected", place === this.at);
    group.lastChild.textContent = letter;
  }

  choose(place, opened = false) {
    const before = this.at;
    this.at = place;
    if (before >= 0) this.refresh(before);
    this.refresh(place);
    this.svg.setAttribute("aria-activedescendant", `box-${place}`);
    this.svg.querySelector(`#box-${place}`).scrollIntoView({ block: "nearest", inline: "nearest" });
    this.chosen(place, opened);
  }

  click(event) {
    if (!this.characters.length) return;
    const frame = this.svg.getBoundingClientRect(),
      view = this.svg.viewBox.baseVal;
    const x = ((event.clientX - frame.left) / frame.width) * view.width;
    const y = ((event.clientY - frame.top) / frame.height) * view.height;
    const far = this.characters.map(({ box }) => distance(box, x, y));
    this.choose(far.indexOf(Math.min(...far)), true);
  }

  key(event) {
    const last = this.characters.length - 1;
    if (last < 0) return;
    const to = {
      ArrowRight: this.at + 1,
      ArrowLeft: this.at - 1,
      Home: 0,
      End: last,
      ArrowDown: this.inLine(1),
      ArrowUp: this.inLine(-1),
      Enter: this.at,
      " ": this.at,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.choose(Math.min(Math.max(to, 0), last), event.key === "Enter" || event.key === " ");
  }

  /** The box below or above: of the nearest line in that direction, the one that is nearest across. */
  inLine(direction) {
    const lines = [...this.svg.children].map((group) =>
      [...group.children].map((one) => Number(one.id.slice(4))),
    );
    const line = lines.findIndex((numbers) => numbers.includes(this.at));
    const next = lines[line + direction];
    if (line < 0 || !next?.length) return Math.max(this.at, 0);
    const middle = (place) => this.characters[place].box[0] + this.characters[place].box[2] / 2;
    return next.reduce((best, place) =>
      Math.abs(middle(place) - middle(this.at)) < Math.abs(middle(best) - middle(this.at)) ? place : best,
    );
  }
}

function option({ box: [x, y, width, height] }, number, size) {
  return drawn(
    "g",
    { role: "option", id: `box-${number}`, "aria-selected": "false" },
    drawn("rect", { x, y, width, height, rx: size / 8 }),
    drawn("text", { x: x + width / 2, y: y - size / 6, "font-size": size, "text-anchor": "middle" }),
  );
}

function distance([left, top, width, height], x, y) {
  return Math.hypot(Math.max(left - x, 0, x - left - width), Math.max(top - y, 0, y - top - height));
}
