// One dialog for everything that interrupts: help, history, skip and flag, feedback, logging in again.

import { byId, el } from "./dom.js";
import { t } from "./texts.js";

/**
 * Show a dialog; resolves with what `close` was called with, or null when it was left by Escape or ×.
 * @param {string} title
 * @param {(close: (result: unknown) => void) => (Node|string|false|null)[]} body builds what stands below the title
 * @param {{wide?: boolean, firm?: boolean}} options firm: it cannot be left without an answer
 */
export function ask(title, body, { wide = false, firm = false } = {}) {
  const dialog = byId("dialog");
  if (dialog.open) dialog.close();
  return new Promise((done) => {
    let result = null;
    const close = (given) => {
      result = given ?? null;
      dialog.close();
    };
    dialog.className = wide ? "wide" : "";
    dialog.replaceChildren(...[
      el("header", {}, el("h2", { id: "dialog-title" }, title),
        !firm && el("button", { type: "button", class: "quiet", "aria-label": t("dialog.close"), onclick: () => close(null) }, "×")),
      ...body(close),
    ].filter(Boolean));
    dialog.oncancel = (event) => {
      if (firm) event.preventDefault();
    };
    dialog.onclick = (event) => {
      if (event.target === dialog && !firm) close(null);
    };
    dialog.onclose = () => done(result);
    dialog.showModal();
    dialog.querySelector("[autofocus]")?.focus();
  });
}

/** A reason out of a list, and words where they are needed. */
export function askReason(title, lead, reasons, action) {
  return ask(title, (close) => {
    const words = el("textarea", { rows: 3, maxlength: 1000, id: "reason-words" });
    const wrong = el("p", { class: "wrong", role: "alert" });
    const choices = reasons.map((reason, at) => el("label", {}, el("input", { type: "radio", name: "reason", value: reason, autofocus: at === 0 }), t(`reason.${reason}`)));
    const form = el("form", { onsubmit: (event) => {
      event.preventDefault();
      const reason = new FormData(form).get("reason");
      const text = words.value.trim();
      if (!reason) wrong.textContent = t("reason.choose");
      else if (reason === "other" && !text) {
        wrong.textContent = t("reason.say");
        words.focus();
      } else close({ reason, text });
    } },
      el("p", {}, lead),
      el("fieldset", {}, el("legend", { class: "unseen" }, title), choices),
      el("label", { for: "reason-words" }, t("reason.words")), words, wrong,
      el("footer", {}, el("button", { type: "button", onclick: () => close(null) }, t("dialog.cancel")), el("button", { type: "submit", class: "main" }, action)));
    return [form];
  });
}
