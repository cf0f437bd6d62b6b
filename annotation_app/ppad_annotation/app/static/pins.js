// Evidence pins: a region on a key frame that shows why a score was given.

const SIZE = 0.25;
const [NUDGE, SMALLEST] = [0.02, 0.02];

/** Draws one box at a time over the frame: by dragging, by a click, or by arrow keys and Enter. */
export class PinTool {
  attribute = null;
  box = null;
  #from = null;

  constructor(canvas, stage, { onchange, onplace }) {
    Object.assign(this, { canvas, stage, onchange, onplace });
    canvas.addEventListener("pointerdown", (event) => this.#press(event));
    canvas.addEventListener("pointermove", (event) => this.#drag(event));
    canvas.addEventListener("pointerup", (event) => this.#release(event));
    canvas.addEventListener("pointercancel", () => { this.#from = null; });
  }

  get active() {
    return this.attribute !== null;
  }

  begin(attribute) {
    this.attribute = attribute;
    this.box = around(this.stage.view.x, this.stage.view.y, SIZE / this.stage.view.zoom);
    this.canvas.classList.add("pinning");
    this.canvas.focus();
    this.onchange();
  }

  cancel() {
    this.attribute = null;
    this.box = null;
    this.#from = null;
    this.canvas.classList.remove("pinning");
    this.onchange();
  }

  /** Arrow keys move the box, with Shift they resize it, Enter places it; true when the key was meant for it. */
  key(event) {
    if (!this.active) return false;
    if (event.key === "Enter") this.#place();
    else if (event.key === "Escape") this.cancel();
    else {
      const by = { ArrowLeft: [-NUDGE, 0], ArrowRight: [NUDGE, 0], ArrowUp: [0, -NUDGE], ArrowDown: [0, NUDGE] }[event.key];
      if (!by) return false;
      this.box = event.shiftKey ? resized(this.box, ...by) : moved(this.box, ...by);
      this.onchange();
    }
    return true;
  }

  #press(event) {
    if (!this.active) return;
    this.#from = this.stage.shareAt(event.clientX, event.clientY);
    this.canvas.setPointerCapture(event.pointerId);
  }

  #drag(event) {
    if (!this.#from) return;
    this.box = spanned(this.#from, this.stage.shareAt(event.clientX, event.clientY));
    this.onchange();
  }

  #release(event) {
    if (!this.#from) return;
    const box = spanned(this.#from, this.stage.shareAt(event.clientX, event.clientY));
    const tiny = box[2] < SMALLEST && box[3] < SMALLEST;
    this.box = tiny ? around(...this.#from, SIZE / this.stage.view.zoom) : box;
    this.#place();
  }

  #place() {
    const box = this.box.map((side) => Math.floor(side * 10000) / 10000);
    const attribute = this.attribute;
    this.cancel();
    this.onplace(attribute, box);
  }
}

const between = (value, low, high) => Math.max(low, Math.min(high, value));

// Boxes are [x, y, width, height], shares of the frame's sides.

function around(x, y, size) {
  return moved([0, 0, size, size], x - size / 2, y - size / 2);
}

function moved([x, y, width, height], dx, dy) {
  return [between(x + dx, 0, 1 - width), between(y + dy, 0, 1 - height), width, height];
}

function resized([x, y, width, height], dx, dy) {
  return [x, y, between(width + dx, SMALLEST, 1 - x), between(height + dy, SMALLEST, 1 - y)];
}

function spanned([ax, ay], [bx, by]) {
  return [Math.min(ax, bx), Math.min(ay, by), Math.abs(ax - bx), Math.abs(ay - by)];
}
