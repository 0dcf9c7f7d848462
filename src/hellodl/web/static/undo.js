// Undo and redo. A browser can take typing back, but forgets it where a button or a box has changed the text: so what
// was is kept here, whoever changed it. What is typed at one go is one step.

const MOST = 1000; // steps
const PAUSE = 1000; // milliseconds after which typing is a new step

export class Steps {
  /** `same(a, b)` says whether two states are alike. */
  constructor(state, same) {
    Object.assign(this, { same, states: [state], at: 0, kind: "", when: 0 });
  }

  /** What there is now; `kind` is what was done, and more of one kind at one go is a step together ("": never). */
  add(state, kind = "", when = performance.now()) {
    if (this.same(state, this.states[this.at])) return;
    const goes_on = kind && kind === this.kind && when - this.when < PAUSE && this.at > 0;
    this.states.length = this.at + 1; // what was undone is gone
    if (goes_on) this.states[this.at] = state;
    else this.states.push(state);
    if (this.states.length > MOST) this.states.shift();
    Object.assign(this, { at: this.states.length - 1, kind, when });
  }

  /** The state before (-1) or after (1), which there is now; undefined where there is none. */
  go(direction) {
    if (!this.can(direction)) return undefined;
    this.kind = "";
    return this.states[(this.at += direction)];
  }

  can(direction) {
    return this.at + direction in this.states;
  }
}

/** Call `undo(-1)` or `undo(1)` for the keys that people press for it, and for the same in a browser's menus. */
export function whenAsked(undo) {
  document.addEventListener("keydown", (event) => {
    const key = event.key.toLowerCase();
    if (!(event.ctrlKey || event.metaKey) || event.altKey || (key !== "z" && key !== "y")) return;
    if (undo(key === "y" || event.shiftKey ? 1 : -1)) event.preventDefault();
  });
  document.addEventListener("beforeinput", (event) => {
    const direction = { historyUndo: -1, historyRedo: 1 }[event.inputType];
    if (direction && undo(direction)) event.preventDefault();
  });
}
