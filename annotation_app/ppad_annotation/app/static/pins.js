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
    const tiny = box[2] - box[0] < SMALLEST && box[3] - box[1] < SMALLEST;
    this.box = tiny ? around(...this.#from, SIZE / this.stage.view.zoom) : box;
    this.#place();
  }

  #place() {
    const box = this.box.map((side) => Math.round(side * 10000) / 10000);
    const attribute = this.attribute;
    this.cancel();
    this.onplace(attribute, box);
  }
}

const clamp = (value) => Math.max(0, Math.min(1, value));

function around(x, y, size) {
  return moved([0, 0, size, size], x - size / 2, y - size / 2);
}

function moved([left, top, right, bottom], dx, dy) {
  const x = Math.max(-left, Math.min(1 - right, dx));
  const y = Math.max(-top, Math.min(1 - bottom, dy));
  return [left + x, top + y, right + x, bottom + y];
}

function resized([left, top, right, bottom], dx, dy) {
  return [left, top, Math.max(left + SMALLEST, clamp(right + dx)), Math.max(top + SMALLEST, clamp(bottom + dy))];
}

function spanned([ax, ay], [bx, by]) {
  return [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)];
}
