// Everything for looking: player, panes, filmstrip, tools and their buttons.

import { announce, byId, el } from "./dom.js";
import { Differences } from "./difference.js";
import { Emitter } from "./emitter.js";
import { Filmstrip } from "./filmstrip.js";
import { key } from "./form.js";
import { icon } from "./icons.js";
import { PinTool } from "./pins.js";
import { Player, SPEEDS } from "./player.js";
import { Stage } from "./stage.js";
import { number, t } from "./texts.js";
import { View } from "./view.js";

const SURROUNDS = ["light", "middle", "dark"];
const SURROUND = "ppad-surround";
const LEGEND_AT = [0, 10, 20, 30, 40, 50];

export class Viewer extends Emitter {
  player = new Player();
  view = new View();
  onion = "off";
  difference = "off";
  formula = "2000";
  referenceShown = true;
  pins = [];
  #differences = new Differences();

  constructor() {
    super();
    this.stage = new Stage(byId("frame"), byId("reference"), this.view, () => this.pinTool.active);
    this.pinTool = new PinTool(byId("frame"), this.stage, {
      onchange: () => this.#showBoxes(),
      onplace: (attribute, box) => this.emit("pin", { attribute, frame: this.player.at, box }),
    });
    this.film = new Filmstrip(byId("film"), this.player);
    this.player.on("frame", (at) => this.#changed(at));
    this.player.on("shown", () => this.#compare());
    this.player.on("playing", () => this.#showControls());
    this.player.on("speed", () => this.#showControls());
    this.view.on("change", () => this.#showZoom());
    this.surround(localStorage.getItem(SURROUND) ?? "light");
  }

  get still() {
    return this.frames?.count === 1;
  }

  open(item, frames, seen) {
    this.item = item;
    this.frames?.stop();
    this.frames = frames;
    this.#differences.forget();
    this.onion = this.difference = "off";
    this.stage.onion.mode = "off";
    frames.onready = (at) => this.#arrived(at);
    this.stage.open(frames);
    this.view.fit();
    this.player.open(frames, seen);
    this.film.open(frames);
    byId("reference").hidden = !item.reference;
    byId("prompt").hidden = !item.prompt;
    byId("prompt").textContent = item.prompt ?? "";
    byId("reference-caption").textContent = t(item.prompt ? "stage.prompt" : "stage.reference");
    byId("reference").setAttribute("aria-label", t("stage.reference_label"));
    this.#layOut();
    this.#showControls();
    this.stage.draw();
  }

  setPins(pins) {
    this.pins = pins;
    this.#showBoxes();
  }

  cycleOnion() {
    this.onion = this.#next(this.onion);
    this.difference = "off";
    this.#tools("stage.onion", this.onion);
  }

  cycleDifference() {
    this.difference = this.#next(this.difference);
    this.onion = "off";
    this.#tools("stage.difference", this.difference);
  }

  switchFormula() {
    this.formula = this.formula === "2000" ? "76" : "2000";
    this.#compare();
    this.#showControls();
  }

  strengthen(by) {
    this.stage.onion.strength = Math.max(0.1, Math.min(0.9, this.stage.onion.strength + by));
    this.#showControls();
    this.stage.draw();
  }

  toggleReference() {
    if (!this.#hasReference) return;
    this.referenceShown = !this.referenceShown;
    this.#layOut();
    this.#showControls();
    announce(t(this.referenceShown ? "stage.reference_shown" : "stage.reference_hidden"));
  }

  surround(name) {
    const chosen = SURROUNDS.includes(name) ? name : "light";
    byId("ppad").dataset.surround = chosen;
    try {
      localStorage.setItem(SURROUND, chosen);
    } catch {
      // a browser that keeps nothing begins in light
    }
  }

  nextSurround() {
    this.surround(SURROUNDS[(SURROUNDS.indexOf(byId("ppad").dataset.surround) + 1) % SURROUNDS.length]);
    announce(t(`stage.surround_${byId("ppad").dataset.surround}`));
  }

  get #hasReference() {
    return Boolean(this.item?.reference || this.item?.prompt);
  }

  #next(mode) {
    const modes = ["off", ...(this.still ? [] : ["before"]), ...(this.item.reference ? ["reference"] : [])];
    return modes[(modes.indexOf(mode) + 1) % modes.length];
  }

  #tools(name, mode) {
    this.stage.onion.mode = this.onion;
    announce(`${t(name)}: ${t(`stage.from_${mode}`)}`);
    this.#caption();
    this.#compare();
    this.#showControls();
    this.stage.draw();
  }

  #changed(at) {
    this.stage.at = at;
    this.stage.map = null;
    this.#caption();
    this.#showBoxes();
    this.stage.draw();
    if (!this.player.playing) announce(t("player.frame_of", { at: at + 1, count: this.player.count }));
    this.emit("frame", at);
  }

  #arrived(at) {
    if (at < this.frames.count) this.film.draw(this.frames, at);
    if (this.frames.failed.size) this.emit("failed", this.frames);
    this.stage.draw();
    if (at === this.player.at) this.emit("first");
    this.emit("loaded", this.frames.images.every(Boolean));
  }

  async #compare() {
    const { at } = this.player;
    const { difference, frames, formula } = this;
    const current = frames?.images[at];
    const other = difference === "before" ? frames?.images[at - 1] : difference === "reference" ? frames?.reference : null;
    if (!current || !other) {
      this.stage.map = null;
      this.#caption();
      this.stage.draw();
      return;
    }
    const found = await this.#differences.between(`${difference}|${at}`, current, other, formula);
    if (this.player.at !== at || this.difference !== difference || this.formula !== formula || this.frames !== frames) return;
    this.stage.map = found.picture;
    this.#caption(found);
    this.stage.draw();
  }

  #caption(found) {
    const { at, count } = this.player;
    const place = this.still ? t("stage.artwork") : t("player.frame_of", { at: at + 1, count });
    byId("frame").setAttribute("aria-label", place);
    const caption = byId("frame-caption");
    if (this.difference === "off") {
      const alone = this.still || this.#hasReference ? place : `${place} · ${t("stage.no_reference")}`;
      caption.replaceChildren(this.onion === "off" ? alone : `${place} · ${t("stage.onion")}: ${t(`stage.with_${this.onion}`)}`);
      return;
    }
    const said = found ? t("stage.difference_found", { mean: number(found.mean, 1), visible: number(100 * found.visible) }) : t(at === 0 && this.difference === "before" ? "stage.difference_first" : "stage.difference_wait");
    caption.replaceChildren(`${place} · ΔE${this.formula === "76" ? "76" : "00"} ${t(`stage.from_${this.difference}`)} · ${said}`,
      el("span", { class: "legend", "aria-hidden": "true" }, LEGEND_AT.map((delta) => el("i", {}, String(delta)))));
  }

  #showBoxes() {
    const { at } = this.player;
    const here = this.pins.filter((pin) => pin.frame === at).map(({ box, name }) => ({ box, name, draft: false }));
    this.stage.boxes = this.pinTool.box ? [...here, { box: this.pinTool.box, name: "", draft: true }] : here;
    this.stage.draw();
  }

  #layOut() {
    byId("reference-pane").hidden = !(this.referenceShown && this.#hasReference);
    byId("ppad").classList.toggle("still", this.still);
    this.stage.draw();
  }

  #showZoom() {
    const shown = byId("zoom-shown");
    if (shown) shown.textContent = `${Math.round(this.view.zoom * 100)} %`;
  }

  #showControls() {
    if (!this.item) return;
    const focused = document.activeElement?.id;
    const { player, view } = this;
    const tool = (id, label, letter, mode, act) => el("button", {
      id, type: "button", "aria-pressed": String(mode !== "off"), onclick: act }, t(label), key(letter));
    const plain = (id, name, label, act) => el("button", { id, type: "button", class: "round", "aria-label": t(label), title: t(label), onclick: act }, icon(name));
    byId("transport").replaceChildren(...[
      !this.still && el("div", { class: "set", role: "group", "aria-label": t("player.label") },
        plain("step-back", "back", "player.back", () => player.step(-1)),
        plain("play", player.playing ? "pause" : "play", player.playing ? "player.pause" : "player.play", () => player.toggle()),
        plain("step-on", "on", "player.on", () => player.step(1)),
        this.#speeds()),
      el("div", { class: "set", role: "group", "aria-label": t("view.label") },
        plain("farther", "farther", "view.farther", () => view.farther()),
        el("output", { id: "zoom-shown", "aria-label": t("view.zoom") }, `${Math.round(view.zoom * 100)} %`),
        plain("closer", "closer", "view.closer", () => view.closer()),
        plain("fit", "fit", "view.fit", () => view.fit())),
      el("div", { class: "set", role: "group", "aria-label": t("stage.tools") },
        (!this.still || this.item.reference) && tool("tool-onion", "stage.onion", "O", this.onion, () => this.cycleOnion()),
        this.onion !== "off" && this.#strength(),
        (!this.still || this.item.reference) && tool("tool-difference", "stage.difference", "D", this.difference, () => this.cycleDifference()),
        this.difference !== "off" && el("button", { id: "tool-formula", type: "button", title: t("stage.formula_hint"), onclick: () => this.switchFormula() }, t(`stage.formula_${this.formula}`)),
        this.#hasReference && el("button", { id: "tool-reference", type: "button", "aria-pressed": String(this.referenceShown), onclick: () => this.toggleReference() }, t("stage.reference"), key("R"))),
    ].filter(Boolean));
    byId("film").hidden = this.still;
    if (focused && byId("transport").querySelector(`#${CSS.escape(focused)}`)) byId(focused).focus();
  }

  #speeds() {
    const select = el("select", { id: "speed", "aria-label": t("player.speed"), onchange: (event) => this.player.setSpeed(Number(event.target.value)) },
      SPEEDS.map((speed, at) => el("option", { value: at }, t("player.per_second", { speed: number(speed, speed < 1 ? 1 : 0) }))));
    select.value = String(this.player.speed);
    return select;
  }

  #strength() {
    const slider = el("input", { id: "strength", type: "range", min: 10, max: 90, step: 10, "aria-label": t("stage.strength"),
      oninput: (event) => {
        this.stage.onion.strength = Number(event.target.value) / 100;
        this.stage.draw();
      } });
    slider.value = String(Math.round(this.stage.onion.strength * 100));
    return slider;
  }
}
