// The words of the page, in the rater's language.

let messages = {};
let language = "en";
let plurals = new Intl.PluralRules("en");

export function useTexts(given, code) {
  messages = given;
  language = code;
  plurals = new Intl.PluralRules(code);
}

/** The message of that key; `values` fill its {places}; a number `n` chooses between key.one and key.other. */
export function t(key, values = {}) {
  const form = "n" in values ? `${key}.${plurals.select(values.n) === "one" ? "one" : "other"}` : key;
  const text = messages[form] ?? messages[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? shown(values[name]) : whole));
}

const shown = (value) => (typeof value === "number" ? number(value) : value);

export function number(value, digits = 0) {
  return new Intl.NumberFormat(language, { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value);
}

/** A duration as people say it: "3 h 20 min", "12 min", "under a minute". */
export function duration(seconds) {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return t("time.under_a_minute");
  if (minutes < 60) return t("time.minutes", { minutes });
  const hours = Math.floor(minutes / 60);
  return hours >= 20 ? t("time.hours", { hours: Math.round(minutes / 60) }) : t("time.hours_minutes", { hours, minutes: minutes % 60 });
}

export function moment(iso) {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));
}

/** Fill every element that names its message. */
export function translate(root) {
  for (const place of root.querySelectorAll("[data-text]")) place.textContent = t(place.dataset.text);
  for (const place of root.querySelectorAll("[data-label]")) place.setAttribute("aria-label", t(place.dataset.label));
}
