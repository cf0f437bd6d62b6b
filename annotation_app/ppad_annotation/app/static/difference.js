// Difference maps of pairs of pictures, computed by a worker and kept.

const LONG_SIDE = 560;

export class Differences {
  #worker = new Worker(new URL("difference-worker.js", import.meta.url), { type: "module" });
  #waiting = new Map();
  #made = new Map();
  #next = 0;

  constructor() {
    this.#worker.onmessage = ({ data }) => {
      const { done, width, height } = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      const picture = new OffscreenCanvas(width, height);
      picture.getContext("2d").putImageData(new ImageData(data.map, width, height), 0, 0);
      done({ picture, mean: data.mean, visible: data.visible });
    };
  }

  /** The map of two decoded pictures; `key` names the pair. */
  between(key, first, second, formula) {
    const name = `${key}|${formula}`;
    if (!this.#made.has(name)) this.#made.set(name, this.#compute(first, second, formula));
    return this.#made.get(name);
  }

  forget() {
    this.#made.clear();
  }

  #compute(first, second, formula) {
    const scale = Math.min(1, LONG_SIDE / Math.max(first.naturalWidth, first.naturalHeight));
    const [width, height] = [first.naturalWidth, first.naturalHeight].map((side) => Math.max(1, Math.round(side * scale)));
    const pixels = (picture) => {
      const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
      context.imageSmoothingQuality = "high";
      context.drawImage(picture, 0, 0, width, height);
      return context.getImageData(0, 0, width, height).data;
    };
    const id = (this.#next += 1);
    return new Promise((done) => {
      this.#waiting.set(id, { done, width, height });
      this.#worker.postMessage({ id, first: pixels(first), second: pixels(second), formula });
    });
  }
}
