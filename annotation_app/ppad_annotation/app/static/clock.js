// Time spent at an item: only while the page is visible and somebody has moved within the last half minute.

const TICK_MS = 1000;
const IDLE_AFTER_MS = 30000;

export class Clock {
  #last = performance.now();
  #moved = performance.now();

  constructor(onTick) {
    for (const sign of ["pointermove", "pointerdown", "keydown", "wheel"]) {
      addEventListener(sign, () => { this.#moved = performance.now(); }, { passive: true, capture: true });
    }
    setInterval(() => {
      const now = performance.now();
      const passed = Math.min(now - this.#last, 2 * TICK_MS); // a sleeping computer does not work
      this.#last = now;
      if (!document.hidden && now - this.#moved < IDLE_AFTER_MS) onTick(passed);
    }, TICK_MS);
  }
}
