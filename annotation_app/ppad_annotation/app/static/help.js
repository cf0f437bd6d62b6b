// The overlay that says what every key does; it is made from the table of shortcuts itself.

import { ask } from "./dialogs.js";
import { el } from "./dom.js";
import { letters } from "./keys.js";
import { t } from "./texts.js";

export function showHelp(keys, guide) {
  return ask(t("help.title"), (close) => [
    el("p", {}, t(guide)),
    el("div", { class: "key-groups" }, [...keys.groups()].map(([group, entries]) => el("section", {},
      el("h3", {}, t(`help.group_${group}`)),
      el("dl", {}, entries.map(({ shown, help }) => el("div", {}, el("dt", {}, shown.map((name) => el("kbd", {}, name))), el("dd", {}, t(help)))))))),
    el("label", { class: "switch" },
      el("input", { type: "checkbox", checked: letters.on, onchange: (event) => { letters.on = event.target.checked; } }), t("help.letters")),
    el("footer", {}, el("button", { type: "button", class: "main", autofocus: true, onclick: () => close() }, t("dialog.back"))),
  ], { wide: true });
}
