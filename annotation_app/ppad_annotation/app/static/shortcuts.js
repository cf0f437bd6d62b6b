// The table of shortcuts: help overlay and keyboard read the same lines.

import { byId } from "./dom.js";

const PAN = 0.08;

export function shortcuts(work, viewer, help) {
  const { player, view } = viewer;
  const line = (group, name, keys, shown, act, when) => ({ group, help: `help.${name}`, keys, shown, act, when });
  const rating = () => Boolean(work.form.attributes && !work.item?.sides);
  const step = (by) => player.step(by);
  return [
    line("play", "play", [" "], ["Space"], () => player.toggle()),
    line("play", "step", ["ArrowLeft", "ArrowRight"], ["←", "→"], (event) => step(event.key === "ArrowLeft" ? -1 : 1)),
    line("play", "ends", ["Home", "End"], ["Home", "End"], (event) => step(event.key === "Home" ? -Infinity : Infinity)),
    line("play", "speed", [",", "."], [",", "."], (event) => player.setSpeed(player.speed + (event.key === "," ? -1 : 1))),
    line("look", "zoom", ["+", "=", "-"], ["+", "−"], (event) => (event.key === "-" ? view.farther() : view.closer())),
    line("look", "fit", ["f"], ["F"], () => view.fit()),
    line("look", "pan", ["Shift+ArrowLeft", "Shift+ArrowRight", "Shift+ArrowUp", "Shift+ArrowDown"], ["⇧ ← → ↑ ↓"], (event) => pan(event.key)),
    line("look", "reference", ["r"], ["R"], () => viewer.toggleReference()),
    line("look", "onion", ["o"], ["O"], () => viewer.cycleOnion()),
    line("look", "strength", ["[", "]"], ["[", "]"], (event) => viewer.strengthen(event.key === "[" ? -0.1 : 0.1)),
    line("look", "difference", ["d"], ["D"], () => viewer.cycleDifference()),
    line("look", "formula", ["m"], ["M"], () => viewer.switchFormula()),
    line("look", "surround", ["b"], ["B"], () => viewer.nextSurround()),
    line("rate", "score", [..."0123456789"], ["1 … 9", "0"], (event) => work.form.digit(Number(event.key))),
    line("rate", "question", ["ArrowUp", "ArrowDown"], ["↑", "↓"], (event) => work.form.activate(work.form.active + (event.key === "ArrowUp" ? -1 : 1)), rating),
    line("rate", "cannot", ["x"], ["X"], () => work.form.answer("cannot"), rating),
    line("rate", "clear", ["Backspace", "Delete"], ["⌫"], () => work.form.answer(null), rating),
    line("rate", "examples", ["e"], ["E"], () => work.form.toggleExamples(), rating),
    line("rate", "pin", ["p"], ["P"], () => work.pin(), rating),
    line("rate", "critique", ["c"], ["C"], () => byId("critique").focus(), rating),
    line("rate", "submit", ["Ctrl+Enter"], ["Ctrl ↵"], () => work.item && work.form.submit()),
    line("work", "undo", ["u"], ["U"], () => work.undo()),
    line("work", "history", ["h"], ["H"], () => work.history()),
    line("work", "skip", ["k"], ["K"], () => work.skip()),
    line("work", "flag", ["g"], ["G"], () => work.flag()),
    line("work", "pause_work", ["z"], ["Z"], () => work.rest()),
    line("work", "help", ["?"], ["?"], help),
    line("work", "leave", ["Escape"], ["Esc"], () => work.notice()),
  ];

  function pan(key) {
    const by = PAN / view.zoom;
    view.moveBy({ ArrowLeft: -by, ArrowRight: by }[key] ?? 0, { ArrowUp: -by, ArrowDown: by }[key] ?? 0);
  }
}
