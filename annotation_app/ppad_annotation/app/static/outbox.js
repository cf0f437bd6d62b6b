// Submissions on their way: kept in this browser until the server has committed them, sent in order, each under one id.

import { Emitter } from "./emitter.js";
import { post } from "./net.js";

const [FIRST_WAIT_MS, LONGEST_WAIT_MS] = [500, 15000];

export class Outbox extends Emitter {
  #sending = false;
  #timer = 0;
  #wait = FIRST_WAIT_MS;

  /** @param {string} rater whose submissions these are: another rater in this browser never sends them */
  constructor(rater) {
    super();
    this.key = `ppad-outbox-${rater}`;
    addEventListener("online", () => this.send());
  }

  get waiting() {
    try {
      return JSON.parse(localStorage.getItem(this.key)) ?? [];
    } catch {
      return [];
    }
  }

  /** Keep a submission, send it, and resolve with the server's answer once it is committed. */
  add(path, body) {
    this.#keep([...this.waiting, { path, body }]);
    const answer = new Promise((done, failed) => {
      this.on(`done-${body.event_id}`, done);
      this.on(`failed-${body.event_id}`, failed);
    });
    this.send();
    return answer;
  }

  /** Whether everything is committed, after so many milliseconds at most. */
  async settled(patience) {
    const end = performance.now() + patience;
    while (this.waiting.length && performance.now() < end) await new Promise((done) => { setTimeout(done, 50); });
    return this.waiting.length === 0;
  }

  async send() {
    if (this.#sending) return;
    this.#sending = true;
    clearTimeout(this.#timer);
    try {
      while (this.waiting.length) await this.#first();
      this.emit("state", "saved");
    } catch (failure) {
      this.emit("state", failure.kind);
      if (failure.kind === "offline") this.#later();
    } finally {
      this.#sending = false;
    }
  }

  async #first() {
    const [{ path, body }] = this.waiting;
    this.emit("state", "saving");
    try {
      const answer = await post(path, body);
      this.#drop(body.event_id);
      this.emit(`done-${body.event_id}`, answer);
    } catch (failure) {
      if (failure.kind !== "refused") throw failure;
      this.#drop(body.event_id);
      this.emit(`failed-${body.event_id}`, failure);
      this.emit("refused", { failure, body });
    }
    this.#wait = FIRST_WAIT_MS;
  }

  #later() {
    this.#timer = setTimeout(() => this.send(), this.#wait);
    this.#wait = Math.min(LONGEST_WAIT_MS, this.#wait * 2);
  }

  #drop(eventId) {
    this.#keep(this.waiting.filter(({ body }) => body.event_id !== eventId));
  }

  #keep(entries) {
    if (entries.length) localStorage.setItem(this.key, JSON.stringify(entries));
    else localStorage.removeItem(this.key);
    this.emit("count", entries.length);
  }
}
