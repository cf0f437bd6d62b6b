// After a calibration item: one's own scores beside those of the experts.

import { ask } from "./dialogs.js";
import { el } from "./dom.js";
import { number, t } from "./texts.js";

export function showFeedback({ scores, comment }, { scores: own, cannot_judge: cannot }, attributes) {
  const rated = attributes.filter(({ id }) => typeof scores[id] === "number");
  return ask(t("feedback.title"), (close) => [
    el("p", {}, t("feedback.lead")),
    el("table", { class: "feedback" },
      el("thead", {}, el("tr", {}, ["feedback.attribute", "feedback.both", "feedback.yours", "feedback.experts", "feedback.apart"].map((name) => el("th", { scope: "col" }, t(name))))),
      el("tbody", {}, rated.map((attribute) => row(attribute, cannot.includes(attribute.id) ? null : own[attribute.id], scores[attribute.id])))),
    comment && el("blockquote", { class: "words" }, comment),
    el("footer", {}, el("button", { type: "button", class: "main", autofocus: true, onclick: () => close() }, t("feedback.next"))),
  ], { wide: true });
}

function row({ name, scale }, yours, theirs) {
  const place = (score) => `left: ${((score - scale.low) / (scale.high - scale.low)) * 100}%`;
  const rated = typeof yours === "number";
  const apart = rated ? yours - theirs : null;
  const sign = apart !== null && apart > 0 ? "+" : "";
  return el("tr", {},
    el("th", { scope: "row" }, name),
    el("td", {}, el("span", { class: "line", "aria-hidden": "true" }, el("i", { class: "theirs", style: place(theirs) }), rated && el("i", { style: place(yours) }))),
    el("td", {}, rated ? number(yours) : t("form.cannot_short")),
    el("td", {}, number(theirs, 1)),
    el("td", {}, apart === null ? "–" : `${sign}${number(apart, 1)}`));
}
