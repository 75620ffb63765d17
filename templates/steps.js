// @ts-check
// Sections as steps, if the author wants that: one at a time, with a way back that is also the browser's.
import { asText, byID, findAll, kiosk } from "./page.js";
import { form, say, sections, showSections, submitButton } from "./form.js";

const enabled = form.hasAttribute("data-steps");
const progress = byID("progress");
const back = byID("back");
const submitLabel = submitButton.textContent;
let currentStep = sections[0];
let shown = sections; // those with a question that is asked
let stepping = false;

const isLastStep = () => !stepping || currentStep === shown[shown.length - 1];
const currentIndex = () => sections.indexOf(currentStep);

const showStep = () => {
  if (!enabled) return;
  shown = showSections();
  if (currentStep.hidden) {
    currentStep = shown.filter((s) => sections.indexOf(s) < currentIndex()).pop() || shown[0] || currentStep;
  }
  stepping = shown.length > 1;
  const at = shown.indexOf(currentStep);
  const [text, bar] = /** @type {[HTMLElement, HTMLProgressElement]} */ (/** @type {unknown} */ (progress.children));
  for (const s of shown) s.hidden = stepping && s !== currentStep;
  progress.hidden = !stepping;
  text.textContent = say.step.replace("{n}", asText(at + 1)).replace("{max}", asText(shown.length));
  bar.max = shown.length;
  bar.value = at + 1;
  back.hidden = !stepping || !at;
  submitButton.textContent = isLastStep() ? submitLabel : say.next;
  for (const intro of findAll(".intro")) intro.hidden = stepping && at > 0;
};

const enterStep = () => {
  showStep();
  const heading = currentStep.querySelector("h2") || progress;
  heading.tabIndex = -1;
  heading.setAttribute("aria-describedby", "progress");
  heading.focus({ preventScroll: true });
  progress.scrollIntoView();
};

/**
 * Goes to a step. Each is an entry of the history, but not on a kiosk.
 * @param {HTMLElement | null | undefined} section
 */
const goToStep = (section) => {
  if (!section || section === currentStep || !stepping) return;
  const state = { ...history.state, step: sections.indexOf(section), from: currentIndex() };
  if (kiosk) history.replaceState(state, "");
  else history.pushState(state, "");
  currentStep = section;
  enterStep();
};
const goToNext = () => goToStep(shown[shown.indexOf(currentStep) + 1]);
/** @param {number | undefined} index */
const resumeAt = (index) => { currentStep = enabled && sections[Number(index)] || currentStep; };

const goBack = () => {
  const before = shown[shown.indexOf(currentStep) - 1];
  if (history.state.from === sections.indexOf(before)) history.back();
  else goToStep(before);
};

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

/** @type {import("./survey.js").Steps} */
export const steps = {
  isLast: isLastStep, index: currentIndex, current: () => currentStep, show: showStep, goTo: goToStep, goToNext, resumeAt,
};
