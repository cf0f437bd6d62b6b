// The session has ended while work is on the page: log in over it, and nothing is lost.

import { ask } from "./dialogs.js";
import { el } from "./dom.js";
import { t } from "./texts.js";

/** Resolves with the answer of the login, once it succeeded. */
export function logInAgain() {
  return ask(t("login.again_title"), (close) => {
    const login = el("input", { name: "login", autocomplete: "username", required: true, autofocus: true, id: "again-login" });
    const password = el("input", { name: "password", type: "password", autocomplete: "current-password", required: true, id: "again-password" });
    const wrong = el("p", { class: "wrong", role: "alert" });
    const send = async (event) => {
      event.preventDefault();
      const response = await fetch("/login", {
        method: "POST", credentials: "same-origin", headers: { Accept: "application/json" },
        body: new URLSearchParams({ login: login.value, password: password.value, form: await formToken() }),
      }).catch(() => null);
      const answer = await response?.json().catch(() => null);
      if (response?.ok) close(answer);
      else wrong.textContent = answer?.message ?? t("state.offline");
    };
    return [el("form", { onsubmit: send }, el("p", {}, t("login.again_lead")),
      el("label", { for: "again-login" }, t("login.name")), login,
      el("label", { for: "again-password" }, t("login.password")), password, wrong,
      el("footer", {}, el("button", { type: "submit", class: "main" }, t("login.enter"))))];
  }, { firm: true });
}

/** The token that the login form carries; its cookie comes with it. */
async function formToken() {
  const answer = await fetch("/login/token", { credentials: "same-origin", headers: { Accept: "application/json" } });
  return (await answer.json()).form;
}
