// After a rating: what the critic says of the item, beside one's own scores. The server gives it to nobody before.

import { ask } from "./dialogs.js";
import { el } from "./dom.js";
import { post } from "./net.js";
import { number, t } from "./texts.js";

/** Resolves when the dialog is closed; a refusal of the server is shown in its place. */
export async function showCritic(rating, attributes) {
  const said = await post("/api/critic", { assignment_id: rating.assignment_id }).catch((failure) => failure);
  if (!said.scores) return ask(t("critic.title"), () => [el("p", { role: "alert" }, [said.message, said.fix].filter(Boolean).join(" "))]);
  return ask(t("critic.title"), () => [
    el("p", {}, t("critic.lead")),
    el("table", { class: "feedback critic" },
      el("thead", {}, el("tr", {}, ["feedback.attribute", "feedback.yours", "critic.scores", "critic.words"].map((name) => el("th", { scope: "col" }, t(name))))),
      el("tbody", {}, attributes.map(({ id, name }) => el("tr", {},
        el("th", { scope: "row" }, name),
        el("td", {}, shown(rating.scores[id])),
        el("td", {}, shown(said.scores[id], 1)),
        el("td", { class: "words" }, said.words[id] ?? ""))))),
    said.remarks && el("blockquote", { class: "words" }, said.remarks),
  ], { wide: true });
}

const shown = (score, digits = 0) => (typeof score === "number" ? number(score, digits) : "–");
