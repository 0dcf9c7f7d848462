// The first page of the course: draw a digit, and see what each layer of a small network makes of it. No Python here;
// the weights (digit-weights.js) are those that tools/course/first_page.py has taught with hellodl.

const PEN = 2.7, LONGEST = 20, SIDE = 28; // pixels, as in hellodl/data/strokes.py

// ---- What the network computes: maps are lists of rows of numbers. ----

const grid = (height, width, value) =>
  Array.from({ length: height }, (_, y) => Float32Array.from({ length: width }, (_, x) => value(y, x)));

/** Strokes, lists of [x, y], as a picture of 28 × 28 from 0 to 1: the middle of each pixel, and how far the pen was. */
function picture(strokes) {
  const points = strokes.flat();
  const [low, high] = [Math.min, Math.max].map((end) => [0, 1].map((axis) => end(...points.map((point) => point[axis]))));
  const scale = (LONGEST - PEN) / Math.max(high[0] - low[0], high[1] - low[1], 1e-9);
  const fit = (point) => point.map((place, axis) => SIDE / 2 + (place - (low[axis] + high[axis]) / 2) * scale);
  const pieces = strokes.flatMap((stroke) => stroke.map((point, i) => [fit(point), fit(stroke[Math.max(i - 1, 0)])]));
  return grid(SIDE, SIDE, (row, column) => {
    let nearest = Infinity;
    for (const [[x, y], [toX, toY]] of pieces) {
      const [stepX, stepY, awayX, awayY] = [toX - x, toY - y, column + 0.5 - x, row + 0.5 - y];
      const along = Math.min(Math.max((awayX * stepX + awayY * stepY) / (stepX ** 2 + stepY ** 2 || 1), 0), 1);
      nearest = Math.min(nearest, Math.hypot(awayX - along * stepX, awayY - along * stepY));
    }
    return Math.min(Math.max(PEN / 2 - nearest + 0.5, 0), 1);
  });
}

/** Each of a layer's 3 × 3 windows slides over all maps; what is below zero becomes zero. */
function convolution(maps, { shape: [outputs, inputs], weight, bias }) {
  return Array.from({ length: outputs }, (_, out) =>
    grid(maps[0].length - 2, maps[0][0].length - 2, (y, x) => {
      let sum = bias[out];
      for (let map = 0, at = out * inputs * 9; map < inputs; map++)
        for (let dy = 0; dy < 3; dy++) for (let dx = 0; dx < 3; dx++) sum += weight[at++] * maps[map][y + dy][x + dx];
      return Math.max(sum, 0);
    }),
  );
}

/** Of each four neighbours, the largest. */
const pool = (maps) =>
  maps.map((map) =>
    grid(map.length >> 1, map[0].length >> 1, (y, x) =>
      Math.max(map[2 * y][2 * x], map[2 * y][2 * x + 1], map[2 * y + 1][2 * x], map[2 * y + 1][2 * x + 1]),
    ),
  );

/** All numbers of all maps vote for each digit. They are counted place by place, as hellodl lays them out. */
function votes(maps, { shape: [outputs], weight, bias }) {
  const numbers = [];
  for (let y = 0; y < maps[0].length; y++)
    for (let x = 0; x < maps[0][0].length; x++) for (const map of maps) numbers.push(map[y][x]);
  return Array.from({ length: outputs }, (_, out) =>
    numbers.reduce((sum, number, i) => sum + number * weight[out * numbers.length + i], bias[out]),
  );
}

/** What each layer makes of a picture, and how sure the network is of each digit. */
function look(image) {
  const [first, second, last] = digitNetwork;
  const edges = convolution([image], first);
  const shapes = convolution(pool(edges), second);
  const scores = votes(pool(shapes), last);
  const powers = scores.map((score) => Math.exp(score - Math.max(...scores)));
  const sum = powers.reduce((a, b) => a + b);
  return { edges, shapes, scores, shares: powers.map((power) => power / sum) };
}

// ---- The page ----

const place = document.getElementById("draw-a-digit");
if (place) {
  place.innerHTML = `<p>Draw a digit here, and see what each layer of a network of five thousand numbers makes of it. hellodl
    taught it; chapters 4 and 5 say how.</p><div class="digit-sheet"><canvas width="560" height="560" role="img"
      aria-label="A sheet to draw a digit on, with a mouse, a pen or a finger"></canvas>
    <p><button type="button" class="run-button">Clear</button> <span role="status">Draw a digit.</span></p></div>
    <div class="digit-layers"></div>`;
  const sheet = place.querySelector("canvas"), layers = place.querySelector(".digit-layers");
  const said = place.querySelector("[role=status]");
  let strokes = [];
  const at = (event) => {
    const box = sheet.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  const ink = () => {
    const brush = sheet.getContext("2d");
    Object.assign(brush, { lineWidth: 40, lineCap: "round", lineJoin: "round", strokeStyle: getComputedStyle(sheet).color });
    brush.clearRect(0, 0, 560, 560);
    for (const stroke of strokes) {
      brush.beginPath();
      for (const [x, y] of [stroke[0], ...stroke]) brush.lineTo(560 * x, 560 * y);
      brush.stroke();
    }
  };
  sheet.onpointerdown = (event) => {
    event.preventDefault();
    sheet.setPointerCapture(event.pointerId);
    strokes.push([at(event)]);
    ink();
  };
  sheet.onpointermove = (event) => {
    if (!sheet.hasPointerCapture(event.pointerId)) return;
    strokes.at(-1).push(at(event));
    ink();
  };
  sheet.onpointerup = () => show(strokes);
  place.querySelector("button").onclick = () => {
    strokes = [];
    ink();
    layers.replaceChildren();
    said.textContent = "Draw a digit.";
  };

  const drawn = (map, words) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [map[0].length, map.length];
    const most = Math.max(...map.map((row) => Math.max(...row)), 1e-6);
    const pixels = new ImageData(canvas.width, canvas.height);
    map.forEach((row, y) => row.forEach((value, x) => {
      const shade = 255 - Math.round((255 * value) / most);
      pixels.data.set([shade, shade, shade, 255], 4 * (y * canvas.width + x));
    }));
    canvas.getContext("2d").putImageData(pixels, 0, 0);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", words);
    return canvas;
  };
  const layer = (words, maps, style) => {
    const figure = document.createElement("figure");
    figure.className = style;
    const caption = document.createElement("figcaption");
    caption.textContent = words;
    figure.append(...maps.map((map, i) => drawn(map, `${words} ${i + 1}`)), caption);
    return figure;
  };
  function show(strokes) {
    const image = picture(strokes);
    const { edges, shapes, shares } = look(image);
    const best = shares.indexOf(Math.max(...shares));
    said.textContent = `${shares[best] < 0.6 ? "Perhaps a" : "A"} ${best}: ${Math.round(100 * shares[best])}% sure.`;
    const bars = document.createElement("ol");
    bars.start = 0;
    bars.append(...shares.map((share, digit) => {
      const bar = document.createElement("li");
      bar.style.setProperty("--share", share);
      bar.textContent = digit;
      bar.title = `${(100 * share).toFixed(1)}%`;
      return bar;
    }));
    layers.replaceChildren(
      layer("What it is given: 28 × 28 pixels", [image], "digit-input"),
      layer("Eight small windows look for edges", edges, "digit-edges"),
      layer("Sixteen more, over what those found, look for parts", shapes, "digit-shapes"),
      bars,
    );
  }
}
