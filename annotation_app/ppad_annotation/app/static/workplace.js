// One rater's work: the item on the page, the next one ready behind it, and what is done with them.

import { showCritic } from "./critic.js";
import { ask, askReason } from "./dialogs.js";
import { announce, byId, el } from "./dom.js";
import { Draft, keepForLater } from "./draft.js";
import { showFeedback } from "./feedback.js";
import { Form } from "./form.js";
import { Frames } from "./frames.js";
import { chooseFromHistory } from "./history.js";
import { logInAgain } from "./login-again.js";
import { get, post, useToken } from "./net.js";
import { Outbox } from "./outbox.js";
import { Preference } from "./preference.js";
import { showBreak, showDone, showWait } from "./rest.js";
import { SaveState } from "./save-state.js";
import { duration, t } from "./texts.js";
import { uuid } from "./uuid.js";

const PATIENCE_MS = 3000; // for a rating under way, before an earlier one is opened
const SIGN_OF_LIFE_MS = 4 * 60 * 1000;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

export class Workplace {
  item = null;
  next = null; // {work, frames}: reserved, its pictures being fetched
  returning = null; // while an earlier item is revised: the assignment to come back to
  #loggingIn = null;

  constructor(start, viewer) {
    Object.assign(this, { start, viewer });
    const { rater, campaign } = start;
    this.attributes = campaign.rubric.attributes;
    this.outbox = new Outbox(rater.id);
    this.saves = new SaveState(byId("saved"), this.outbox);
    const compares = campaign.mode === "preference";
    this.form = compares ? new Preference(this.attributes) : new Form(this.attributes, campaign.critique);
    byId("rating").hidden = compares;
    byId("comparison").hidden = !compares;
    if (compares) {
      byId("critique-box").hidden = true;
      byId("submit").addEventListener("click", () => this.form.submit());
    }
    this.#listen();
    setInterval(() => this.#signOfLife(), SIGN_OF_LIFE_MS);
  }

  /** Show what the server says comes now. */
  show(work, prepared = null) {
    this.progress(work.progress);
    if (work.state !== "item") {
      this.item = null;
      showDone(work, { look: () => this.advance(), history: () => this.history(), leave: () => this.leave() });
      return;
    }
    byId("rest").hidden = true;
    byId("work").hidden = false;
    const item = work.item;
    this.item = item;
    const frames = prepared ?? new Frames(item.frames, item.reference).loadAll();
    this.draft = new Draft(this.start.rater.id, item.assignment_id, item.draft ?? standing(item.current));
    this.saves.watch(this.draft);
    this.draft.on("state", (state) => state === "expired" && this.logIn());
    const needsPass = item.locked && !item.current;
    this.viewer.open(item, frames, this.draft.seen);
    const locked = needsPass && !this.viewer.player.passed;
    if (item.sides) this.form.open(this.draft, item.sides, { locked });
    else this.form.open(this.draft, { locked, revising: Boolean(item.current) });
    this.#showPins();
    this.#showLock(locked);
    byId("title").textContent = t(item.current ? "rate.title_revise" : "rate.title");
    if (locked && !calm.matches) this.#playUnseen(item, frames);
    byId("stage").focus({ preventScroll: true }); // keys mean the new item, not a field of the last one
    byId("ppad").dataset.assignment = item.assignment_id;
    byId("ppad").dataset.ready = "yes";
  }

  /** The pass begins by itself, and after a reload goes on where it was. */
  #playUnseen(item, frames) {
    const { player } = this.viewer;
    const first = frames.urls.findIndex((_, at) => !player.seen.has(at));
    player.go(first);
    frames.frame(first).then(() => this.item === item && player.play());
  }

  async submit() {
    const { item, draft, next } = this;
    const body = {
      event_id: uuid(), prev_event: item.head_event, assignment_id: item.assignment_id,
      ...(item.sides ? { scores: {}, cannot_judge: [], choice: draft.choice } : { ...draft.answers, choice: null }),
      critique: draft.critique, pins: draft.pins, active_ms: Math.round(draft.active_ms), full_pass: true,
    };
    draft.close();
    this.item = null;
    this.notice();
    this.viewer.player.pause();
    const answer = this.outbox.add("/api/submit", body);
    announce(t("state.sent"));
    const waits = this.returning || item.feedback_follows || !next;
    if (!waits) {
      this.next = null;
      this.show({ ...next.work, progress: this.lastProgress }, next.frames);
    }
    const result = await answer.catch(() => null);
    if (result?.feedback) await showFeedback(result.feedback, body, this.attributes);
    if (waits) await this.advance();
    else await this.#claimShown();
  }

  /** Fetch what comes now and show it. */
  async advance() {
    this.returning = null;
    const work = await this.guarded(() => post("/api/claim"));
    if (!work) {
      showWait(() => !this.item && this.advance());
      return;
    }
    const prepared = this.next?.work.item.assignment_id === work.item?.assignment_id ? this.next?.frames : null;
    this.next = null;
    this.show(work, prepared);
    this.prepareNext();
  }

  #goBack() {
    this.notice();
    return this.advance();
  }

  /** The item shown was reserved; now that the one before is committed, it becomes the rater's own. */
  async #claimShown() {
    const work = await this.guarded(() => post("/api/claim"));
    if (!work || this.returning) return;
    if (!this.item || work.item?.assignment_id !== this.item.assignment_id) {
      if (this.item && this.outbox.waiting.length) return; // already two items further: what follows settles it
      this.show(work);
    }
    this.progress(work.progress);
    this.prepareNext();
  }

  /** Reserve the next item and fetch its pictures while this one is looked at. */
  async prepareNext() {
    if (this.next || this.returning) return;
    const work = await post("/api/upcoming").catch(() => null);
    if (work?.state !== "item" || work.item.assignment_id === this.item?.assignment_id) return;
    this.next = { work, frames: new Frames(work.item.frames, work.item.reference).loadAll() };
    byId("ppad").dataset.next = work.item.assignment_id;
  }

  /** Open an earlier item, to look at it again or revise it. */
  async open(assignmentId) {
    if (!(await this.outbox.settled(PATIENCE_MS))) {
      this.notice(t("history.wait"));
      return;
    }
    await this.draft?.leave();
    const work = await this.guarded(() => get(`/api/assignment/${encodeURIComponent(assignmentId)}`));
    if (!work) return;
    this.returning = assignmentId;
    this.show(work);
    this.notice(t("history.revising"),
      el("button", { type: "button", onclick: () => this.#goBack() }, t("history.back")),
      work.item.current && el("button", { type: "button", onclick: () => this.#withdraw(work.item) }, t("history.withdraw")));
  }

  async undo() {
    const answer = await this.guarded(() => get("/api/history?limit=1&offset=0"));
    const last = answer?.ratings[0];
    if (!last) this.notice(t("history.empty"));
    else if (last.assignment_id !== this.item?.assignment_id) await this.open(last.assignment_id);
  }

  async history() {
    const chosen = await this.guarded(() => chooseFromHistory(this.attributes, this.start.critic));
    if (chosen?.critic) {
      await showCritic(chosen.critic, this.attributes);
      await this.history();
    } else if (chosen) await this.open(chosen);
  }

  async skip() {
    if (!this.item || this.item.current) return;
    const given = await askReason(t("skip.title"), t("skip.lead"), ["unclear", "unpainted", "known", "other"], t("skip.do"));
    if (!given) return;
    const { item, draft } = this;
    this.item = null;
    if (await this.guarded(() => post("/api/skip", { assignment_id: item.assignment_id, ...given }))) {
      draft.close();
      await this.#goBack();
    } else this.item = item;
  }

  async flag() {
    if (!this.item) return;
    const given = await askReason(t("flag.title"), t("flag.lead"), ["frames", "reference", "content", "duplicate", "other"], t("flag.do"));
    if (!given) return;
    const done = await this.guarded(() => post("/api/flag", { assignment_id: this.item.assignment_id, ...given }));
    if (done) this.notice(t("flag.done"));
  }

  /** Log out; what is not yet committed stays in this browser, and that is said. */
  async leave() {
    await this.draft?.leave();
    if (!(await this.outbox.settled(PATIENCE_MS))) {
      this.notice(t("state.waiting", { n: this.outbox.waiting.length }));
      return;
    }
    await this.guarded(() => post("/logout"));
    location.assign("/login");
  }

  async rest() {
    this.viewer.player.pause();
    await this.draft?.leave();
    showBreak(() => this.item && this.#signOfLife());
  }

  /** Do something that needs the server; when the session has ended, log in again and go on. */
  async guarded(act) {
    try {
      return await act();
    } catch (failure) {
      if (failure.kind === "expired") {
        await this.logIn();
        return this.guarded(act);
      }
      this.notice(failure.kind === "refused" ? `${failure.message} ${failure.fix}` : t("state.offline"));
      return null;
    }
  }

  /** Another window may have logged in meanwhile: then its token serves, and nobody is asked. */
  logIn() {
    this.#loggingIn ??= get("/api/session").catch(() => logInAgain()).then((answer) => {
      this.#loggingIn = null;
      if (answer.rater_id !== this.start.rater.id) location.reload();
      useToken(answer.csrf);
      this.outbox.send();
      this.draft?.save();
    });
    return this.#loggingIn;
  }

  notice(text = "", ...actions) {
    const place = byId("notice");
    place.hidden = !text;
    place.replaceChildren(text, ...actions.filter(Boolean));
  }

  progress(progress) {
    if (!progress) return;
    this.lastProgress = progress;
    const total = progress.done + progress.left;
    byId("progress-done").textContent = progress.in_calibration ? t("progress.calibration") : t("progress.done", { done: progress.done, total });
    byId("progress-left").textContent = progress.eta_s === null || progress.left === 0 ? "" : remaining(progress);
    byId("progress-line").firstElementChild.style.width = `${total ? (100 * progress.done) / total : 0}%`;
    if (progress.break_due && !this.breakSuggested) {
      this.breakSuggested = true;
      this.notice(t("rest.suggested", { time: duration(progress.worked_s) }), el("button", { type: "button", onclick: () => this.rest() }, t("rest.take")));
    }
    if (!progress.break_due) this.breakSuggested = false;
  }

  #listen() {
    const { viewer, form, outbox } = this;
    viewer.player.on("shown", () => {
      byId("ppad").dataset.shown = byId("ppad").dataset.assignment;
    });
    viewer.player.on("seen", () => {
      if (!this.item) return;
      this.draft.seen = [...viewer.player.seen];
      if (this.form.locked) this.#showLock(true);
      this.draft.changed();
    });
    viewer.player.on("passed", () => {
      if (!this.item || !this.form.locked) return;
      this.draft.full_pass = true;
      this.draft.changed();
      this.form.unlock();
      this.#showLock(false);
      announce(t("form.unlocked"));
    });
    viewer.on("pin", ({ attribute, frame, box }) => {
      this.draft.pins.push({ attribute, frame, box });
      this.draft.changed();
      this.form.show();
      this.#showPins();
      announce(t("form.pin_placed"));
    });
    viewer.on("failed", (frames) => this.notice(t("stage.failed"), el("button", { type: "button", onclick: () => {
      this.notice();
      frames.loadAll();
    } }, t("stage.retry"))));
    form.on("submit", () => this.submit());
    form.on("pin", (attribute) => this.pin(attribute));
    form.on("pins", () => this.#showPins());
    form.on("goto", (frame) => viewer.player.go(frame));
    form.on("locked", () => announce(form.lockText));
    form.on("incomplete", (n) => this.notice(n ? t("form.incomplete", { n }) : t("form.critique_missing")));
    form.on("answered", ({ name, score }) => {
      this.notice();
      announce(score === null ? t("form.cleared", { name }) : t("form.answered", { name, score: score === "cannot" ? t("form.cannot_short") : score }));
    });
    outbox.on("state", (state) => state === "expired" && this.logIn());
    outbox.on("refused", ({ failure, body }) => {
      keepForLater(this.start.rater.id, body);
      this.notice(`${t("state.refused")} ${failure.message} ${failure.fix}`, el("button", { type: "button", onclick: () => this.open(body.assignment_id) }, t("history.open")));
    });
    for (const moment of ["visibilitychange", "pagehide"]) {
      addEventListener(moment, () => document.hidden && this.draft?.save(true));
    }
  }

  pin(attribute = this.form.attribute?.id) {
    if (!attribute || this.form.locked) return;
    this.viewer.player.pause();
    this.viewer.pinTool.begin(attribute);
    announce(t("form.pin_how"));
  }

  #showPins() {
    const names = new Map(this.attributes.map(({ id, name }) => [id, name]));
    this.viewer.setPins(this.draft.pins.map((pin) => ({ ...pin, name: names.get(pin.attribute) })));
  }

  #showLock(locked) {
    const { seen, count } = this.viewer.player;
    this.form.showLock(locked ? t("form.locked", { seen: seen.size, count }) : "");
  }

  #signOfLife() {
    if (this.item && !document.hidden) post("/api/heartbeat", { assignment_id: this.item.assignment_id }).catch(() => null);
  }

  async #withdraw(item) {
    const sure = await ask(t("history.withdraw"), (close) => [el("p", {}, t("history.withdraw_sure")),
      el("footer", {}, el("button", { type: "button", onclick: () => close(false) }, t("dialog.cancel")),
        el("button", { type: "button", class: "main", onclick: () => close(true) }, t("history.withdraw")))]);
    if (!sure) return;
    this.item = null; // nothing can be submitted on top of it
    const body = { event_id: uuid(), prev_event: item.head_event, assignment_id: item.assignment_id };
    if (await this.guarded(() => post("/api/withdraw", body))) await this.#goBack();
    else this.item = item;
  }
}

/** What stands, as a draft to revise. */
function standing(current) {
  return current && { ...current, critique: current.critique ?? "" };
}

function remaining({ eta_s, eta_range_s }) {
  if (!eta_range_s || duration(eta_range_s[0]) === duration(eta_range_s[1])) return t("progress.left", { time: duration(eta_s) });
  return t("progress.left_range", { low: duration(eta_range_s[0]), high: duration(eta_range_s[1]) });
}
