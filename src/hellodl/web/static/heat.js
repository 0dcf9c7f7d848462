// Pictures made of numbers: histograms over the steps, and kernels. Both are painted pixel by pixel.

import { colour } from "./helpers.js";

/** A colour of the theme, such as #2743b8, as [red, green, blue]. */
function rgb(name) {
  const hex = colour(name).slice(1);
  return [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

const between = (from, to, share) =>
  from.map((value, place) => Math.round(value + (to[place] - value) * share));

/** Paint `at(x, y)`, a list [red, green, blue], on all of a canvas of that many squares. */
function paint(canvas, width, height, at) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const picture = context.createImageData(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) picture.data.set([...at(x, y), 255], 4 * (y * width + x));
  }
  context.putImageData(picture, 0, 0);
}

const ROWS = 64;

/** Histograms side by side, one column a step, on one common axis; gives that axis as [low, high]. */
export function histograms(canvas, { low, high, histograms: counts }, chosen) {
  const known = counts
    .map((_, place) => place)
    .filter((place) => low[place] !== null && low[place] !== undefined);
  const bottom = Math.min(...known.map((place) => low[place])),
    top = Math.max(...known.map((place) => high[place]));
  const columns = counts.map((bins, place) => resampled(bins, low[place], high[place], bottom, top));
  const paper = rgb("sheet"),
    ink = rgb("accent"),
    mark = rgb("doubt");
  const wide = Math.max(1, Math.floor(480 / columns.length));
  paint(canvas, wide * columns.length, ROWS, (x, y) => {
    const column = Math.floor(x / wide);
    if (column === chosen && wide > 2 && (x % wide === 0 || x % wide === wide - 1)) return mark;
    return between(paper, ink, columns[column][ROWS - 1 - y]);
  });
  return [bottom, top];
}

/** A histogram's bins on the rows of the common axis, the fullest as 1; roots, so that one sees the few as well. */
function resampled(bins, low, high, bottom, top) {
  const rows = new Array(ROWS).fill(0);
  if (!bins.length) return rows;
  const fullest = Math.max(...bins),
    height = (top - bottom) / ROWS || 1;
  for (let row = 0; row < ROWS; row++) {
    const value = bottom + (row + 0.5) * height;
    const bin =
      high > low
        ? Math.floor(((value - low) / (high - low)) * bins.length)
        : Math.abs(value - low) <= height
          ? 0
          : -1;
    if (bins[bin] > 0) rows[row] = Math.sqrt(bins[bin] / fullest);
  }
  return rows;
}

/** Kernels (out, in, h, w) as tiles, a row for each input where there are several. Zero is as the paper, and the two
 * signs are two colours. */
export function kernels(canvas, { shape: [outputs, inputs, height, width], values }) {
  const columns = inputs === 1 ? Math.ceil(Math.sqrt(2 * outputs)) : outputs;
  const rows = inputs === 1 ? Math.ceil(outputs / columns) : inputs;
  const largest = Math.max(...values.map(Math.abs)) || 1;
  const paper = rgb("sheet"),
    plus = rgb("accent"),
    minus = rgb("doubt"),
    gap = rgb("line");
  paint(canvas, columns * (width + 1) + 1, rows * (height + 1) + 1, (x, y) => {
    const column = Math.floor(x / (width + 1)),
      row = Math.floor(y / (height + 1));
    const [left, up] = [(x % (width + 1)) - 1, (y % (height + 1)) - 1];
    const output = inputs === 1 ? row * columns + column : column,
      input = inputs === 1 ? 0 : row;
    if (left < 0 || up < 0 || output >= outputs || input >= inputs) return gap;
    const value = values[((output * inputs + input) * height + up) * width + left] / largest;
    return between(paper, value > 0 ? plus : minus, Math.abs(value));
  });
}
