// The page without a painting: a break, or the end of the work.

import { byId, el } from "./dom.js";
import { t } from "./texts.js";

function fill(title, lines, action, act) {
  const rest = byId("rest");
  byId("work").hidden = true;
  rest.hidden = false;
  rest.replaceChildren(el("h2", {}, title), ...lines.map((line) => el("p", {}, line)),
    el("button", { type: "button", class: "main", onclick: act }, action));
  rest.focus();
  byId("ppad").dataset.ready = "yes";
}

export function showBreak(onback) {
  fill(t("rest.title"), [t("rest.lead"), t("rest.eyes")], t("rest.back"), () => {
    byId("rest").hidden = true;
    byId("work").hidden = false;
    onback();
    byId("frame").focus();
  });
}

export function showDone({ reason, progress }, look) {
  fill(t("done.title"), [t("done.count", { n: progress.done }), t(`done.${reason}`)], t("done.look"), look);
}
