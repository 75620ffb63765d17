// @ts-check
// Problems with the answers, as messages beside the questions and in a summary on top, in the handler's words.
import { findProblems } from "./rules.js";
import { byID, findAll, isTick, makeElement } from "./page.js";
import { controlsOf, form, questionElement, ruleOf, say } from "./form.js";

/** @import { State } from "./rules.js" */
/** @import { Control } from "./form.js" */

/** @typedef {{name: string, text: string}} Message */

// A question that the respondent tried to send shows all its messages; one that was only answered leaves out what may
// still come.
/** @type {Set<string | undefined>} */
export const triedQuestions = new Set();
/** @type {Set<string | null>} */
export const touchedQuestions = new Set();
const incomplete = ["required", "incomplete", "must_consent", "too_few", "rank_missing", "wrong_sum"];

// A message of the server holds until its question is answered again.
/** @type {Message[]} */
let serverMessages = [];
/** @param {Message[]} messages */
export const setServerMessages = (messages) => { serverMessages = messages.filter((m) => ruleOf(m.name) && questionElement(ruleOf(m.name).id)); };
/** Takes over the messages of a page that the server rendered with them. */
export const readServerMessages = () =>
  setServerMessages(messageElements().map((e) => ({ name: fieldOf(e), text: e.textContent })));
/** @param {string | null} q */
export const dropServerMessages = (q) => { serverMessages = serverMessages.filter((m) => ruleOf(m.name).id !== q); };

export const messageElements = () => findAll(".err", form);
/** The field of a message, whose id is "e-" and its name. @param {Element} message */
const fieldOf = (message) => message.id.slice(2);

/** @param {Control | undefined} control */
const lineOf = (control) => control && control.closest(".row, .part, .line, .other");

/**
 * What a field is called: its row or line, or else its question.
 * @param {string} q
 * @param {Control} [control]
 */
export const labelOf = (q, control) => {
  const line = lineOf(control);
  const part = line && line.closest(".part");
  const label = (line && line.closest(".pair, .row, .line") || questionElement(q)).querySelector(".t");
  return /** @type {HTMLElement} */ (label).textContent + (part ? say.colon + partCaption(part) : "");
};
/** @param {Element} part */
const partCaption = (part) => /** @type {Element} */ (part.querySelector("p")).childNodes[0].textContent;

/**
 * Shows a message in a field's label, so that it is read out with it; without a text it is removed.
 * @param {string} name
 * @param {string} [text]
 */
const showMessage = (name, text) => {
  const q = ruleOf(name).id;
  const [control] = controlsOf(name);
  const group = (control || questionElement(q)).closest("fieldset");
  const target = group && (!control || isTick(control)) ? (control || group).closest("[role=radiogroup]") : control;
  let message = byID("e-" + name);
  if (!text) message.remove();
  else {
    if (!message) {
      message = makeElement("b", { class: "err", id: "e-" + name });
      if (!triedQuestions.has(q)) message.setAttribute("role", "alert");
      const label = (lineOf(control) || questionElement(q)).querySelector("legend, p:not(.help), label");
      /** @type {HTMLElement} */ (label).append(" ", message);
    }
    if (message.textContent !== text) message.textContent = text;
  }
  if (target && text) target.setAttribute("aria-invalid", "true");
  else if (target) target.removeAttribute("aria-invalid");
};

/**
 * Shows the messages that are due, and returns all problems that would keep the answers from being taken.
 * @param {State} state
 */
export const showMessages = (state) => {
  const problems = findProblems(state);
  const due = new Map(serverMessages.filter((m) => state.asked.has(ruleOf(m.name).id)).map((m) => [m.name, m.text]));
  for (const p of problems) {
    const isDue = triedQuestions.has(p.q) || touchedQuestions.has(p.q) && !incomplete.includes(p.code);
    if (isDue && questionElement(p.q)) due.set(p.name, p.text);
  }
  for (const name of messageElements().map(fieldOf)) if (!due.has(name)) showMessage(name);
  for (const [name, text] of due) showMessage(name, text);
  for (const element of findAll("[data-q]", form)) element.classList.toggle("bad", !!element.querySelector(".err"));
  return problems;
};

/**
 * Puts a summary on top: all messages in the order of the page, as links, and more below. Without a title it is removed.
 * @param {string} [title]
 * @param {string[]} [more]
 * @param {Node} [way] out
 */
export const showSummary = (title, more = [], way) => {
  const old = byID("errors");
  if (old) old.remove();
  if (!title) return;
  const links = messageElements().map((message) => {
    const name = fieldOf(message);
    const control = controlToFix(message);
    control.id = control.id || "q-" + name;
    const label = labelOf(ruleOf(name).id, controlsOf(name)[0]);
    return makeElement("a", { href: "#" + control.id }, makeElement("span", { class: "t" }, label),
      /[?？؟]$/.test(label) ? " " : say.colon, makeElement("b", {}, message.textContent));
  });
  const items = [...links, ...more].map((item) => makeElement("li", {}, item));
  const summary = makeElement("div", { class: "alert", id: "errors", role: "alert", tabindex: "-1" },
    makeElement("h2", {}, title), makeElement("ul", {}, ...items), makeElement("p", {}, say.kept), way || "");
  /** @type {HTMLElement} */ (form.parentNode).insertBefore(summary, form);
};

/** The first control with which what a message says can be fixed. @param {HTMLElement} message */
export const controlToFix = (message) => {
  const place = /** @type {HTMLElement} */ (message.closest(".row, .part, .line, .other, [data-q]"));
  return /** @type {HTMLElement} */ (place.querySelector("input:not([hidden]), select:not([hidden]), textarea, .pick"));
};
