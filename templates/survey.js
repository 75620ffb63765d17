// @ts-check
// The page of a survey. It is complete without any of this: here messages come while one writes, drafts are kept, and sending
// survives a dead network. Steps and widgets come from script_full.js.
import { answerText } from "./rules.js";
import { byID, findAll, isTick, keepQuery, kiosk, makeElement, query, tabStorage } from "./page.js";
import {
  applyRules, assignID, controlsIn, form, idField, invitationField, isForTime, knownChannel, languageField, newKey, questionElement, readLink,
  rules, say, setText, shuffleOptions, surveyID,
} from "./form.js";
import {
  controlToFix, dropServerMessages, labelOf, messageElements, readServerMessages, setServerMessages, showMessages,
  showSummary, touchedQuestions, triedQuestions,
} from "./messages.js";
import { clearForm, deleteDraft, restoreDraft, saveDraft } from "./draft.js";
import { keepFilledOthers, showOthers, untickExcluded } from "./choices.js";
import { address, endSending, pending, sending, showStatus, stopTrying, submit } from "./send.js";

/** @import { State } from "./rules.js" */
/** @import { Control } from "./form.js" */

/**
 * Sections or questions as steps.
 * @typedef {object} Steps
 * @property {() => boolean} isLast
 * @property {() => number} index of the current one
 * @property {() => HTMLElement[]} questions that must be in order before one goes on from the current one
 * @property {() => void} show the current one, or the nearest before it if that has no question any more
 * @property {(element: Element) => void} goTo goes to the step of an element
 * @property {() => void} goToNext
 * @property {(index: number | undefined) => void} resumeAt makes a step the current one without showing it
 *
 * Easier ways to fill in what plain lists and boxes ask for. closeGaps is true if it changed answers.
 * @typedef {{show: () => void, closeGaps: () => boolean}} Widgets
 */

/** All questions at once. @type {Steps} */
let steps = { isLast: () => true, index: () => 0, questions: () => findAll("[data-q]", form), show() {}, goTo() {}, goToNext() {}, resumeAt() {} };
/** @type {Widgets} */
let widgets = { show() {}, closeGaps: () => false };

let unsent = false; // something was typed since the page was opened
/** @type {State} */
let state;

/**
 * Shows what the answers make of the page, and returns the problems.
 * @param {string} [changed] the field that has just changed
 */
const render = (changed) => {
  showOthers(changed);
  state = applyRules();
  if (widgets.closeGaps()) state = applyRules();
  steps.show();
  widgets.show();
  return showMessages(state);
};

/** @param {HTMLElement} control @param {HTMLElement} [inView] */
const openAt = (control, inView = control) => {
  steps.goTo(control);
  control.focus({ preventScroll: true });
  inView.scrollIntoView({ block: "center" });
};
const openFirstMessage = () => {
  const [message] = messageElements();
  if (message) openAt(controlToFix(message), message);
};
const focusSummary = () => {
  const [message] = messageElements();
  const summary = byID("errors");
  if (message) steps.goTo(message);
  if (summary) summary.focus();
};

let saveTimer = 0;
/** @param {boolean} [leaving] @param {boolean} [moved] */
const save = (leaving, moved) => {
  clearTimeout(saveTimer);
  if (unsent) saveDraft(!!pending || leaving, { pending: !!pending, moved, step: steps.index() });
};

/** What was asked and answered, for the respondent's own screen: questions with lines of text. */
const answerCopy = () => findAll("[data-q]:not([hidden], .md)", form).map((element) => {
  const q = /** @type {string} */ (element.dataset.q);
  const answered = controlsIn(element).filter((c) => !c.disabled && state.values.has(c.name) && c.value && (!isTick(c) || c.checked));
  const lines = answered.map((c) => (c.closest(".row, .line, .part") ? labelOf(q, c) + say.colon : "") + shownText(c).trim());
  return /** @type {[string, string[]]} */ ([labelOf(q), lines]);
}).filter(([, lines]) => lines.length);

/** The text that a control's answer is shown with. @param {Control} c */
const shownText = (c) => {
  if (!isTick(c)) return c.selectedOptions ? c.selectedOptions[0].textContent : c.value;
  const label = /** @type {HTMLElement} */ (c.closest("label"));
  const aside = label.querySelector(".when, .req");
  return label.textContent.replace(aside ? aside.textContent : "", "");
};

const send = () => submit(state, {
  saved: (receipt, thanks) => {
    unsent = false;
    showStatus(say.sent);
    deleteDraft();
    const repeated = (rules.keep || []).map((name) => [name, answerText(state, name)]); // by the thank-you page
    tabStorage.set("glasspoll.said", repeated);
    if (!kiosk) tabStorage.set("glasspoll.copy", [receipt, answerCopy()]);
    thanks.search = invitationField ? "" : location.search; // the mark would say when, and whose
    thanks.hash = receipt;
    if (kiosk) location.replace(thanks);
    else location.assign(thanks);
  },
  waiting: () => save(),
  refused: (problems) => {
    setServerMessages(problems.map((p) => ({ name: p.code !== "failed" && p.field || p.question, text: p.message })));
    render();
    const others = problems.filter((p) => !questionElement(p.question)).map((p) => p.message);
    const [{ code }] = [...problems, { code: "" }];
    const isFinal = code === "conflict" || code === "withdrawn"; // whatever is sent under this id
    const anew = isFinal && makeElement("a", { class: "button", id: "anew", href: emptyForm() }, say.anew);
    showSummary(say[code + ".title"] || say.look, problems.length ? others : [say.failed], anew || undefined);
    save();
    focusSummary();
  },
});

/** Goes on to the next step, or sends; if there are problems, to the first of them. */
const advance = () => {
  if (sending) return;
  const questions = steps.questions().map((e) => e.dataset.q);
  for (const q of questions) triedQuestions.add(q);
  const problems = render().filter((p) => questions.includes(p.q));
  showSummary(problems.length && steps.isLast() ? say.look : "");
  if (problems.length) openFirstMessage();
  else if (!steps.isLast()) steps.goToNext();
  else {
    unsent = true;
    send();
    save();
  }
};

/** The address of an empty form: an invitee's is the handler's. */
const emptyForm = () => {
  const folder = invitationField ? "form" : "../../../" + surveyID;
  return `${new URL(`${folder}/${languageField.value}/${location.search}`, address)}`;
};
/** Opens an empty form in place of this one. */
const restart = (address = emptyForm()) => {
  unsent = false;
  history.replaceState(null, ""); // the same address is a reload, which would bring the id back
  idField.value = "";
  location.replace(address);
};
/** Begins another answer, with what is filled in only if the respondent keeps it. @param {HTMLAnchorElement} link */
const beginAnew = (link) => {
  if (confirm(byID("clear").dataset.sure)) {
    deleteDraft(true);
    restart(link.href);
    return;
  }
  assignID(newKey());
  showSummary();
  start();
  save();
};

/** @param {Event} event */
const warnBeforeUnload = (event) => {
  if (unsent && !kiosk) event.preventDefault();
};

/** @param {Event} event */
const onInput = (event) => {
  const target = /** @type {Control} */ (event.target);
  const q = (target.closest("[data-q]") || form).getAttribute("data-q");
  unsent = true;
  addEventListener("beforeunload", warnBeforeUnload); // not before: it would keep browsers from caching an untouched page
  stopTrying();
  dropServerMessages(q);
  untickExcluded(target);
  render(target.name);
  clearTimeout(saveTimer);
  saveTimer = setTimeout(save, 300);
  if (event.type === "change") setTimeout(() => { // later: a message may push a button away from the finger that presses it
    touchedQuestions.add(q);
    render();
  }, 200);
};

/** In a box, Enter goes on to the next step, but never sends. @param {KeyboardEvent} event */
const onEnter = (event) => {
  if (event.key !== "Enter" || /** @type {HTMLElement} */ (event.target).tagName !== "INPUT") return;
  event.preventDefault();
  if (!steps.isLast()) advance();
};

/** Boxes for dates and times take the digits of one script: another's make them boxes for text. @param {KeyboardEvent} event */
const onKey = (event) => {
  const box = /** @type {Control} */ (event.target);
  if (!isForTime(box) || event.ctrlKey || event.metaKey || !/^[^\P{Nd}0-9]$/u.test(event.key)) return;
  event.preventDefault();
  setText(box, event.key);
  box.focus();
};

/** @param {Event} event */
const onClick = (event) => {
  const link = /** @type {HTMLAnchorElement} */ (/** @type {HTMLElement} */ (event.target).closest("#errors a, .langs a, #clear"));
  if (!link) return;
  if (link.id === "anew") {
    event.preventDefault();
    beginAnew(link);
  } else if (link.id === "clear") {
    if (!confirm(link.dataset.sure)) return;
    deleteDraft(true);
    restart();
  } else if (link.hash) {
    const target = byID(link.hash.slice(1));
    event.preventDefault();
    if (target) openAt(target);
  } else { // another language
    save(true, true);
    unsent = false;
  }
};

const listen = () => {
  addEventListener("pageshow", (event) => { // also after the back button
    if (event.persisted && kiosk) location.reload();
    else start(); // with what the browser itself has filled in
  });
  addEventListener("popstate", () => assignID());
  addEventListener("pagehide", () => save(true));
  addEventListener("beforeprint", () => { // an empty date has no mask on paper
    for (const c of findAll("[type=date], [type=time]", form)) c.setAttribute("value", /** @type {HTMLInputElement} */ (c).value);
  });
  form.addEventListener("input", onInput);
  form.addEventListener("change", onInput);
  form.addEventListener("keydown", onKey); // Firefox lets no keypress follow
  form.addEventListener("keypress", onEnter);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    advance();
  });
  addEventListener("click", onClick);
};

/** Leaves nothing of other people in the form, and no way out of it. */
const prepareKiosk = () => {
  for (const box of [form, ...controlsIn()]) box.autocomplete = "off";
  clearForm();
  for (const footer of findAll("footer")) footer.hidden = true;
};

/** Clears a kiosk that nobody touches, after a warning; not while something is being sent. */
const watchIdle = () => {
  const limit = +(query.get("kiosk") || 90) * 1000;
  const warning = byID("idle");
  let lastTouch = Date.now();
  const onTouch = () => {
    lastTouch = Date.now();
    warning.hidden = true;
  };
  addEventListener("pointerdown", onTouch, true);
  addEventListener("keydown", onTouch, true);
  setInterval(() => {
    const left = lastTouch + limit - Date.now();
    if (!unsent || !!pending || sending) lastTouch = Date.now();
    else if (left <= 0) restart();
    else warning.hidden = left > limit / 4;
  }, 500);
};

/** Conditions in words are for pages without a script, and for paper. */
const hideConditions = () => {
  for (const sentence of findAll(".when")) {
    sentence.hidden = true;
    sentence.removeAttribute("id");
  }
};

/** Shows the form as it is filled in now. */
const start = () => {
  endSending();
  assignID();
  shuffleOptions();
  render();
};

/**
 * Opens the page, with what its script has of steps and widgets.
 * @param {Steps} [pageSteps]
 * @param {Widgets} [pageWidgets]
 */
export const open = (pageSteps = steps, pageWidgets = widgets) => {
  steps = pageSteps;
  widgets = pageWidgets;
  form.noValidate = true; // without a script, the browser says what is half typed
  readLink();
  keepQuery();
  hideConditions();
  if (kiosk) prepareKiosk();
  readServerMessages();
  assignID();
  const draft = restoreDraft();
  steps.resumeAt(history.state.step || draft.step);
  keepFilledOthers();
  start();
  for (const staff of findAll("#staff")) staff.hidden = knownChannel() !== "phone";
  focusSummary();
  unsent = !!draft.own;
  if (draft.pending && !draft.lacks) send();
  listen();
  if (kiosk) watchIdle();
};
