// The text of a page and the boxes over it, brought together.
//
// The text is the truth: a person edits it as any text, and the boxes follow. What was read and what now stands there
// are put side by side by edit distance (Levenshtein, 1966). Where they differ, the boxes of what was read are shared
// out among what is there now: one letter in place of two takes both boxes, two in place of one halve it, and a letter
// where there was none gets the gap between its neighbours. So splitting, joining, adding and mending a space are all
// nothing but editing.

export const DOUBT = 0.9; // what is less probable is shown as doubtful

const MOST = 4_000_000; // cells of the table: beyond, all between the first and the last difference is one
const GAP = " \n";

/** What was read as one list, in the order of its text: {letter, line, one}; spaces and line ends have no `one`. */
export function tokensOf(lines) {
  return lines.flatMap((line, number) => {
    const found = line.flatMap((one) => {
      const token = { letter: one.letter, line: number, one };
      return one.space ? [{ letter: " ", line: number }, token] : [token];
    });
    return number ? [{ letter: "\n", line: number }, ...found] : found;
  });
}

/** The pairs [from, to] of places that are the same or stand for each other; one side null where there is none. */
function sideBySide(old, now) {
  const columns = now.length + 1;
  const cost = new Uint16Array((old.length + 1) * columns);
  // A letter may stand for a letter; a space or a line's end only for the same.
  const price = (a, b) => (a === b ? 0 : GAP.includes(a) || GAP.includes(b) ? 3 : 1);
  for (let i = 0; i <= old.length; i++) {
    for (let j = 0; j < columns; j++) {
      cost[i * columns + j] =
        i && j
          ? Math.min(
              cost[(i - 1) * columns + j - 1] + price(old[i - 1], now[j - 1]),
              cost[(i - 1) * columns + j] + 1,
              cost[i * columns + j - 1] + 1,
            )
          : i + j;
    }
  }
  const pairs = [];
  for (let i = old.length, j = now.length; i || j; ) {
    const here = cost[i * columns + j];
    if (i && j && here === cost[(i - 1) * columns + j - 1] + price(old[i - 1], now[j - 1])) pairs.push([--i, --j]);
    else if (i && here === cost[(i - 1) * columns + j] + 1) pairs.push([--i, null]);
    else pairs.push([null, --j]);
  }
  return pairs.reverse();
}

/** How what was read (tokens) and a text differ: runs {from: [first, end], to: [first, end]}, between them all is same. */
function differences(tokens, text) {
  const old = tokens.map(({ letter }) => letter);
  let start = 0,
    tail = 0;
  const shorter = Math.min(old.length, text.length);
  while (start < shorter && old[start] === text[start]) start++;
  while (tail < shorter - start && old.at(-1 - tail) === text.at(-1 - tail)) tail++;
  const middle = old.slice(start, old.length - tail),
    changed = [...text.slice(start, text.length - tail)];
  if (!middle.length && !changed.length) return [];
  if (middle.length * changed.length > MOST)
    return [{ from: [start, start + middle.length], to: [start, start + changed.length] }];
  const runs = [];
  let run = null,
    i = start,
    j = start;
  for (const [a, b] of sideBySide(middle, changed)) {
    const same = a !== null && b !== null && middle[a] === changed[b];
    if (same) run = null;
    else if (!run) runs.push((run = { from: [i, i], to: [j, j] }));
    if (a !== null) i++;
    if (b !== null) j++;
    if (run) [run.from[1], run.to[1]] = [i, j];
  }
  return runs;
}

/** The box around some. */
export const around = (boxes) => {
  const [left, top] = [0, 1].map((side) => Math.min(...boxes.map((box) => box[side])));
  const [right, foot] = [0, 1].map((side) => Math.max(...boxes.map((box) => box[side] + box[side + 2])));
  return [left, top, right - left, foot - top];
};

/** A box cut into so many of one width, side by side. */
const shared = ([left, top, width, height], count) =>
  Array.from({ length: count }, (_, at) => [left + (at * width) / count, top, width / count, height]);

/** Where letters stand that were added: in the gap between two boxes of a line, or on their edges where it is narrow. */
function between(before, after, count) {
  const beside = before ?? after;
  if (!beside) return [];
  const least = (count * beside[3]) / 3;
  const left = before ? before[0] + before[2] : after[0] - least;
  const right = after ? after[0] : left + least;
  const width = Math.max(right - left, least);
  return shared([(left + right - width) / 2, beside[1], width, beside[3]], count);
}

/** The characters of a text, in its order: {letter, box, line, at, one, mended}; what was taken out has the letter "".
 *
 * `at` is the place in the text, `one` what was read there (the sure and the doubtful), `mended` whether a person said
 * it. `tokens` is what was read. */
export function arranged(tokens, text) {
  const found = [];
  let token = 0,
    at = 0;
  const keep = (one, letter, box, line, mended) => {
    if (box && !GAP.includes(letter)) found.push({ letter, box, line, at, one, mended });
  };
  const same = (end) => {
    for (; token < end; token++, at++)
      keep(tokens[token].one, text[at] ?? "", tokens[token].one?.box, tokens[token].line, false);
  };
  for (const { from, to } of differences(tokens, text)) {
    same(from[0]);
    const old = tokens.slice(...from).filter(({ one }) => one);
    const letters = [...text.slice(...to)].filter((letter) => !GAP.includes(letter)).length;
    const line = (old[0] ?? tokens[token] ?? tokens.at(-1))?.line ?? 0;
    const boxes = boxesFor(old, letters, line, tokens, token);
    let next = 0;
    for (at = to[0]; at < to[1]; at++) {
      if (GAP.includes(text[at])) continue;
      const one = old.length === letters ? old[next]?.one : undefined;
      keep(one, text[at], boxes[next], old[next]?.line ?? line, true);
      next++;
    }
    if (!letters) for (const { one, line } of old) found.push({ letter: "", box: one.box, line, at, one, mended: true });
    token = from[1];
  }
  same(tokens.length);
  return found;
}

function boxesFor(old, count, line, tokens, token) {
  const boxes = old.map(({ one }) => one.box);
  if (boxes.length === count) return boxes;
  if (boxes.length) return shared(around(boxes), count);
  const neighbours = (list) => list.find((each) => each.one && each.line === line)?.one.box;
  return between(neighbours(tokens.slice(0, token).reverse()), neighbours(tokens.slice(token)), count);
}
