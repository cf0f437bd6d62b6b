// The page without a painting: a break, or the end of the work.

import { byId, el } from "./dom.js";
import { t } from "./texts.js";

/** @param {[string, () => void][]} actions what the buttons say and do, the usual one first */
function fill(title, lines, actions) {
  const rest = byId("rest");
  byId("work").hidden = true;
  rest.hidden = false;
  rest.replaceChildren(el("h2", {}, title), ...lines.map((line) => el("p", {}, line)),
    el("div", { class: "ways" }, actions.map(([text, act], at) => el("button", { type: "button", class: at === 0 ? "main" : "", onclick: act }, text))));
  rest.focus();
  byId("ppad").dataset.ready = "yes";
}

export function showBreak(onback) {
  const back = () => {
    byId("rest").hidden = true;
    byId("work").hidden = false;
    onback();
    byId("stage").focus();
  };
  fill(t("rest.title"), [t("rest.lead"), t("rest.eyes")], [[t("rest.back"), back]]);
}

const AGAIN_MS = 5000;

/** The next item cannot be had now; it is asked for again and again. */
export function showWait(again) {
  fill(t("wait.title"), [t("state.offline")], [[t("stage.retry"), again]]);
  setTimeout(() => !byId("rest").hidden && again(), AGAIN_MS);
}

export function showDone({ reason, progress }, { look, history, leave }) {
  const ways = [[t("done.look"), look], [t("history.title"), history], [t("action.out"), leave]];
  fill(t("done.title"), [t("done.count", { n: progress.done }), t(`done.${reason}`)], ways);
}
