// What part of a picture is looked at: one view for all panes, so that frame and reference move in step.

import { Emitter } from "./emitter.js";

const [CLOSEST, STEP] = [16, 1.25];

export class View extends Emitter {
  zoom = 1; // 1: the whole picture fits
  x = 0.5; // centre, as a share of the picture's width
  y = 0.5;

  fit() {
    this.#set(1, 0.5, 0.5);
  }

  /** Zoom by a factor and keep the point (x, y), shares of the picture, where it is. */
  zoomBy(factor, x = this.x, y = this.y) {
    const zoom = Math.max(1, Math.min(CLOSEST, this.zoom * factor));
    const real = this.zoom / zoom;
    this.#set(zoom, x + (this.x - x) * real, y + (this.y - y) * real);
  }

  closer() {
    this.zoomBy(STEP);
  }

  farther() {
    this.zoomBy(1 / STEP);
  }

  moveBy(dx, dy) {
    this.#set(this.zoom, this.x + dx, this.y + dy);
  }

  #set(zoom, x, y) {
    const margin = 0.5 / zoom;
    const inside = (value) => Math.max(margin, Math.min(1 - margin, value));
    Object.assign(this, { zoom, x: inside(x), y: inside(y) });
    this.emit("change");
  }
}

/** Where a picture of that size lies in a pane of that size: left, top and scale, in the pane's pixels. */
export function placement(view, pane, picture) {
  const scale = Math.min(pane.width / picture.width, pane.height / picture.height) * view.zoom;
  const place = (room, side, centre) => {
    const length = side * scale;
    if (length <= room) return (room - length) / 2;
    return Math.min(0, Math.max(room - length, room / 2 - centre * length));
  };
  return { scale, left: place(pane.width, picture.width, view.x), top: place(pane.height, picture.height, view.y) };
}

/** Wheel, drag and pinch on a canvas move the view. `sizeOf` tells the picture's size; `blocked` when another tool draws. */
export function listenToGestures(canvas, view, sizeOf, blocked) {
  const pointers = new Map();
  const share = (x, y) => {
    const box = canvas.getBoundingClientRect();
    const size = sizeOf();
    const { scale, left, top } = placement(view, box, size);
    return [(x - box.left - left) / (scale * size.width), (y - box.top - top) / (scale * size.height), scale, size];
  };
  canvas.addEventListener("wheel", (event) => {
    if (!sizeOf()) return;
    event.preventDefault();
    const [x, y] = share(event.clientX, event.clientY);
    view.zoomBy(Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.002)), x, y);
  }, { passive: false });
  canvas.addEventListener("dblclick", (event) => {
    if (!sizeOf() || blocked()) return;
    const [x, y] = share(event.clientX, event.clientY);
    if (view.zoom > 1) view.fit();
    else view.zoomBy(3, x, y);
  });
  canvas.addEventListener("pointerdown", (event) => {
    if (blocked() || !sizeOf()) return;
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before || !sizeOf()) return;
    const now = [event.clientX, event.clientY];
    const others = [...pointers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    if (others.length) pinch(before, now, others[0]);
    else {
      const [, , scale, size] = share(...now);
      view.moveBy((before[0] - now[0]) / (scale * size.width), (before[1] - now[1]) / (scale * size.height));
    }
    pointers.set(event.pointerId, now);
  });
  const pinch = (before, now, other) => {
    const length = (point) => Math.hypot(point[0] - other[0], point[1] - other[1]);
    const [x, y] = share((now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
    view.zoomBy(length(now) / Math.max(1, length(before)), x, y);
  };
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (event) => pointers.delete(event.pointerId));
}
