// What the rater has rated: looked at again, revised.

import { ask } from "./dialogs.js";
import { el } from "./dom.js";
import { get } from "./net.js";
import { moment, t } from "./texts.js";

const PAGE = 20;

/** Resolves with the assignment to open, with {critic: rating} to read the critic on one, or with null. */
export async function chooseFromHistory(attributes, critic = false) {
  let answer = await get(`/api/history?limit=${PAGE}&offset=0`);
  return ask(t("history.title"), (close) => {
    const list = el("ol", { class: "history" });
    const more = el("button", { type: "button", onclick: () => addMore() }, t("history.more"));
    const add = () => {
      list.append(...answer.ratings.map((rating) => line(rating, attributes, close, critic)));
      more.hidden = !answer.more;
    };
    const addMore = async () => {
      answer = await get(`/api/history?limit=${PAGE}&offset=${list.children.length}`);
      add();
    };
    add();
    if (!list.children.length) return [el("p", {}, t("history.empty"))];
    return [el("p", {}, t("history.lead")), list, el("footer", {}, more)];
  }, { wide: true });
}

function line(rating, attributes, close, critic) {
  const scores = rating.choice ? t(`preference.${rating.choice}`)
    : attributes.map(({ id }) => rating.scores[id] ?? "–").join(" · ");
  const facts = [moment(rating.at), rating.revision > 1 && t("history.revised", { times: rating.revision - 1 })];
  return el("li", {},
    el("img", { src: rating.picture, alt: "", loading: "lazy" }),
    el("div", {},
      el("p", { class: "facts" }, facts.filter(Boolean).join(" · ")),
      el("p", { class: "scores" }, scores),
      rating.critique && el("p", { class: "words" }, rating.critique)),
    critic && el("button", { type: "button", class: "critic", onclick: () => close({ critic: rating }) }, t("critic.open")),
    el("button", { type: "button", "aria-label": t("history.open_label", { at: moment(rating.at) }), onclick: () => close(rating.assignment_id) }, t("history.open")));
}
