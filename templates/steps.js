// @ts-check
// One step at a time, if the author wants that: a section, or a card with one question. There is a way back that is also the
// browser's.
import { asText, byID, findAll, kiosk } from "./page.js";
import { form, say, showSections, submitButton } from "./form.js";

const enabled = form.getAttribute("data-steps");
const cards = enabled === "cards";
const selector = cards ? "[data-q]" : "section";
const all = findAll(selector, form); // what can be a step
const progress = byID("progress");
const back = byID("back");
const submitLabel = submitButton.textContent;
let currentStep = all[0];
let shown = all; // the steps with a question that is asked
let stepping = false;

const isLastStep = () => !stepping || currentStep === shown[shown.length - 1];
const currentIndex = () => all.indexOf(currentStep);

/** @param {Element} step */
const isNote = (step) => step.matches(".md");

/**
 * The step that an element belongs to. A note is on the card of the question that follows it in its section, or else of the
 * last one; notes alone are one card.
 * @param {Element} element
 */
const stepOf = (element) => {
  const step = /** @type {HTMLElement} */ (element.closest(selector));
  if (!step || !isNote(step)) return step;
  const asked = findAll("[data-q]:not([hidden])", /** @type {HTMLElement} */ (step.parentNode));
  const at = asked.indexOf(step);
  return [...asked.slice(at), ...asked.slice(0, at).reverse()].find((q) => !isNote(q)) || asked[0];
};

const showStep = () => {
  if (!enabled) return;
  const parts = showSections();
  shown = cards ? all.filter((q) => !q.hidden && stepOf(q) === q) : parts;
  if (!shown.includes(currentStep)) {
    currentStep = shown.filter((s) => all.indexOf(s) < currentIndex()).pop() || shown[0] || currentStep;
  }
  stepping = shown.length > 1;
  const part = /** @type {HTMLElement} */ (currentStep.closest("section"));
  const at = shown.indexOf(currentStep);
  for (const s of parts) s.hidden = stepping && s !== part;
  if (cards) {
    for (const q of all) q.classList.toggle("off", stepping && stepOf(q) !== currentStep);
    const isFirst = shown.find((q) => q.parentNode === part) === currentStep;
    for (const intro of findAll(".md:not([data-q])", part)) intro.classList.toggle("off", !isFirst);
  }
  document.body.classList.toggle("on", stepping && at > 0);
  const counted = shown.filter((s) => !isNote(s));
  const n = counted.indexOf(currentStep) + 1;
  const [text, bar] = /** @type {[HTMLElement, HTMLProgressElement]} */ (/** @type {unknown} */ (progress.children));
  text.textContent = n ? say.step.replace("{n}", asText(n)).replace("{max}", asText(counted.length)) + (at || !say.tap ? "" : say.tap) : "";
  bar.max = shown.length + 1; // the last is sending
  bar.value = at + 1;
  progress.hidden = !stepping;
  back.hidden = !stepping || !at;
  const label = isLastStep() ? submitLabel : say.next;
  if (submitButton.textContent !== label) submitButton.textContent = label; // in WebKit, a button that gets another text while it is pressed is not pressed
};

/** What is read first on the step. */
const headingOf = () => {
  if (!cards) return currentStep.querySelector("h2");
  const first = findAll("section > .md, [data-q]", form).find((e) => e.getClientRects().length);
  return first && first.querySelector("legend, label") || first;
};

const enterStep = () => {
  clearTimeout(timer);
  entered = Date.now();
  showStep();
  const heading = /** @type {HTMLElement} */ (headingOf() || progress);
  heading.tabIndex = -1;
  heading.setAttribute("aria-describedby", "progress");
  heading.focus({ preventScroll: true });
  (cards ? document.body : progress).scrollIntoView();
};

/**
 * Goes to a step. Each is an entry of the history, but not on a kiosk.
 * @param {HTMLElement | null | undefined} step
 */
const goToStep = (step) => {
  if (!step || step === currentStep || !stepping) return;
  const state = { ...history.state, step: all.indexOf(step), from: kiosk || currentIndex() };
  history[kiosk ? "replaceState" : "pushState"](state, "");
  currentStep = step;
  enterStep();
};
const goToNext = () => goToStep(shown[shown.indexOf(currentStep) + 1]);
/** @param {number | undefined} index */
const resumeAt = (index) => { currentStep = enabled && all[Number(index)] || currentStep; };

const goBack = () => {
  const before = shown[shown.indexOf(currentStep) - 1];
  if (history.state.from === all.indexOf(before)) history.back();
  else goToStep(before);
};

// A card goes on by itself, once the choice was seen, when one option of a question is chosen, also when it is the one that was
// chosen before. Arrow keys move through the options: they never go on. Nor does a choice that brings up a note, which is to be
// read.
const delay = 250; // milliseconds
let timer = 0;
let entered = 0; // when the card was
let key = ""; // that is held down
/** @param {EventTarget | null} target */
const isChoice = (target) => {
  const radio = /** @type {HTMLInputElement} */ (target);
  return radio.type === "radio" && !radio.closest(".row, .part");
};
const countNotes = () => findAll("[data-q].md:not([hidden], .off)", form).length;
/** @param {MouseEvent} event */
const onClick = (event) => {
  clearTimeout(timer);
  if (event.target === submitButton && event.detail && Date.now() - entered < delay) event.preventDefault(); // the second click of two
  const radio = /** @type {HTMLInputElement} */ (event.target);
  if (!isChoice(radio) || radio.value === "_other" || key.startsWith("Arrow")) return;
  const notes = countNotes(); // the form has not changed yet
  timer = setTimeout(() => { if (!isLastStep() && countNotes() <= notes) submitButton.click(); }, delay);
};
/** Enter chooses what has the focus. @param {KeyboardEvent} event */
const onKeyDown = (event) => {
  clearTimeout(timer);
  ({ key } = event);
  const radio = /** @type {HTMLInputElement} */ (event.target);
  if (key !== "Enter" || !isChoice(radio) || radio.checked) return;
  event.preventDefault();
  radio.click();
};
const onRelease = () => { key = ""; };

if (enabled) {
  history.scrollRestoration = "manual";
  back.addEventListener("click", goBack);
  addEventListener("popstate", () => {
    if (history.state) {
      resumeAt(history.state.step || 0);
      enterStep();
    } else history.replaceState({ step: currentIndex() }, ""); // a link within the page
  });
}
if (cards) {
  document.body.classList.add("one");
  form.addEventListener("click", onClick);
  addEventListener("keydown", onKeyDown);
  addEventListener("keyup", onRelease);
  addEventListener("pointerdown", onRelease);
}

/** @type {import("./survey.js").Steps} */
export const steps = {
  isLast: isLastStep,
  index: currentIndex,
  questions: () => (isLastStep() ? findAll("[data-q]", form) : cards ? [currentStep] : findAll("[data-q]", currentStep)),
  show: showStep,
  goTo: (element) => goToStep(stepOf(element)),
  goToNext,
  resumeAt,
};
