// The key frames side by side; the one shown is marked, those not yet seen are told apart.

import { el } from "./dom.js";
import { t } from "./texts.js";

export class Filmstrip {
  #cells = [];

  constructor(root, player) {
    this.root = root;
    this.player = player;
    root.addEventListener("pointerdown", (event) => event.pointerType === "mouse" && this.#scrub(event)); // a finger scrolls
    root.addEventListener("pointermove", (event) => event.buttons && event.pointerType === "mouse" && this.#scrub(event));
    root.addEventListener("click", (event) => this.#scrub(event));
    player.on("frame", () => this.#mark());
    player.on("seen", (at) => this.#cells[at]?.classList.add("seen"));
  }

  open(frames) {
    this.#cells = frames.urls.map((_, at) =>
      el("div", { class: this.player.seen.has(at) ? "seen" : "", data: { at } }, el("canvas", { width: 1, height: 1 }), el("span", {}, String(at + 1))));
    this.root.replaceChildren(...this.#cells);
    frames.urls.forEach((_, at) => this.draw(frames, at));
    this.#mark();
  }

  draw(frames, at) {
    const canvas = this.#cells[at]?.firstChild;
    const thumb = frames.thumbs[at];
    if (!canvas || !thumb) return;
    Object.assign(canvas, { width: thumb.width, height: thumb.height });
    canvas.getContext("2d").drawImage(thumb, 0, 0);
  }

  #scrub(event) {
    const cell = event.target.closest("[data-at]");
    if (!cell) return;
    this.player.pause();
    this.player.go(Number(cell.dataset.at));
  }

  #mark() {
    const { at, count } = this.player;
    this.#cells.forEach((cell, place) => cell.classList.toggle("current", place === at));
    const cell = this.#cells[at];
    if (!cell) return;
    const room = this.root.clientWidth;
    const middle = cell.offsetLeft - this.root.offsetLeft + cell.offsetWidth / 2;
    this.root.scrollTo({ left: middle - room / 2, behavior: "instant" });
    this.root.setAttribute("aria-valuenow", at + 1);
    this.root.setAttribute("aria-valuemax", count);
    this.root.setAttribute("aria-valuetext", t("player.frame_of", { at: at + 1, count }));
  }
}
