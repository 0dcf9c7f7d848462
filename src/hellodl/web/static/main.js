// The page: six tabs, of which each has a file of its own. Here they are turned over and kept in the address.

import { byId, calm, trouble } from "./helpers.js";
import { refresh } from "./hand.js";
import "./draw.js";
import "./read.js";
import "./teach.js";
import "./runs.js";
import { about } from "./write.js";
import "./pen.js";

const tabs = [...document.querySelectorAll('[role="tab"]')];
const panelOf = (tab) => byId(tab.getAttribute("aria-controls"));

function show(chosen) {
  for (const tab of tabs) {
    const here = tab === chosen,
      panel = panelOf(tab),
      was = !panel.hidden;
    tab.setAttribute("aria-selected", here);
    tab.tabIndex = here ? 0 : -1;
    panel.hidden = !here;
    if (was !== here || here) panel.dispatchEvent(new Event(here ? "shown" : "gone"));
  }
  document.title = `${chosen.textContent} · hellodl`;
}

function go(tab) {
  calm();
  show(tab);
  history.replaceState(null, "", `#${panelOf(tab).id}`);
}

for (const tab of tabs) tab.addEventListener("click", () => go(tab));

document.querySelector('[role="tablist"]').addEventListener("keydown", (event) => {
  const at = tabs.indexOf(document.activeElement);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1 + tabs.length, Home: 0, End: tabs.length - 1 }[
    event.key
  ];
  if (at < 0 || to === undefined) return;
  event.preventDefault();
  const tab = tabs[to % tabs.length];
  tab.focus();
  go(tab);
});

const byAddress = () => tabs.find((tab) => `#${panelOf(tab).id}` === location.hash) ?? tabs[0];
addEventListener("hashchange", () => show(byAddress()));
byId("trouble-close").addEventListener("click", calm);

show(byAddress());
refresh().then(about).catch(trouble);
