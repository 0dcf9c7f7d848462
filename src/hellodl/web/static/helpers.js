// What all tabs share: asking the server, making elements, and saying what happened.

export const byId = (id) => document.getElementById(id);

/** An element with attributes and children (nodes or texts). No style attributes: the page's policy forbids them. */
export function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function drawn(tag, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false)
      node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

/** Ask the server. Objects go as JSON, files as they are; an error is one line that says what to do. */
export async function ask(path, { method = "GET", body, signal } = {}) {
  const headers = method === "GET" ? {} : { "X-Hellodl": "1" };
  if (body instanceof Blob) headers["Content-Type"] = body.type || "image/*";
  else if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(path, { method, headers, body, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error(
      "The server does not answer; see whether `hellodl web` is still running, then try again.",
    );
  }
  if (!response.ok) throw new Error(await reason(response));
  return response;
}

export async function askJson(path, options) {
  return (await ask(path, options)).json();
}

async function reason(response) {
  try {
    return (await response.json()).error || `The server said ${response.status}; try again.`;
  } catch {
    return `The server said ${response.status}; try again.`;
  }
}

/** A source of signals of which only the newest is not aborted: an answer to an old question is not wanted. */
export function newest() {
  let controller = null;
  return () => {
    controller?.abort();
    controller = new AbortController();
    return controller.signal;
  };
}

/** Show the line of an error until it is closed or something works again. Aborted requests are no trouble. */
export function trouble(error) {
  if (error.name === "AbortError") return;
  byId("trouble-words").textContent = error.message;
  byId("trouble").hidden = false;
}

export function calm() {
  byId("trouble").hidden = true;
}

/** Run an async action for a click: errors are shown, an earlier error is cleared once it works. */
export function action(work) {
  return async (event) => {
    try {
      await work(event);
      calm();
    } catch (error) {
      trouble(error);
    }
  };
}

/** Tell those who listen to the page; nothing changes to the eye. */
export function say(words) {
  byId("said").textContent = words;
}

/** Server-sent events by name, parsed. Gives a function that stops listening. */
export function listen(path, handlers) {
  const source = new EventSource(path);
  for (const [name, handle] of Object.entries(handlers)) {
    if (name === "lost") continue;
    source.addEventListener(name, (event) =>
      handle(event.data ? JSON.parse(event.data) : {}, () => source.close()),
    );
  }
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) handlers.lost?.();
  });
  return () => source.close();
}

/** 0.934 as "93%"; what is not quite nothing or not quite certain does not look as if it were. */
export function percent(share) {
  if (share === null || share === undefined) return "–";
  if (share > 0 && share < 0.005) return "<1%";
  if (share < 1 && share >= 0.995) return ">99%";
  return `${Math.round(100 * share)}%`;
}

/** A number in few digits. */
export function short(value, digits = 4) {
  if (!Number.isFinite(value)) return "–";
  if (Number.isInteger(value)) return value.toLocaleString("en");
  const size = Math.abs(value);
  return size >= 0.001 && size < 100_000 ? String(Number(value.toPrecision(digits))) : value.toExponential(1);
}

/** "1 letter", "2 letters". */
export const counted = (count, what) => `${short(count)} ${what}${count === 1 ? "" : "s"}`;

const NAMES = {
  " ": ["␣", "space"],
  "\n": ["⏎", "new line"],
  "\t": ["⇥", "tab"],
  "": ["∅", "no character"],
};

/** How a character is shown, and how it is said. */
export const shown = (character) => character.replace(/[ \n\t]/g, (one) => NAMES[one][0]);
export const spoken = (character) => NAMES[character]?.[1] ?? character;

/** Fill a list with characters and bars as long as they are probable. */
export function bars(list, items) {
  while (list.children.length > items.length) list.lastChild.remove();
  items.forEach(({ character, probability }, place) => {
    if (!list.children[place]) {
      const track = element(
        "span",
        { class: "track", "aria-hidden": "true" },
        element("span", { class: "fill" }),
      );
      list.append(
        element(
          "li",
          {},
          element("b"),
          element("span", { class: "visually-hidden" }),
          track,
          element("span", { class: "share" }),
        ),
      );
    }
    const [glyph, name, track, share] = list.children[place].children;
    glyph.textContent = shown(character);
    name.textContent = spoken(character) === character ? "" : spoken(character);
    track.firstChild.style.setProperty("inline-size", `${100 * probability}%`);
    share.textContent = percent(probability);
  });
}

/** Copy a text, also where the page is not served securely (in the local network) and has no clipboard. */
export async function copy(text, button) {
  if (navigator.clipboard) await navigator.clipboard.writeText(text);
  else {
    const area = element("textarea", { class: "visually-hidden" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("The browser did not let it be copied; select the text and copy it by hand.");
  }
  const words = button.textContent;
  button.textContent = "Copied";
  say("Copied");
  setTimeout(() => (button.textContent = words), 1500);
}

export const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** A colour of the present theme, by its name in style.css. */
export const colour = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** Call when light becomes dark or dark light: canvases do not follow on their own. */
export const whenThemeChanges = (redraw) =>
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
