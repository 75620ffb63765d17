// @ts-check
// What `glasspoll serve` adds to its pages while live reload is on: it reloads a page that has been built again, keeping
// what was typed and where the page was; shows the problems of questionnaires and templates; fills in forms for testers;
// and keeps the frames of the side-by-side view in step.
import { makeElement } from "../../../templates/page.js";
import { controls, fillIn, form, ownControl } from "./form.js";
import { frames, loadFrames } from "./frames.js";
import { makeOverlay } from "./overlay.js";
import { restoreState, saveState } from "./state.js";

/**
 * A page that follows changes: this one, and those in its frames.
 * @typedef {object} Follower
 * @property {string} page its address, relative to the site's root
 * @property {string} [mark] what tells its content from another; none of an answer to what was sent: to load that again
 *   would send it again
 * @property {string} [reloadedFor] the mark that it was last reloaded for
 * @property {(mark: string) => void} reload
 * @property {(kind: string, seed: string) => Promise<void>} fill
 *
 * What frames find in the page around them.
 * @typedef {Window & {glasspollPreview?: {follow: (frame: Window, follower: Follower) => void}}} PreviewWindow
 *
 * @typedef {{marks: Record<string, string | undefined>, problems: string}} News by page, and HTML
 */

const script = /** @type {HTMLScriptElement} */ (document.currentScript);
const here = new URL("./", script.src).pathname; // …/_preview/
const root = new URL("../", script.src).pathname;
const page = location.pathname.slice(root.length);
const language = navigator.language; // of the tester, who may look at a page in another
const words = language.startsWith("zh")
  ? { preview: "预览", fill: "填入示例", nonsense: "填入错误", side: "并排预览", alone: "打开问卷", failed: "没有填成" }
  : { preview: "Preview", fill: "Fill in", nonsense: "Fill with mistakes", side: "Side by side", alone: "Open the form", failed: "Not filled in" };

// Frames share the tab's storage, but have names.
const stateKey = `glasspoll-preview:${window.name}:${page}`;

let reloading = false;
/** @param {string} mark */
const reload = (mark) => {
  if (reloading) return;
  reloading = true;
  saveState(stateKey, mark);
  history.scrollRestoration = "manual";
  location.reload();
};

/** Restores what the page before has kept; returns the mark that it was reloaded for. */
const restore = () => {
  const state = restoreState(stateKey);
  if (state) addEventListener("load", () => setTimeout(() => { history.scrollRestoration = "auto"; }));
  return state?.mark;
};

/** Fills in the form with made-up answers. @param {string} kind @param {string} seed */
const fill = async (kind, seed) => {
  if (!form) return;
  const query = new URLSearchParams({
    kind,
    seed,
    survey: form.getAttribute("data-survey") ?? "",
    language: ownControl("_language").value,
    channel: ownControl("_channel").value,
  });
  for (const c of controls()) if (c.type === "hidden" && c.value) query.append("link." + c.name, c.value);
  const reply = await fetch(here + "_fill?" + query);
  if (!reply.ok) throw new Error(words.failed);
  fillIn(await reply.json());
};

/** The page around this frame, if it is one of the side-by-side view. */
const outerPreview = () => {
  try {
    return parent === window ? undefined : /** @type {PreviewWindow} */ (parent).glasspollPreview;
  } catch { // of another site
    return undefined;
  }
};

/** @type {Map<Window, Follower>} */
const followers = new Map();

/** @param {string} label @param {string} kind of answers */
const makeButton = (label, kind) => {
  const button = makeElement("button", { type: "button", "data-kind": kind }, label);
  button.onclick = async () => {
    const seed = String(crypto.getRandomValues(new Uint32Array(1))[0]); // the same in every frame
    try {
      await Promise.all([...followers.values()].map((f) => f.fill(kind, seed)));
    } catch {
      button.textContent = words.failed;
      setTimeout(() => { button.textContent = label; }, 2000);
    }
  };
  return button;
};

/** @param {HTMLElement} bar */
const addButtons = (bar) => {
  const link = form
    ? makeElement("a", { href: `${here}${form.getAttribute("data-survey")}/${location.search}` }, words.side)
    : makeElement("a", { href: `${root}${page.split("/")[1]}/${location.search}` }, words.alone);
  bar.append(makeButton(words.fill, "plausible"), makeButton(words.nonsense, "nonsense"), link);
};

/** @type {EventSource | undefined} */
let events;
/** @type {News | undefined} */
let latest;
/** @type {(html: string) => void} */
let showProblems;

/** @param {MessageEvent<string>} message */
const onNews = (message) => {
  latest = /** @type {News} */ (JSON.parse(message.data));
  for (const f of followers.values()) {
    const mark = latest.marks[f.page];
    if (f.mark === undefined || mark === undefined || mark === f.mark) continue;
    if (mark !== f.reloadedFor) f.reload(mark); // once: something in between may keep the old page
  }
  showProblems(latest.problems);
};

const disconnect = () => events?.close();
const connect = () => {
  disconnect();
  if (document.hidden) return; // a browser has few connections to one server for all its tabs
  const query = new URLSearchParams({ language });
  for (const p of new Set([...followers.values()].map((f) => f.page))) query.append("page", p);
  const source = events = new EventSource(here + "_events?" + query);
  source.onmessage = onNews;
  source.onerror = () => { if (source.readyState === EventSource.CLOSED) setTimeout(connect, 1000); };
};

/** Follows the pages in frames as well. @param {Window} frame @param {Follower} follower */
const follow = (frame, follower) => {
  const known = followers.get(frame)?.page === follower.page;
  followers.set(frame, follower);
  // Known, it may still have been loaded before the latest change, or after it: ask again.
  if (!known || latest?.marks[follower.page] !== follower.mark) connect();
};

const start = () => {
  addEventListener("beforeunload", (event) => event.stopImmediatePropagation()); // no question from the page: what is typed is kept
  const self = { page, mark: script.dataset.mark, reload, fill, reloadedFor: restore() };
  requestAnimationFrame(() => setTimeout(() => performance.mark("glasspoll-preview:shown")));
  const outer = outerPreview();
  if (outer) {
    outer.follow(window, self);
    const id = crypto.randomUUID?.(); // each frame is a respondent of its own
    if (id && form) form.addEventListener("submit", () => { ownControl("_id").value = id; });
    return;
  }
  const overlay = makeOverlay(words.preview, language.startsWith("zh") ? "zh" : "en", here + "preview.css");
  showProblems = overlay.showProblems;
  document.body.append(overlay.host);
  if (form || frames.length) addButtons(overlay.bar);
  followers.set(window, self);
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
  document.addEventListener("visibilitychange", connect);
  connect();
  if (!frames.length) return;
  /** @type {PreviewWindow} */ (window).glasspollPreview = { follow };
  loadFrames();
};

start();
