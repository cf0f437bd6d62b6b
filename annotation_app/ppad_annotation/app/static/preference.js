// Preference mode: two assessments of one painting; which fits better, or both alike.

import { byId, el } from "./dom.js";
import { Emitter } from "./emitter.js";
import { key } from "./form.js";
import { t } from "./texts.js";

const CHOICES = ["left", "both", "right"];

export class Preference extends Emitter {
  locked = true;
  draft = null;

  constructor(attributes) {
    super();
    this.attributes = attributes;
  }

  open(draft, sides, { locked }) {
    Object.assign(this, { draft, sides, locked });
    this.show();
  }

  unlock() {
    this.locked = false;
    this.show();
  }

  showLock(text) {
    this.lockText = text;
    const place = byId("lock");
    if (place) place.textContent = text;
  }

  get ready() {
    return !this.locked && this.draft.choice !== null;
  }

  choose(choice) {
    if (this.locked) {
      this.emit("locked");
      return;
    }
    this.draft.choice = choice;
    this.draft.changed();
    this.show();
    this.emit("answered", { name: t("preference.title"), score: t(`preference.${choice}`) });
  }

  digit(digit) {
    if (digit >= 1 && digit <= 3) this.choose(CHOICES[digit - 1]);
  }

  submit() {
    if (this.ready) this.emit("submit");
    else this.emit(this.locked ? "locked" : "incomplete", 1);
  }

  show() {
    const focused = document.activeElement?.dataset?.choice;
    byId("sides").replaceChildren(this.#side(this.sides[0], t("preference.left")), this.#side(this.sides[1], t("preference.right")));
    byId("choices").replaceChildren(this.locked ? el("p", { id: "lock" }, this.lockText ?? "") : this.#choices());
    byId("submit").setAttribute("aria-disabled", String(!this.ready));
    byId("submit-text").textContent = t("form.submit");
    if (focused) byId("choices").querySelector(`[data-choice="${focused}"]`)?.focus();
  }

  #choices() {
    return el("div", { class: "choices", role: "group", "aria-labelledby": "comparison-title" }, CHOICES.map((choice, at) => el("button", {
      type: "button", "aria-pressed": String(this.draft.choice === choice), data: { choice }, onclick: () => this.choose(choice),
    }, t(`preference.choose_${choice}`), key(String(at + 1)))));
  }

  #side({ scores, critique }, title) {
    const rows = this.attributes.filter(({ id }) => typeof scores[id] === "number").map(({ id, name, scale }) =>
      el("li", {}, el("span", { class: "name" }, name),
        el("span", { class: "line", "aria-hidden": "true" }, el("i", { style: `left: ${((scores[id] - scale.low) / (scale.high - scale.low)) * 100}%` })),
        el("span", { class: "said" }, String(Math.round(scores[id] * 10) / 10))));
    return el("section", { class: "side", "aria-label": title }, el("h2", {}, title), rows.length > 0 && el("ul", { class: "profile" }, rows), critique && el("p", { class: "words" }, critique));
  }
}
