// The scale of one attribute: buttons for short scales, a field and a slider for long ones. Nothing is chosen beforehand.

import { el } from "./dom.js";
import { t } from "./texts.js";

const BUTTONS_UP_TO = 12;
const DOUBLE_CLICK_MS = 350; // the second click of a double click must not answer the next question

export function usesButtons(scale) {
  return scale.high - scale.low < BUTTONS_UP_TO;
}

/** @param {(score: number) => void} choose */
export function scaleOf(attribute, score, choose) {
  return usesButtons(attribute.scale) ? buttons(attribute, score, choose) : fieldAndSlider(attribute, score, choose);
}

let lastClick = 0;
function unlessDoubled(act) {
  return (event) => {
    const keyboard = event.detail === 0;
    const hasty = !keyboard && event.timeStamp - lastClick < DOUBLE_CLICK_MS && event.detail > 1;
    lastClick = event.timeStamp;
    if (!hasty) act();
  };
}

/** A group of radio buttons: one stop for Tab, arrows move the focus, and only Space, Enter, a click or a digit chooses. */
function buttons({ scale, name }, score, choose) {
  const values = Array.from({ length: scale.high - scale.low + 1 }, (_, at) => scale.low + at);
  const entry = values.includes(score) ? score : values[0];
  const group = el("div", { class: "scale", role: "radiogroup", "aria-label": t("form.scale_label", { name, low: scale.low, high: scale.high }) },
    values.map((value) => el("button", {
      type: "button", role: "radio", class: "score", tabindex: value === entry ? "0" : "-1", data: { value },
      "aria-checked": String(value === score), onclick: unlessDoubled(() => choose(value)),
    }, String(value))));
  group.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const at = [...group.children].indexOf(document.activeElement);
    group.children[Math.max(0, Math.min(values.length - 1, at + by))].focus();
  });
  return group;
}

function fieldAndSlider({ scale, name, id }, score, choose) {
  const set = typeof score === "number";
  const field = el("input", {
    type: "text", inputmode: "numeric", class: "number", maxlength: 3, autocomplete: "off", id: `number-${id}`,
    "aria-label": t("form.number_label", { name, low: scale.low, high: scale.high }), placeholder: "–",
  });
  field.value = set ? String(score) : "";
  const slider = el("input", {
    type: "range", min: scale.low, max: scale.high, step: 1, class: set ? "slider" : "slider unset",
    "aria-label": t("form.slider_label", { name }), "aria-valuetext": set ? String(score) : t("form.not_set"),
  });
  slider.value = String(set ? score : Math.round((scale.low + scale.high) / 2));
  const take = (text) => {
    const value = Number(text);
    const valid = /^\d{1,3}$/.test(text) && value >= scale.low && value <= scale.high;
    field.toggleAttribute("aria-invalid", text !== "" && !valid);
    if (valid || text === "") show(valid ? value : null);
  };
  const show = (value) => {
    slider.classList.toggle("unset", value === null);
    slider.setAttribute("aria-valuetext", value === null ? t("form.not_set") : String(value));
    if (value !== null) slider.value = String(value);
    choose(value);
  };
  field.addEventListener("input", () => take(field.value.trim()));
  slider.addEventListener("input", () => {
    field.value = slider.value;
    show(Number(slider.value));
  });
  return el("div", { class: "long-scale" }, field, el("span", { class: "of" }, t("form.of", { high: scale.high })), slider);
}
