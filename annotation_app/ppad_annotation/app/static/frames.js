// Pictures of an item: fetched and decoded ahead of their turn, nearest first.

const THUMB_HEIGHT = 112;
const AT_ONCE = 4;

export class Frames {
  #waiting = [];
  #running = 0;
  #stopped = false;

  /**
   * @param {string[]} urls of the key frames, in painting order
   * @param {string|null} reference URL of the reference picture
   */
  constructor(urls, reference) {
    this.urls = urls;
    this.images = urls.map(() => null);
    this.thumbs = urls.map(() => null);
    this.failed = new Set();
    this.onready = () => {};
    this.#promises = [...urls, reference].map(() => null);
    this.reference = null;
    this.#sources = [...urls, reference];
  }

  #promises;
  #sources;

  get count() {
    return this.urls.length;
  }

  /** Begin to load all: the first frame and the reference, then the rest in order. */
  loadAll() {
    const last = this.#sources.length - 1;
    for (const at of [0, last, ...this.urls.keys()]) this.#want(at);
    return this;
  }

  /** The frame as a decoded picture; it jumps the queue. */
  frame(at) {
    return this.#want(at, true);
  }

  /** Stop what was not begun: another item is shown. */
  stop() {
    this.#stopped = true;
    this.#waiting = [];
  }

  #want(at, urgent = false) {
    if (!this.#sources[at]) return Promise.resolve(null);
    if (!this.#promises[at]) {
      this.#promises[at] = new Promise((done) => {
        this.#waiting[urgent ? "unshift" : "push"](() => this.#load(at).then(done));
      });
      this.#run();
    }
    return this.#promises[at];
  }

  #run() {
    while (!this.#stopped && this.#running < AT_ONCE && this.#waiting.length) {
      this.#running += 1;
      this.#waiting.shift()().finally(() => {
        this.#running -= 1;
        this.#run();
      });
    }
  }

  async #load(at) {
    const image = new Image();
    image.src = this.#sources[at];
    try {
      await image.decode();
    } catch {
      this.failed.add(at);
      this.#promises[at] = null; // a later wish tries again
      this.onready(at);
      return null;
    }
    this.failed.delete(at);
    if (at === this.count) {
      this.reference = image;
    } else {
      this.images[at] = image;
      this.thumbs[at] = await thumbnail(image);
    }
    this.onready(at);
    return image;
  }
}

async function thumbnail(image) {
  const height = Math.min(THUMB_HEIGHT, image.naturalHeight);
  const width = Math.max(1, Math.round((height * image.naturalWidth) / image.naturalHeight));
  return createImageBitmap(image, { resizeWidth: width, resizeHeight: height, resizeQuality: "medium" });
}
