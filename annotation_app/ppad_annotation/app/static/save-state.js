// Says whether what was entered is safe. "Saved" means committed by the server, and nothing else does.

import { announce } from "./dom.js";
import { t } from "./texts.js";

export class SaveState {
  #draft = "saved";
  #outbox = "saved";

  constructor(place, outbox) {
    this.place = place;
    this.outbox = outbox;
    outbox.on("state", (state) => {
      this.#outbox = state;
      this.#show();
    });
    outbox.on("count", () => this.#show());
  }

  watch(draft) {
    this.#draft = "saved";
    draft.on("change", () => this.#note("saving"));
    draft.on("state", (state) => this.#note(state === "draft" ? "saved" : state));
  }

  #note(state) {
    this.#draft = state;
    this.#show();
  }

  #show() {
    const waiting = this.outbox.waiting.length;
    const states = [this.#draft, waiting ? (this.#outbox === "saved" ? "saving" : this.#outbox) : "saved"];
    const worst = ["expired", "refused", "offline", "saving", "saved"].find((state) => states.includes(state));
    const text = worst === "offline" && waiting ? t("state.waiting", { n: waiting }) : t(`state.${worst}`);
    if (this.place.textContent === text) return;
    this.place.dataset.state = worst;
    this.place.textContent = text;
    if (worst !== "saving") announce(text);
  }
}
