// A Run button on each cell of a chapter. Nothing is fetched until one is pressed; then Python starts in a worker
// (run-worker.js), the cells before this one run first, as far as they have not, and what a cell shows takes the place
// of what it showed when the page was made. Code may be changed; what was changed runs again.

const settings = document.currentScript.dataset;
const here = new URL(document.currentScript.src);
const cells = [...document.querySelectorAll("div.cell")].filter((cell) => cell.querySelector(".cell_input pre"));
let worker = null;
let listener = null; // who hears what the worker says
let ran = new Map(); // what the worker knows: each cell's code that it has run

const make = (tag, look, words = "") => {
  const element = document.createElement(tag);
  element.className = look;
  element.textContent = words;
  return element;
};

function dress(cell) {
  const code = cell.querySelector(".cell_input pre");
  code.contentEditable = "plaintext-only";
  code.spellcheck = false;
  code.setAttribute("role", "textbox");
  code.setAttribute("aria-multiline", "true");
  code.setAttribute("aria-label", "Python, which you may change; Ctrl-Enter runs it");
  code.addEventListener("keydown", (event) => {
    event.stopPropagation(); // the theme turns pages by arrows
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    if (!cell.button.disabled) start(cell);
  });
  const bar = make("div", "run-bar");
  cell.button = make("button", "run-button", "Run");
  cell.button.type = "button";
  cell.news = make("span", "run-news");
  cell.button.onclick = () => (cell.button.textContent === "Stop" ? halt("Stopped; names are forgotten.") : start(cell));
  bar.append(cell.button, cell.news);
  (cell.querySelector("details.hide") || cell.querySelector(".cell_input")).after(bar);
}

// Where one types, browsers make lines of their own kinds: <br>, <div>. (innerText knows them, but not in what is folded.)
function codeOf(cell) {
  const code = cell.querySelector(".cell_input pre").cloneNode(true);
  for (const line of code.querySelectorAll("br")) line.replaceWith("\n");
  for (const line of code.querySelectorAll("div")) line.prepend("\n");
  return code.textContent.replaceAll("\u00a0", " ").trimEnd();
}

// Solutions stand folded in <details>; only a cell of the same solution wants them to have run.
const foldOf = (cell) => cell.parentElement.closest("details");

function before(cell) {
  const earlier = cells.slice(0, cells.indexOf(cell));
  const wanted = earlier.filter((other) => !foldOf(other) || foldOf(other) === foldOf(cell));
  return wanted.filter((other) => ran.get(other) !== codeOf(other));
}

async function start(cell) {
  const queue = [...before(cell), cell];
  for (const other of cells) other.button.disabled = other !== cell;
  cell.button.textContent = "Stop";
  cell.news.removeAttribute("role");
  const began = performance.now();
  let words = "";
  let number = 0;
  const tell = () => {
    const which = queue.length > 1 && number ? `cell ${number} of ${queue.length}` : "";
    const seconds = `${Math.round((performance.now() - began) / 1000)} s`;
    cell.news.textContent = [which, words, seconds].filter(Boolean).join(" · ");
  };
  const clock = setInterval(tell, 1000);
  cell.finish = (last) => {
    clearInterval(clock);
    listener = cell.finish = null;
    for (const other of cells) other.button.disabled = false;
    cell.button.textContent = "Run";
    cell.news.setAttribute("role", "status"); // which is read aloud; the seconds before it were not
    cell.news.textContent = last;
  };
  const hear = (text) => ((words = text), tell());
  if (!worker) {
    worker = new Worker(new URL("run-worker.js", here), { type: "module" });
    worker.onmessage = ({ data }) => listener?.(data);
    worker.onerror = (event) => halt(`Python did not start: ${event.message || "run-worker.js is not there"}`);
    worker.postMessage({
      begin: {
        pyodide: new URL(settings.pyodide, here).href,
        house: new URL("house.zip", here).href,
        packages: settings.packages.split(" "),
        name: settings.page,
      },
    });
  }
  hear("Starting …");
  for (const one of queue) {
    number += 1;
    const fine = await runOne(one, hear);
    if (!cell.finish) return; // stopped
    if (!fine) {
      cell.finish(one === cell ? "" : "A cell above stopped with an error.");
      if (one !== cell) one.scrollIntoView({ block: "center" });
      return;
    }
  }
  cell.finish(`${((performance.now() - began) / 1000).toFixed(1)} s`);
}

function runOne(cell, hear) {
  const code = codeOf(cell);
  const shown = cell.querySelector(".run-shown") || make("div", "cell_output docutils container run-shown");
  cell.querySelector(".cell_output:not(.run-shown)")?.remove();
  shown.replaceChildren();
  cell.append(shown);
  return new Promise((resolve) => {
    listener = ({ kind, text, fine }) => {
      if (kind === "news") hear(text);
      else if (kind === "lost") halt(`Python is gone: ${text}`);
      else if (kind === "done") {
        if (fine) ran.set(cell, code);
        resolve(fine);
      } else show(shown, kind, text);
    };
    worker.postMessage({ code, hurry: hurry.checked });
  });
}

function show(shown, kind, text) {
  const last = shown.lastElementChild;
  if (kind === "printed" && last?.dataset.kind === kind) last.querySelector("pre").textContent += text;
  else if (kind === "picture") {
    const box = make("div", "output text_html");
    box.innerHTML = text; // made by hellodl or matplotlib in this page
    shown.append(box);
  } else {
    const box = make("div", `output ${kind === "printed" ? "stream" : "text_plain"} run-${kind}`);
    box.dataset.kind = kind;
    const inner = make("div", "highlight"); // as what was shown when the page was made
    inner.append(make("pre", "", text));
    box.append(inner);
    shown.append(box);
  }
}

function halt(words) {
  worker?.terminate();
  worker = null;
  ran = new Map();
  cells.find((cell) => cell.finish)?.finish(words);
}

const note = make("p", "run-note");
const hurry = make("input", "");
hurry.type = "checkbox";
hurry.checked = true;
hurry.onchange = () => halt("Python begins anew.");
if (location.protocol === "file:") {
  note.textContent = "Cells run here when this page comes from a web server: python -m http.server -d build/site";
} else {
  note.append("Run works here, in your browser (the first time it fetches some 30 MB); code may be changed. ");
  if (cells.some((cell) => codeOf(cell).includes("# in a hurry: "))) {
    const choice = make("label", "");
    choice.append(hurry, " In a hurry: less to do where a line says so, and rougher results than the text tells of.");
    note.append(choice);
  }
  cells.forEach(dress);
}
document.querySelector("article h1")?.after(note);
