// The boxes over a photo: one for each character, to look at, to choose by click, touch or arrow keys.
//
// To a screen reader they are a list of options. A click takes the nearest box, for on a phone a letter of a photo is
// smaller than a finger; with Shift, click and arrows take all boxes from the first one on.

import { drawn, percent, spoken } from "./helpers.js";

export class Boxes {
  /** `chosen(first, last, opened)` is told which boxes were taken; `opened` if to be corrected right away. */
  constructor(svg, chosen) {
    Object.assign(this, { svg, chosen, characters: [], first: -1, last: -1 });
    svg.addEventListener("click", (event) => this.click(event));
    svg.addEventListener("keydown", (event) => this.key(event));
  }

  /** Draw the boxes of a picture of that size; of each character one knows whether it is doubtful or mended. */
  show(characters, [width, height]) {
    this.characters = characters;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const heights = characters.map(({ box }) => box[3]).sort((a, b) => a - b);
    const size = 0.7 * (heights[heights.length >> 1] ?? 0); // as most are high
    const lines = grouped(characters);
    this.svg.replaceChildren(
      ...[...lines].map(([line, those]) =>
        drawn(
          "g",
          { role: "group", "aria-label": `line ${line + 1}` },
          ...those.map((one) => option(one, characters.indexOf(one), size, width)),
        ),
      ),
    );
    this.mark(-1, -1);
  }

  /** Show which are taken, without telling anybody. */
  mark(first, last, seen = false) {
    Object.assign(this, { first, last });
    this.characters.forEach((_, place) =>
      this.at(place)?.setAttribute("aria-selected", first <= place && place <= last),
    );
    if (last < 0) return this.svg.removeAttribute("aria-activedescendant");
    this.svg.setAttribute("aria-activedescendant", `box-${last}`);
    if (seen) this.at(last).scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  at(place) {
    return this.svg.querySelector(`#box-${place}`);
  }

  choose(first, last = first, opened = false) {
    this.mark(Math.min(first, last), Math.max(first, last), true);
    this.chosen(this.first, this.last, opened);
  }

  click(event) {
    if (!this.characters.length) return;
    const frame = this.svg.getBoundingClientRect(),
      view = this.svg.viewBox.baseVal;
    const x = ((event.clientX - frame.left) / frame.width) * view.width;
    const y = ((event.clientY - frame.top) / frame.height) * view.height;
    const far = this.characters.map(({ box }) => distance(box, x, y));
    const near = far.indexOf(Math.min(...far));
    this.choose(event.shiftKey && this.first >= 0 ? this.first : near, near, true);
  }

  key(event) {
    const end = this.characters.length - 1;
    if (end < 0) return;
    const to = {
      ArrowRight: this.last + 1,
      ArrowLeft: this.last - 1,
      Home: 0,
      End: end,
      ArrowDown: this.inLine(1),
      ArrowUp: this.inLine(-1),
      Enter: this.last,
      " ": this.last,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const opened = event.key === "Enter" || event.key === " ",
      place = Math.min(Math.max(to, 0), end);
    this.choose((event.shiftKey || opened) && this.first >= 0 ? this.first : place, place, opened);
  }

  /** The box below or above: of the nearest line in that direction, the one that is nearest across. */
  inLine(direction) {
    const here = this.characters[this.last];
    const middle = ({ box }) => box[0] + box[2] / 2;
    const beyond = this.characters.filter(({ line }) => here && direction * (line - here.line) > 0);
    const next = direction > 0 ? beyond[0]?.line : beyond.at(-1)?.line;
    const those = beyond.filter(({ line }) => line === next);
    if (!those.length) return Math.max(this.last, 0);
    const far = (one) => Math.abs(middle(one) - middle(here));
    return this.characters.indexOf(those.reduce((best, one) => (far(one) < far(best) ? one : best)));
  }
}

/** Characters by their line. */
function grouped(characters) {
  const lines = new Map();
  for (const one of characters) lines.set(one.line, [...(lines.get(one.line) ?? []), one]);
  return lines;
}

function option({ letter, box, doubtful, mended, one }, number, size, wide) {
  const [x, y, width, height] = box;
  const above = y > 1.1 * size; // else its letter would be off the picture
  const across = Math.min(Math.max(x + width / 2, size / 2), wide - size / 2);
  return drawn(
    "g",
    {
      role: "option",
      id: `box-${number}`,
      "aria-selected": "false",
      "aria-label": `${spoken(letter)}, ${mended || !one ? "corrected" : percent(one.probability)}`,
      class: `${mended ? "mended" : doubtful ? "doubt" : ""} ${letter ? "" : "none"}`,
    },
    drawn("rect", { x, y, width, height, rx: size / 8 }),
    drawn(
      "text",
      { x: across, y: above ? y - size / 6 : y + height + size, "font-size": size, "text-anchor": "middle" },
      letter,
    ),
  );
}

function distance([left, top, width, height], x, y) {
  return Math.hypot(Math.max(left - x, 0, x - left - width), Math.max(top - y, 0, y - top - height));
}
