// A photo in its frame: whole at first, then as near as one likes. One zooms by button, pinch, or wheel with Ctrl, and
// drags it by mouse; a finger scrolls it as any page. So nothing is ever out of sight without a way to it.

const NEAREST = 12; // times as large as where it is whole
const PACE = 1.4; // of a button
const STILL = 4; // pixels that a click may move and is no drag

export class Sheet {
  /** `frame` scrolls, `sheet` lies in it, and has the picture's size; `told` hears how near it is, 1 being whole. */
  constructor(frame, sheet, told) {
    Object.assign(this, { frame, sheet, told, near: 1, shape: 1, dragged: false, apart: 0 });
    frame.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    frame.addEventListener("pointerdown", (event) => this.grip(event));
    frame.addEventListener("touchmove", (event) => this.pinch(event), { passive: false });
    frame.addEventListener("touchend", () => (this.apart = 0));
    frame.addEventListener("click", (event) => this.dragged && event.stopPropagation(), true);
    new ResizeObserver(() => this.lay()).observe(frame);
  }

  /** A new picture, all of it; `shape` is its width by its height. */
  show(shape) {
    this.shape = shape;
    this.whole();
  }

  whole() {
    this.near = 1;
    this.lay();
  }

  lay() {
    const high = parseFloat(getComputedStyle(this.frame).maxHeight) - 2 * this.frame.clientTop || Infinity;
    const width = Math.floor(Math.min(this.frame.clientWidth, high * this.shape));
    this.sheet.style.setProperty("inline-size", `${this.near * width}px`);
    this.told(this.near);
  }

  /** So many times nearer; what is at a point of the screen, or in the middle, stays there. */
  zoom(times, point) {
    const frame = this.frame.getBoundingClientRect(),
      before = this.sheet.getBoundingClientRect();
    const [x, y] = point ?? [frame.left + frame.width / 2, frame.top + frame.height / 2];
    const [across, down] = [(x - before.left) / before.width, (y - before.top) / before.height];
    this.near = Math.min(Math.max(this.near * times, 1), NEAREST);
    this.lay();
    const after = this.sheet.getBoundingClientRect();
    this.frame.scrollBy(after.left + across * after.width - x, after.top + down * after.height - y);
  }

  nearer(point) {
    this.zoom(PACE, point);
  }

  farther(point) {
    this.zoom(1 / PACE, point);
  }

  wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY / 200), [event.clientX, event.clientY]);
  }

  grip(event) {
    this.dragged = false;
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    let [x, y, far] = [event.clientX, event.clientY, 0];
    const move = (moved) => {
      far += Math.abs(moved.clientX - x) + Math.abs(moved.clientY - y);
      this.dragged ||= far > STILL;
      if (this.dragged) this.frame.scrollBy(x - moved.clientX, y - moved.clientY);
      [x, y] = [moved.clientX, moved.clientY];
    };
    const released = new AbortController();
    addEventListener("pointermove", move, { signal: released.signal });
    for (const end of ["pointerup", "pointercancel"])
      addEventListener(end, () => released.abort(), { signal: released.signal });
  }

  pinch(event) {
    if (event.touches.length !== 2) return;
    event.preventDefault();
    const [a, b] = event.touches;
    const apart = Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
    if (this.apart) this.zoom(apart / this.apart, [(a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2]);
    this.apart = apart;
  }
}
