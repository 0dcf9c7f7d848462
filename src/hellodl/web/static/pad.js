// A sheet to draw on with mouse, finger, pen or arrow keys. It keeps strokes: lists of [x, y] on a sheet of 400 × 400.

import { colour, say, whenThemeChanges } from "./helpers.js";

const SIDE = 400;
const WIDTH = 26; // of the pen, for single letters
const STEP = 12; // of an arrow key
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Pad {
  /** `changed` is called after each stroke, and when strokes are taken away. */
  constructor(canvas, changed, width = WIDTH) {
    this.canvas = canvas;
    this.width = width;
    this.changed = changed;
    this.strokes = [];
    this.open = null; // the stroke that is being drawn
    this.pen = null; // where the pen of the arrow keys stands, while they are used
    this.held = new Set();
    canvas.addEventListener("pointerdown", (event) => this.begin(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.end(event));
    canvas.addEventListener("pointercancel", (event) => this.end(event));
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("keyup", (event) => this.held.delete(event.key));
    canvas.addEventListener("blur", () => this.leave());
    new ResizeObserver(() => this.fit()).observe(canvas);
    whenThemeChanges(() => this.paint());
  }

  get empty() {
    return this.strokes.length === 0;
  }

  undo() {
    this.strokes.pop();
    this.tell();
  }

  clear() {
    this.show([]);
  }

  /** Put other strokes in place of these. */
  show(strokes) {
    this.strokes = strokes;
    this.tell();
  }

  tell() {
    this.paint();
    this.changed();
  }

  begin(event) {
    if (!event.isPrimary || event.button !== 0) return;
    event.preventDefault();
    this.canvas.focus({ preventScroll: true });
    this.canvas.setPointerCapture(event.pointerId);
    this.finish(); // what the arrow keys had begun
    this.pen = null;
    this.open = [this.place(event)];
    this.paint();
  }

  move(event) {
    if (!event.isPrimary || !this.open || this.pen) return;
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const one of moves.length ? moves : [event]) {
      const [x, y] = this.place(one),
        [lastX, lastY] = this.open.at(-1);
      if (x !== lastX || y !== lastY) this.open.push([x, y]);
    }
    this.paint();
  }

  end(event) {
    if (event.isPrimary && !this.pen) this.finish();
  }

  finish() {
    if (!this.open) return;
    this.strokes.push(isDot(this.open) ? this.open.slice(0, 1) : this.open);
    this.open = null;
    this.tell();
  }

  place(event) {
    const frame = this.canvas.getBoundingClientRect();
    const along = (at, start, size) => Math.round(Math.min(Math.max((at - start) / size, 0), 1) * SIDE);
    return [along(event.clientX, frame.left, frame.width), along(event.clientY, frame.top, frame.height)];
  }

  key(event) {
    if (event.key === " ") {
      event.preventDefault();
      if (event.repeat) return;
      this.pen ??= [SIDE / 2, SIDE / 2];
      if (this.open) this.finish();
      else this.open = [[...this.pen]];
      say(this.open ? "pen down" : "pen up");
    } else if (event.key in ARROWS) {
      event.preventDefault();
      this.held.add(event.key);
      this.pen ??= [SIDE / 2, SIDE / 2];
      for (const key of this.held) {
        this.pen = this.pen.map((at, axis) => Math.min(Math.max(at + STEP * ARROWS[key][axis], 0), SIDE));
      }
      this.open?.push([...this.pen]);
    } else return;
    this.paint();
  }

  leave() {
    this.held.clear();
    if (this.pen) this.finish();
    this.pen = null;
    this.paint();
  }

  fit() {
    const size = Math.round(this.canvas.clientWidth * (window.devicePixelRatio || 1));
    if (size && this.canvas.width !== size) {
      this.canvas.width = this.canvas.height = size;
      this.paint();
    }
  }

  paint() {
    const context = this.canvas.getContext("2d");
    const scale = this.canvas.width / SIDE;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, SIDE, SIDE);
    Object.assign(context, {
      lineWidth: this.width,
      lineCap: "round",
      lineJoin: "round",
      strokeStyle: colour("ink"),
      fillStyle: colour("ink"),
    });
    for (const stroke of this.open ? [...this.strokes, this.open] : this.strokes) line(context, stroke);
    this.canvas.parentElement.classList.toggle("used", Boolean(this.strokes.length || this.open || this.pen));
    if (this.pen) mark(context, this.pen, Boolean(this.open));
  }
}

/** Whether a stroke is no longer than its pen is wide: to the eye it is a dot, whatever way the hand trembled. */
const isDot = (points) =>
  [0, 1].every((axis) => {
    const along = points.map((point) => point[axis]);
    return Math.max(...along) - Math.min(...along) < WIDTH / 2;
  });

/** A smooth line: a curve from the middle of each piece to the middle of the next. */
function line(context, points) {
  const [first, ...rest] = points;
  context.beginPath();
  context.arc(...first, context.lineWidth / 2, 0, 2 * Math.PI); // a dot, should there be no more
  context.fill();
  context.beginPath();
  context.moveTo(...first);
  rest.forEach((point, at) => {
    const next = rest[at + 1];
    if (next) context.quadraticCurveTo(...point, (point[0] + next[0]) / 2, (point[1] + next[1]) / 2);
    else context.lineTo(...point);
  });
  context.stroke();
}

function mark(context, [x, y], down) {
  Object.assign(context, { lineWidth: 4, strokeStyle: colour("accent"), fillStyle: colour("accent") });
  context.beginPath();
  context.arc(x, y, WIDTH / 2 + 4, 0, 2 * Math.PI);
  context.stroke();
  if (!down) return;
  context.beginPath();
  context.arc(x, y, 6, 0, 2 * Math.PI);
  context.fill();
}
