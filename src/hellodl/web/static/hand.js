// The switch "My hand": whether Draw and Read ask the network that learned its owner's handwriting.

import { askJson, byId } from "./helpers.js";

const box = byId("hand");
const followers = [];

/** Whether the personal network is to be asked. */
export const personal = () => box.checked && !box.disabled;

/** Call `follow` whenever that changes. */
export const whenHandChanges = (follow) => followers.push(follow);

/** Ask the server how things stand; the switch works once a personal network exists. */
export async function refresh() {
  const status = await askJson("/api/status");
  allow(status.personal);
  return status;
}

/** A personal network is there (and wanted, if `on`), or is gone. */
export function allow(there, on = remembered()) {
  const before = personal();
  box.disabled = !there;
  box.checked = there && on;
  byId("hand-label").title = there
    ? "Ask the network that learned your handwriting"
    : "Teach it some of your letters first";
  if (personal() !== before) followers.forEach((follow) => follow());
}

/** After learning, one wants to see what it brought. */
export function turnOn() {
  localStorage.setItem("my-hand", "on");
  const before = personal();
  allow(true, true);
  if (before) followers.forEach((follow) => follow()); // the same switch, but another network behind it
}

const remembered = () => localStorage.getItem("my-hand") !== "off";

box.addEventListener("change", () => {
  localStorage.setItem("my-hand", box.checked ? "on" : "off");
  followers.forEach((follow) => follow());
});
