// What a rater has entered for one item so far: in memory, in this browser, and in the database.

import { Emitter } from "./emitter.js";
import { post } from "./net.js";

const REST_MS = 600; // written after this long without a change

const EMPTY = { scores: {}, cannot_judge: [], critique: "", pins: [], seen: [], full_pass: false, choice: null, active_ms: 0, saved: 0 };

export class Draft extends Emitter {
  #timer = 0;
  #dirty = false;

  constructor(rater, assignment, stored) {
    super();
    this.assignment = assignment;
    this.key = keyOf(rater, assignment);
    const newest = [stored, kept(this.key)].filter(Boolean).sort((a, b) => (b.saved ?? 0) - (a.saved ?? 0))[0];
    Object.assign(this, structuredClone({ ...EMPTY, ...newest }));
    const given = Object.entries(this.scores);
    this.cannot_judge = [...new Set([...this.cannot_judge, ...given.filter(([, score]) => score === null).map(([id]) => id)])];
    this.scores = Object.fromEntries(given.filter(([, score]) => score !== null));
  }

  get values() {
    const { scores, cannot_judge, critique, pins, seen, full_pass, choice, active_ms, saved } = this;
    return { scores, cannot_judge, critique, pins, seen, full_pass, choice, active_ms, saved };
  }

  /** Scores as they are submitted: each attribute has one, or none for a reason. */
  get answers() {
    const none = Object.fromEntries(this.cannot_judge.map((id) => [id, null]));
    return { scores: { ...this.scores, ...none }, cannot_judge: this.cannot_judge };
  }

  scoreOf(attribute) {
    return this.cannot_judge.includes(attribute) ? "cannot" : this.scores[attribute] ?? null;
  }

  /** @param {number|"cannot"|null} score */
  setScore(attribute, score) {
    this.cannot_judge = this.cannot_judge.filter((id) => id !== attribute);
    delete this.scores[attribute];
    if (score === "cannot") this.cannot_judge.push(attribute);
    else if (score !== null) this.scores[attribute] = score;
    this.changed();
  }

  /** Something was entered: keep it here at once, and in the database soon. */
  changed() {
    this.saved = Math.max(Date.now(), this.saved + 1); // what comes later counts as later, should the clock be set back
    this.#dirty = true;
    try {
      localStorage.setItem(this.key, JSON.stringify(this.values));
    } catch {
      // full or forbidden: the database still gets it
    }
    this.emit("change");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.save(), REST_MS);
  }

  /** Write to the database now; `leaving` lets the request outlive the page. */
  async save(leaving = false) {
    clearTimeout(this.#timer);
    if (!this.#dirty) return;
    this.#dirty = false;
    this.emit("state", "saving");
    try {
      await post("/api/draft", { assignment_id: this.assignment, draft: this.values }, leaving ? { keepalive: true } : {});
      this.emit("state", "draft");
    } catch (failure) {
      this.#dirty = failure.kind !== "refused";
      this.emit("state", failure.kind);
      if (failure.kind === "offline") this.#timer = setTimeout(() => this.save(), 5000);
    }
  }

  /** The rating was taken over: nothing of the draft stays behind. */
  close() {
    clearTimeout(this.#timer);
    this.#dirty = false;
    localStorage.removeItem(this.key);
    this.emit("state", "draft");
  }

  /** Another item is shown; what is not yet written is written. */
  leave() {
    return this.save();
  }
}

/** A submission that was refused becomes a draft again: nobody types it twice. */
export function keepForLater(rater, body) {
  localStorage.setItem(keyOf(rater, body.assignment_id), JSON.stringify({ ...EMPTY, ...body, saved: Date.now() }));
}

const keyOf = (rater, assignment) => `ppad-draft-${rater}-${assignment}`;

function kept(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}
