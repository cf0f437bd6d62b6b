// The assessment: one question at a time in a fixed place, all answers in view below it, the critique, the way on.

import { byId, el } from "./dom.js";
import { Emitter } from "./emitter.js";
import { scaleOf, usesButtons } from "./scale.js";
import { t } from "./texts.js";

export class Form extends Emitter {
  attributes = [];
  draft = null;
  active = 0;
  locked = true;
  examples = false;
  revising = false;

  constructor(attributes, critiqueMode) {
    super();
    this.attributes = attributes;
    this.critiqueMode = critiqueMode;
    this.critique = byId("critique");
    this.critique.addEventListener("input", () => {
      this.draft.critique = this.critique.value;
      this.draft.changed();
      this.#showReadiness();
    });
    byId("critique-box").hidden = critiqueMode === "off";
    byId("submit").addEventListener("click", () => this.submit());
  }

  open(draft, { locked, revising }) {
    Object.assign(this, { draft, locked, revising });
    this.critique.value = draft.critique;
    this.active = Math.max(0, this.attributes.findIndex(({ id }) => draft.scoreOf(id) === null));
    this.show();
  }

  unlock() {
    this.locked = false;
    this.show();
  }

  /** Why the form does not take answers yet; it stands where the scale will be, so that nothing moves when it opens. */
  showLock(text) {
    this.lockText = text;
    const place = byId("lock");
    if (place) place.textContent = text;
  }

  get attribute() {
    return this.attributes[this.active];
  }

  get unanswered() {
    return this.attributes.filter(({ id }) => this.draft.scoreOf(id) === null);
  }

  get ready() {
    return !this.locked && this.unanswered.length === 0 && !(this.critiqueMode === "required" && !this.draft.critique.trim());
  }

  activate(at) {
    this.active = (at + this.attributes.length) % this.attributes.length;
    this.show();
    this.emit("active", this.attribute);
  }

  /** Give the active attribute a score; the next question without an answer comes up. */
  answer(score) {
    if (this.locked) {
      this.emit("locked");
      return;
    }
    const { id, scale, name } = this.attribute;
    this.draft.setScore(id, score);
    this.emit("answered", { name, score });
    const stays = score === null || (typeof score === "number" && !usesButtons(scale));
    if (stays) {
      this.#showOverview();
      this.#showReadiness();
      return;
    }
    const after = [...this.attributes.keys()].map((step) => (this.active + 1 + step) % this.attributes.length);
    const next = after.find((at) => this.draft.scoreOf(this.attributes[at].id) === null);
    if (next === undefined) this.show();
    else this.activate(next);
  }

  /** A digit was pressed; a field takes it where the scale is longer than the keys. */
  digit(digit) {
    const { scale, id } = this.attribute;
    if (usesButtons(scale)) {
      const score = digit === 0 ? 10 : digit;
      if (score >= scale.low && score <= scale.high) this.answer(score);
      return;
    }
    const field = byId(`number-${id}`);
    if (this.locked) this.emit("locked");
    else {
      field.focus();
      field.value = String(digit);
      field.dispatchEvent(new Event("input"));
    }
  }

  submit() {
    if (this.ready) this.emit("submit");
    else if (this.locked) this.emit("locked");
    else if (this.unanswered.length) {
      this.activate(this.attributes.indexOf(this.unanswered[0]));
      this.emit("incomplete", this.unanswered.length);
    } else {
      this.critique.focus();
      this.emit("incomplete", 0);
    }
  }

  toggleExamples() {
    this.examples = !this.examples;
    this.show();
  }

  show() {
    // Who walks by Tab stays where they were; who clicks gives the arrow keys back to the frames.
    const focused = byId("question").querySelector(":focus-visible");
    const part = focused?.dataset.part;
    this.#showQuestion();
    this.#showOverview();
    this.#showReadiness();
    if (focused) byId("question").querySelector(part ? `[data-part="${part}"]` : '[role="radio"][tabindex="0"], input')?.focus();
  }

  #showQuestion() {
    const { id, name, question, low, high, scale, examples } = this.attribute;
    const score = this.draft.scoreOf(id);
    const pins = this.draft.pins.filter((pin) => pin.attribute === id);
    byId("question").replaceChildren(...[
      el("p", { class: "place" }, t("form.place", { at: this.active + 1, count: this.attributes.length })),
      el("h2", { id: "question-name" }, name),
      el("p", { class: "asks" }, question),
      this.locked ? el("p", { id: "lock" }, this.lockText ?? "") : scaleOf(this.attribute, score, (value) => this.answer(value)),
      el("div", { class: "anchors" }, anchor(scale.low, low), anchor(scale.high, high)),
      el("div", { class: "aids" },
        el("button", { type: "button", "aria-pressed": String(score === "cannot"), disabled: this.locked, onclick: () => this.answer(score === "cannot" ? null : "cannot"), data: { part: "cannot" } }, t("form.cannot_judge"), key("X")),
        el("button", { type: "button", disabled: this.locked, onclick: () => this.emit("pin", id), data: { part: "pin" } }, t("form.pin"), key("P")),
        examples.length > 0 && el("button", { type: "button", "aria-expanded": String(this.examples), onclick: () => this.toggleExamples(), data: { part: "examples" } }, t("form.examples"), key("E"))),
      this.examples && examples.length > 0 && el("ul", { class: "examples" }, examples.map((example) => el("li", {}, el("b", {}, String(example.score)), el("span", {}, example.text)))),
      pins.length > 0 && el("ul", { class: "pins" }, pins.map((pin, at) => this.#pinLine(pin, at))),
    ].filter(Boolean));
  }

  #pinLine(pin, at) {
    const name = t("form.pin_name", { number: at + 1, frame: pin.frame + 1 });
    return el("li", {},
      el("button", { type: "button", class: "quiet", onclick: () => this.emit("goto", pin.frame) }, name),
      el("button", { type: "button", class: "quiet", "aria-label": t("form.pin_remove", { name }), onclick: () => this.removePin(pin) }, "×"));
  }

  removePin(pin) {
    this.draft.pins = this.draft.pins.filter((other) => other !== pin);
    this.draft.changed();
    this.show();
    this.emit("pins");
  }

  #showOverview() {
    byId("overview").replaceChildren(...this.attributes.map((attribute, at) => {
      const score = this.draft.scoreOf(attribute.id);
      const pins = this.draft.pins.filter((pin) => pin.attribute === attribute.id).length;
      const said = score === null ? t("form.open") : score === "cannot" ? t("form.cannot_short") : String(score);
      return el("li", {}, el("button", {
        type: "button", class: score === null ? "" : "answered", "aria-current": at === this.active ? "true" : false, onclick: () => this.activate(at),
      }, el("span", { class: "name" }, attribute.name), pins > 0 && el("span", { class: "pinned" }, t("form.pins", { n: pins })), mark(attribute.scale, score), el("span", { class: "said" }, said)));
    }));
  }

  #showReadiness() {
    byId("submit").setAttribute("aria-disabled", String(!this.ready));
    byId("submit-text").textContent = t(this.revising ? "form.submit_revision" : "form.submit");
  }
}

function anchor(score, text) {
  return el("p", {}, el("b", {}, String(score)), " ", text);
}

/** The key that does the same, for eyes only. */
export function key(name) {
  return el("kbd", { "aria-hidden": "true" }, name);
}

/** Where on its scale a score lies, as a line with a mark. */
function mark(scale, score) {
  const line = el("span", { class: "line", "aria-hidden": "true" });
  if (typeof score === "number") line.append(el("i", { style: `left: ${((score - scale.low) / (scale.high - scale.low)) * 100}%` }));
  return line;
}
