// The two panes: the key frame (with onion skin, difference map and pins over it) and the reference beside it.

import { listenToGestures, placement } from "./view.js";

const sizeOf = (image) => (image ? { width: image.naturalWidth ?? image.width, height: image.naturalHeight ?? image.height } : null);

export class Stage {
  frames = null;
  at = 0;
  onion = { mode: "off", strength: 0.5 }; // off | before | reference
  map = null; // the difference map in place of the frame
  boxes = []; // pins on this frame: {box: [x, y, width, height] as shares, name, draft}
  #last = null;
  #planned = false;

  constructor(frameCanvas, referenceCanvas, view, blocked) {
    this.frameCanvas = frameCanvas;
    this.referenceCanvas = referenceCanvas;
    this.view = view;
    listenToGestures(frameCanvas, view, () => sizeOf(this.image), blocked);
    listenToGestures(referenceCanvas, view, () => sizeOf(this.frames?.reference), () => false);
    view.on("change", () => this.draw());
    const observer = new ResizeObserver(() => this.draw());
    observer.observe(frameCanvas);
    observer.observe(referenceCanvas);
  }

  open(frames) {
    this.frames = frames;
    this.map = null;
    this.#last = null;
  }

  /** The picture that stands for the current frame: its own, or the one before until it has come. */
  get image() {
    const own = this.frames?.images[this.at] ?? null;
    if (own) this.#last = own;
    return own ?? this.#last;
  }

  /** Draw at the next repaint, once. */
  draw() {
    if (this.#planned) return;
    this.#planned = true;
    requestAnimationFrame(() => {
      this.#planned = false;
      this.#drawFrame();
      this.#drawReference();
    });
  }

  /** A point of the page as shares of the frame's width and height. */
  shareAt(clientX, clientY) {
    const size = sizeOf(this.image);
    if (!size) return null;
    const pane = this.frameCanvas.getBoundingClientRect();
    const { scale, left, top } = placement(this.view, pane, size);
    const inside = (value) => Math.max(0, Math.min(1, value));
    return [inside((clientX - pane.left - left) / (scale * size.width)), inside((clientY - pane.top - top) / (scale * size.height))];
  }

  #drawFrame() {
    const context = prepared(this.frameCanvas);
    const image = this.image;
    if (!image) return;
    const lies = this.#paint(context, this.map ?? image, sizeOf(image));
    const skin = this.onion.mode === "before" ? this.frames.images[this.at - 1] : this.onion.mode === "reference" ? this.frames.reference : null;
    if (skin && !this.map) {
      context.globalAlpha = this.onion.strength;
      this.#paint(context, skin, sizeOf(image));
      context.globalAlpha = 1;
    }
    for (const pin of this.boxes) drawBox(context, pin, lies);
  }

  #drawReference() {
    const context = prepared(this.referenceCanvas);
    if (this.frames?.reference) this.#paint(context, this.frames.reference, sizeOf(this.frames.reference));
  }

  /** Paint a picture where one of `size` lies. */
  #paint(context, picture, size) {
    const pane = context.canvas.getBoundingClientRect();
    const { scale, left, top } = placement(this.view, pane, size);
    const lies = { left, top, width: size.width * scale, height: size.height * scale };
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, left, top, lies.width, lies.height);
    return lies;
  }
}

function prepared(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
  return context;
}

/** A white line cased in black: it shows on every colour and adds none. */
function drawBox(context, { box, name, draft }, lies) {
  const [left, top] = [lies.left + box[0] * lies.width, lies.top + box[1] * lies.height];
  const [width, height] = [box[2] * lies.width, box[3] * lies.height];
  context.setLineDash(draft ? [6, 4] : []);
  for (const [line, colour] of [[4, "#000"], [2, "#fff"]]) {
    context.lineWidth = line;
    context.strokeStyle = colour;
    context.strokeRect(left, top, width, height);
  }
  context.setLineDash([]);
  if (!name) return;
  context.font = "600 12px system-ui, sans-serif";
  const length = context.measureText(name).width + 12;
  const above = top >= 22 ? top - 21 : top + 2;
  context.fillStyle = "#000";
  context.fillRect(left - 2, above, length, 19);
  context.fillStyle = "#fff";
  context.fillText(name, left + 4, above + 14);
}
