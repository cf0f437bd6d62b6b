// Every shortcut of the page in one table: what it listens to, and what the help says of it.

import { inText } from "./dom.js";

const OFF = "ppad-letters-off";

/** Shortcuts of single characters can be switched off, for people whose voice or hands press keys unmeant. */
export const letters = {
  get on() {
    return localStorage.getItem(OFF) === null;
  },
  set on(on) {
    if (on) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "yes");
  },
};

export class Keys {
  #table = [];

  /** @param {{keys: string[], shown: string[], help: string, group: string, act: (event: KeyboardEvent) => void, when?: () => boolean}[]} table */
  constructor(table, first) {
    this.#table = table;
    addEventListener("keydown", (event) => {
      if (event.isComposing || document.querySelector("dialog[open]")) return;
      if (first(event)) {
        event.preventDefault();
        return;
      }
      this.#press(event);
    });
  }

  groups() {
    return Map.groupBy(this.#table, ({ group }) => group);
  }

  #press(event) {
    const name = named(event);
    const entry = this.#table.find(({ keys, when }) => keys.includes(name) && (when?.() ?? true));
    if (!entry) return;
    const typed = event.key.length === 1 && !event.ctrlKey && !event.metaKey;
    if (typed && !letters.on && event.key !== " ") return;
    if (inText(event.target) && !name.startsWith("Ctrl+")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const onControl = event.target.closest?.("button, a, summary, input");
    if (onControl && (event.key === " " || event.key === "Enter") && !event.ctrlKey) return; // it presses the control
    if (event.target.type === "range" && event.key.startsWith("Arrow")) return;
    event.preventDefault();
    entry.act(event);
  }
}

/** "Ctrl+Enter", "Shift+ArrowLeft", "a", "?": letters without their case, Command counts as Ctrl. */
function named(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const control = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
  if (event.altKey) return `Alt+${key}`;
  const shift = event.shiftKey && key.length > 1 ? "Shift+" : "";
  return `${control}${shift}${key}`;
}
