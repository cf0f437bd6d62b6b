// Which key frame is shown, and when the next one is; which were seen.

import { Emitter } from "./emitter.js";

export const SPEEDS = [0.5, 1, 2, 4, 8];
const SEEN_AFTER_MS = 100; // a frame that only flew by was not looked at

export class Player extends Emitter {
  frames = null;
  at = 0;
  speed = 3; // index: 4 frames a second
  playing = false;
  seen = new Set();
  #timer = 0;
  #seenTimer = 0;

  open(frames, seen) {
    this.pause();
    clearTimeout(this.#seenTimer);
    this.frames = frames;
    this.seen = new Set(seen);
    this.at = 0;
    this.emit("frame", 0);
    this.#watch();
  }

  get count() {
    return this.frames?.count ?? 0;
  }

  get passed() {
    return this.count > 0 && this.seen.size >= this.count;
  }

  go(to) {
    const at = Math.max(0, Math.min(this.count - 1, to));
    if (at === this.at) return;
    this.at = at;
    this.emit("frame", at);
    this.#watch();
  }

  step(by) {
    this.pause();
    this.go(this.at + by);
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  play() {
    if (!this.count) return;
    if (this.at === this.count - 1 && this.passed) this.go(0);
    this.playing = true;
    this.emit("playing", true);
    this.#schedule();
  }

  pause() {
    clearTimeout(this.#timer);
    if (!this.playing) return;
    this.playing = false;
    this.emit("playing", false);
  }

  setSpeed(index) {
    this.speed = Math.max(0, Math.min(SPEEDS.length - 1, index));
    this.emit("speed", SPEEDS[this.speed]);
    if (this.playing) this.#schedule();
  }

  #schedule() {
    clearTimeout(this.#timer);
    const next = this.at + 1;
    const ready = next < this.count ? this.frames.frame(next) : null; // decoded while this one is looked at
    const frames = this.frames;
    this.#timer = setTimeout(async () => {
      await ready;
      if (!this.playing || this.frames !== frames) return;
      if (next >= this.count) {
        this.pause();
        return;
      }
      this.go(next);
      this.#schedule();
    }, 1000 / SPEEDS[this.speed]);
  }

  /** Count a frame as seen when its picture was on the visible screen long enough. */
  #watch() {
    clearTimeout(this.#seenTimer);
    const { at, frames } = this;
    frames.frame(at).then((image) => {
      if (!image || this.frames !== frames || this.at !== at) return;
      this.emit("shown", at);
      this.#seenTimer = setTimeout(() => this.#saw(at), SEEN_AFTER_MS);
    });
  }

  #saw(at) {
    if (document.hidden) {
      document.addEventListener("visibilitychange", () => this.#watch(), { once: true });
      return;
    }
    if (this.seen.has(at)) return;
    this.seen.add(at);
    this.emit("seen", at);
    if (this.passed) this.emit("passed");
  }
}
