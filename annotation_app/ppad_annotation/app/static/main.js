// Start of the rating page. Runs while Gradio is still starting: what the page will show is fetched meanwhile.

import { byId, el } from "./dom.js";
import { Clock } from "./clock.js";
import { showHelp } from "./help.js";
import { icon } from "./icons.js";
import { Keys } from "./keys.js";
import { Frames } from "./frames.js";
import { get, useToken } from "./net.js";
import { shortcuts } from "./shortcuts.js";
import { t, translate, useTexts } from "./texts.js";
import { Viewer } from "./viewer.js";
import { Workplace } from "./workplace.js";

const AGAIN_MS = 3000;
const begun = first().then((start) => ({ start, frames: early(start.work) }));

/** What the page begins with; asked for until the server answers. */
async function first() {
  try {
    return await get("/api/start");
  } catch (failure) {
    if (failure.kind !== "offline") throw failure;
    await new Promise((done) => setTimeout(done, AGAIN_MS));
    return first();
  }
}

/** Pictures of the first item are on their way before there is a place to show them. */
function early(work) {
  return work.state === "item" ? new Frames(work.item.frames, work.item.reference).loadAll() : null;
}

/** Gradio puts the page's skeleton in place at a moment of its own. */
function skeleton() {
  if (byId("ppad")) return Promise.resolve();
  return new Promise((done) => {
    const observer = new MutationObserver(() => {
      if (!byId("ppad")) return;
      observer.disconnect();
      done();
    });
    observer.observe(document.documentElement, { childList: true, subtree: true });
  });
}

try {
  const [{ start, frames }] = await Promise.all([begun, skeleton()]);
  begin(start, frames);
} catch (failure) {
  if (failure.kind === "expired") location.assign("/login");
  else throw failure;
}

function begin(start, frames) {
  document.documentElement.lang = start.language;
  useTexts(start.messages, start.language);
  useToken(start.csrf);
  translate(byId("ppad"));
  document.title = t("rate.page_title");
  const viewer = new Viewer();
  const work = new Workplace(start, viewer);
  const keys = new Keys(shortcuts(work, viewer, () => help()), (event) => viewer.pinTool.key(event));
  const help = () => showHelp(keys, start.campaign.mode === "preference" ? "help.guide_preference" : `help.guide_${start.campaign.rubric.subject}`);
  new Clock((passed) => {
    if (work.item && !byId("work").hidden && !document.querySelector("dialog[open]")) work.draft.active_ms += passed;
  });
  showActions(work, help, start);
  work.outbox.send();
  work.show(start.work, frames);
  work.prepareNext();
}

function showActions(work, help, { language, languages }) {
  const action = (name, letter, act) => el("button", { type: "button", id: `action-${name}`, onclick: act, title: letter ? `${t(`action.${name}`)} (${letter})` : t(`action.${name}`) },
    icon(name), el("span", {}, t(`action.${name}`)));
  const choice = el("select", { id: "language", "aria-label": t("bar.language"), onchange: () => changeLanguage(choice.value, work) },
    languages.map(({ code, name }) => el("option", { value: code, lang: code }, name)));
  choice.value = language;
  byId("actions").replaceChildren(
    action("undo", "U", () => work.undo()),
    action("history", "H", () => work.history()),
    action("skip", "K", () => work.skip()),
    action("flag", "G", () => work.flag()),
    action("pause_work", "Z", () => work.rest()),
    action("surround", "B", () => work.viewer.nextSurround()),
    action("help", "?", help),
    choice,
    action("out", "", () => work.leave()));
}

async function changeLanguage(language, work) {
  await work.draft?.leave();
  document.cookie = `ppad_language=${language}; path=/; max-age=31536000; samesite=lax`;
  location.reload();
}
