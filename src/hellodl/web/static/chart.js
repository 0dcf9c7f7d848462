// A small line chart: axes, a few lines, and a readout that follows the pointer or the arrow keys.
//
// The plot is a slider to a screen reader: it has a place on the x axis, and says the values there. The legend below
// shows the same values to the eye.

import { drawn, element, short } from "./helpers.js";

const HEIGHT = 220;
const EDGE = { left: 46, right: 10, top: 10, bottom: 24 };

export class Chart {
  /** `share`: values are 0 to 1 and shown as percentages; `from`: where the y axis begins at the latest. */
  constructor(place, { title, share = false, from = Infinity, axis = "step" }) {
    Object.assign(this, { title, from, axis, lines: [], at: null, log: false });
    this.words = share ? percentage : short;
    this.top = share ? 1 : Infinity; // no axis goes on above 100%
    this.svg = drawn("svg", { "aria-hidden": "true" });
    this.plot = element("div", { class: "plot", tabindex: 0, role: "slider", "aria-label": title }, this.svg);
    this.legend = element("ul", { class: "legend" });
    this.figure = element(
      "figure",
      { class: "chart", hidden: true },
      element("figcaption", {}, title),
      this.plot,
      this.legend,
    );
    place.append(this.figure);
    this.plot.addEventListener("pointermove", (event) => this.point(event));
    this.plot.addEventListener("pointerdown", (event) => this.point(event));
    this.plot.addEventListener("pointerleave", () => this.read(null));
    this.plot.addEventListener("blur", () => this.read(null));
    this.plot.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(this.plot);
  }

  /** `lines`: [{name, of, x: [], y: [], colour: 1 to 6, faint}]; null in y is a gap, lines `of` one thing stand
   * together in the legend. */
  show(lines) {
    this.lines = lines.filter(({ y }) => y.some((value) => value !== null));
    this.steps = [...new Set(this.lines.flatMap(({ x }) => x))].sort((a, b) => a - b);
    this.figure.hidden = !this.lines.length;
    if (this.at !== null && this.at >= this.steps.length) this.at = null;
    this.draw();
  }

  /** Powers of ten on the way up instead of equal steps; what is not above zero then has no place, and is left out. */
  logarithmic(on) {
    this.log = on;
    this.draw();
  }

  draw() {
    const width = this.plot.clientWidth;
    if (!width || !this.lines.length) return;
    const log = this.log,
      values = this.lines.flatMap(({ y }) => y.filter((value) => value !== null && !(log && value <= 0)));
    if (!values.length) return;
    const across = spread([this.steps[0], this.steps.at(-1)], Math.max(2, width / 80));
    const up = log
      ? powers(extent(values))
      : spread([Math.min(this.from, ...extent(values)), Math.min(this.top, extent(values)[1])], 5);
    this.x = scale(this.steps[0], this.steps.at(-1), EDGE.left, width - EDGE.right);
    const [low, high] = [up.low, Math.min(up.high, this.top)];
    const linear = scale(log ? Math.log(low) : low, log ? Math.log(high) : high, HEIGHT - EDGE.bottom, EDGE.top);
    this.y = log ? (value) => linear(Math.log(value)) : linear;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.svg.setAttribute("height", HEIGHT);
    this.cursor = drawn("g", { class: "cursor" });
    this.svg.replaceChildren(
      ...up.ticks.filter((value) => value <= this.top).map((value) => this.rung(value, width)),
      ...across.ticks
        .filter((value) => value >= this.steps[0] && value <= this.steps.at(-1))
        .map((value) => this.foot(value, width)),
      ...this.lines.map((line) => drawn("path", { class: lineClass(line), d: this.path(line) })),
      this.cursor,
    );
    this.read(this.at);
  }

  rung(value, width) {
    const y = this.y(value);
    return drawn(
      "g",
      { class: "tick" },
      drawn("line", { x1: EDGE.left, x2: width - EDGE.right, y1: y, y2: y }),
      drawn("text", { x: EDGE.left - 6, y: y + 4, "text-anchor": "end" }, this.words(value)),
    );
  }

  foot(value, width) {
    const x = this.x(value);
    const anchor = x > width - 40 ? "end" : "middle";
    return drawn(
      "text",
      { class: "tick", x: Math.min(x, width - EDGE.right), y: HEIGHT - 6, "text-anchor": anchor },
      short(value),
    );
  }

  path({ x, y }) {
    let drawing = false;
    return (
      x
        .map((step, place) => {
          if (y[place] === null || y[place] === undefined || (this.log && y[place] <= 0)) {
            drawing = false;
            return "";
          }
          const move = drawing ? "L" : "M";
          drawing = true;
          return `${move}${this.x(step).toFixed(1)} ${this.y(y[place]).toFixed(1)}`;
        })
        .join("") + (x.length === 1 ? "h0.1" : "")
    );
  }

  point(event) {
    const x = event.clientX - this.plot.getBoundingClientRect().left;
    const far = this.steps.map((step) => Math.abs(this.x(step) - x));
    this.read(far.indexOf(Math.min(...far)));
  }

  key(event) {
    const last = this.steps.length - 1,
      at = this.at ?? last,
      wide = Math.ceil(last / 10);
    const to = {
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      ArrowDown: at - 1,
      ArrowUp: at + 1,
      PageDown: at - wide,
      PageUp: at + wide,
      Home: 0,
      End: last,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.read(Math.min(Math.max(to, 0), last));
  }

  entry({ line, value }) {
    const sample = drawn(
      "svg",
      { width: 22, height: 8, "aria-hidden": "true" },
      drawn("path", { class: lineClass(line), d: "M1 4H21" }),
    );
    return element("span", {}, sample, `${line.name} `, element("b", {}, this.words(value)));
  }

  /** Show and say the values at one of the steps; null is the last one, without a cursor. */
  read(at) {
    this.at = at;
    const step = this.steps[at ?? this.steps.length - 1];
    const values = this.lines.map((line) => ({ line, value: nearest(line, step) }));
    const words = values
      .map(({ line, value }) => [line.of, line.name, this.words(value)].filter(Boolean).join(" "))
      .join(", ");
    this.plot.setAttribute("aria-valuemin", this.steps[0]);
    this.plot.setAttribute("aria-valuemax", this.steps.at(-1));
    this.plot.setAttribute("aria-valuenow", step);
    this.plot.setAttribute("aria-valuetext", `${this.axis} ${short(step)}: ${words}`);
    const groups = [...new Set(this.lines.map((line) => line.of))];
    this.legend.replaceChildren(
      element("li", {}, `${this.axis} ${short(step)}`),
      ...groups.map((of) =>
        element(
          "li",
          {},
          of ?? "",
          ...values.filter(({ line }) => line.of === of).map((one) => this.entry(one)),
        ),
      ),
    );
    const x = this.x(step);
    this.cursor.replaceChildren(
      ...(at === null
        ? []
        : [
            drawn("line", { x1: x, x2: x, y1: EDGE.top, y2: HEIGHT - EDGE.bottom }),
            ...values
              .filter(({ value }) => value !== null && !(this.log && value <= 0))
              .map(({ line, value }) =>
                drawn("circle", { class: lineClass(line), cx: x, cy: this.y(value), r: 3.5 }),
              ),
          ]),
    );
  }
}

const percentage = (value) => (value === null ? "–" : `${Number((100 * value).toFixed(1))}%`);

const lineClass = ({ colour = 1, faint = false }) => `line-${colour}${faint ? " faint" : ""}`;

/** The value of a line at a step, or at its last one before that. */
function nearest({ x, y }, step) {
  let value = null;
  for (let place = 0; place < x.length && x[place] <= step; place++) value = y[place] ?? value;
  return value;
}

const extent = (values) =>
  values.reduce(([low, high], one) => [Math.min(low, one), Math.max(high, one)], [Infinity, -Infinity]);

const scale = (low, high, from, to) => (value) =>
  high === low ? (from + to) / 2 : from + ((value - low) / (high - low)) * (to - from);

/** The same on a scale of ratios: 1, 2 and 5 times powers of ten, or the powers alone where those would be many. */
function powers([lowest, highest]) {
  const [first, last] = [Math.floor(Math.log10(lowest)), Math.ceil(Math.log10(highest))];
  const marks = last - first > 3 ? [1] : [1, 2, 5];
  const all = [];
  for (let power = first; power <= last; power++)
    all.push(...marks.map((mark) => Number((mark * 10 ** power).toPrecision(3))));
  const low = all.filter((one) => one <= lowest).at(-1),
    high = all.find((one) => one >= highest && one > low);
  return { low, high, ticks: all.filter((one) => low <= one && one <= high) };
}

/** What a line comes to where each value has so much (0 to 1) of those before it: Kingma and Ba's mean, set right at the start. */
export function smoothed(values, share) {
  let mean = 0,
    weight = 0;
  return values.map((value) => {
    if (value === null || value === undefined) return value;
    mean = share * mean + (1 - share) * value;
    weight = share * weight + (1 - share);
    return mean / weight;
  });
}

/** Round numbers, about `count` of them, from under the lowest to over the highest. */
function spread([lowest, highest], count) {
  const width = highest - lowest || Math.abs(highest) || 1;
  const power = 10 ** Math.floor(Math.log10(width / count));
  const pace = power * [1, 2, 5, 10].find((one) => one * power * count >= width);
  const low = Math.floor(lowest / pace),
    high = Math.max(Math.ceil(highest / pace), low + 1);
  const ticks = Array.from({ length: high - low + 1 }, (_, place) =>
    Number(((low + place) * pace).toPrecision(12)),
  );
  return { low: ticks[0], high: ticks.at(-1), ticks };
}
