// @ts-check
// The form of a survey: its fields, what is typed into them, and what the rules make of it.
import { answerText, evaluate, fieldsOf, fillIn, halfTyped, isOther, shuffledOptions } from "./rules.js";
import { asText, byID, findAll, isTick, query } from "./page.js";

/** @import { Rule, Rules, State, Typed } from "./rules.js" */

/**
 * An input, a select or a textarea, with what any of them may have.
 * @typedef {HTMLElement & Pick<HTMLInputElement, "name" | "value" | "type" | "checked" | "disabled" | "autocomplete" | "labels" | "validity">
 *   & Partial<Pick<HTMLSelectElement, "selectedOptions">>} Control
 */

// A question may be called "action" or "elements", and would then stand in the form for what has that name. No id has a
// capital letter, so that querySelector and the like are what they are.
export const form = /** @type {HTMLFormElement} */ (document.querySelector("form[data-survey]"));
export const rules = /** @type {Rules} */ (JSON.parse(byID("rules").textContent));
export const { say } = rules;
/** On an invitee's form, something of the invitation follows the id: drafts of several people on one device are apart. */
export const surveyID = form.getAttribute("data-survey");
export const storageKey = "glasspoll:" + surveyID;

/** The controls of a field. @param {string} name */
export const controlsOf = (name) => /** @type {Control[]} */ (findAll(`[name="${name}"]`, form));
export const controlsIn = (within = /** @type {ParentNode} */ (form)) =>
  /** @type {Control[]} */ (findAll("input, select, textarea", within));
/** What is sent beside the answers, each under its name without the underscore. Only an invitee's form has an invitation. */
export const envelope = /** @type {Control[]} */ (findAll('[name^="_"]', form));
export const [idField, , languageField, channelField, , invitationField] = envelope;
export const sections = findAll("section", form);
export const submitButton = /** @type {HTMLButtonElement} */ (form.querySelector(".send button:not([type])"));
/** The element of a question; null for one that is hidden. @param {string} q */
export const questionElement = (q) => /** @type {HTMLElement} */ (form.querySelector(`[data-q="${q}"]`));
/** The rule of a field's question. @param {string} name */
export const ruleOf = (name) => /** @type {Rule} */ (rules.questions.find((q) => q.id === name.split(".")[0]));

// A key: a random UUID of version 8. The handler stores the answers under its hash, so the receipt does not give it away.
// (randomUUID is of version 4, and missing on plain http.)
export const newKey = () => "10000000-1000-8000-9000-100000000000".replace(/[019]/g, (digit) =>
  (+digit ^ crypto.getRandomValues(new Uint8Array(1))[0] & 15 >> +digit / 4).toString(16));

/**
 * Sets the submission's id. One filled form is one submission: its id belongs to the page's entry in the history, so it
 * stays the same over retries, reloads and the way back from the thank-you page; another tab or visit has another. An id
 * that the server gave back stays.
 * @param {string} [id] of a draft
 */
export const assignID = (id) => {
  idField.value = id || (history.state || {}).submission || idField.value || newKey();
  history.replaceState({ ...history.state, submission: idField.value }, "");
};

/**
 * Sets the text of a box. One for a date or a time becomes one for text rather than drop it.
 * @param {Control} box
 * @param {string} text
 */
export const setText = (box, text) => {
  box.value = text;
  if (box.value === text || !isForTime(box)) return;
  box.type = "text";
  box.value = text;
};
/** @param {Control} box */
export const isForTime = (box) => box.type === "date" || box.type === "time";

/** Takes over values that come with the link, cut to a length that the handler can read: it counts their canonical form. */
export const readLink = () => {
  channelField.value = channelField.value || query.get("c") || "";
  for (const c of /** @type {Control[]} */ (findAll("[data-link]", form))) {
    c.value = c.value || (query.get(c.name) || "").normalize().slice(0, 200);
  }
};
/** The channel; "" if the survey has none of this name. */
export const knownChannel = () => ((rules.channels || []).includes(channelField.value) ? channelField.value : "");

/**
 * Puts siblings into an order. If they are in it they stay untouched: a button that is taken out and put back while it is
 * pressed is not pressed.
 * @param {HTMLElement[]} items
 */
export const reorder = (items) => {
  if (!items.length) return;
  const parent = /** @type {HTMLElement} */ (items[0].parentNode);
  const siblings = [...parent.children];
  const before = siblings.filter((s) => items.includes(/** @type {HTMLElement} */ (s)));
  if (before.every((s, i) => s === items[i])) return;
  const end = siblings[siblings.indexOf(/** @type {Element} */ (before.pop())) + 1] || null;
  const focused = /** @type {HTMLElement} */ (document.activeElement);
  for (const item of items) parent.insertBefore(item, end);
  if (parent.contains(focused) && focused !== document.activeElement) focused.focus();
};

/**
 * What shows one option: a label, an entry of a list, or a line.
 * @param {string} q
 * @param {string} option
 */
const optionElement = (q, option) => {
  const [line] = controlsOf(`${q}.${option}`);
  if (line && option !== "_other") return line.closest(".line");
  const [control] = findAll(`[name="${q}"][value="${option}"], [name="${q}"] > [value="${option}"]`, form);
  return control && (control.closest("label") || control);
};

export const shuffleOptions = () => {
  for (const q of rules.questions) {
    if (!q.shuffle) continue;
    const elements = shuffledOptions(q, idField.value).map((option) => optionElement(q.id, option));
    reorder(/** @type {HTMLElement[]} */ (elements.filter(Boolean)));
  }
};

/** @param {Control} c */
const isInHiddenOther = (c) => !!c.closest(".other[hidden]");

/** What is typed so far, also into questions that are not asked at the moment: it comes back with them. */
export const readTyped = () => {
  /** @type {Typed} */
  const typed = new Map();
  for (const c of controlsIn()) {
    if (!c.name || c.name.startsWith("_") || isTick(c) && !c.checked || isInHiddenOther(c)) continue;
    typed.set(c.name, (typed.get(c.name) || []).concat(c.validity.badInput ? halfTyped : c.value));
  }
  return typed;
};

/** Shows the sections that have a question that is asked, and returns them. */
export const showSections = () => sections.filter((s) => {
  s.hidden = findAll("[data-q]", s).every((q) => q.hidden);
  return !s.hidden;
});

/** Shows what is asked, and no more, and returns what the rules make of the answers. */
export const applyRules = () => {
  const state = evaluate(rules, readTyped(), knownChannel(), languageField.value);
  for (const q of rules.questions) showQuestion(state, q);
  showSections();
  findAll("[data-q]:not([hidden], .md) .n").forEach((number, i) => { number.textContent = asText(i + 1); }); // without gaps
  for (const pipe of findAll("[data-pipe]")) pipe.textContent = answerText(state, /** @type {string} */ (pipe.dataset.pipe));
  for (const option of findAll("[data-text]", form)) option.textContent = fillIn(state, /** @type {string} */ (option.dataset.text));
  return state;
};

/**
 * Shows a question if it is asked, and of its options those that are offered. What is not shown is disabled.
 * @param {State} state
 * @param {Rule} q
 */
const showQuestion = (state, q) => {
  const shown = state.asked.has(q.id);
  const withheld = state.withheld.get(q.id) || [];
  for (const [option] of q.option_if || []) {
    const element = /** @type {HTMLOptionElement} */ (optionElement(q.id, option));
    if (element) element.hidden = element.disabled = withheld.includes(option);
  }
  const element = questionElement(q.id);
  for (const c of element ? controlsIn(element) : controlsOf(q.id)) {
    if (c.name === q.id && c.tagName === "SELECT" && withheld.includes(c.value)) c.value = "";
    const option = c.name.startsWith(q.id + ".") ? c.name.slice(q.id.length + 1) : c.value;
    c.disabled = !shown || c.tagName !== "TEXTAREA" && withheld.includes(option) || isInHiddenOther(c);
  }
  if (!element) return;
  element.hidden = !shown;
  const required = state.required.has(q.id) || fieldsOf(q).every((name) => isOther(name) || state.required.has(name));
  for (const mark of findAll("[data-req]", element)) mark.hidden = !required;
};
