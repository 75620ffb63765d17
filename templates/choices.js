// @ts-check
// What choices do to each other: the box of "other", and options that exclude all others.
import { findAll, isTick } from "./page.js";
import { controlsOf, form } from "./form.js";

/** @import { Control } from "./form.js" */

// The box of "other" is there when other is chosen. A text beside another choice stays in sight until the choice changes.
const others = /** @type {Control[]} */ (findAll(".other input", form))
  .map((box) => ({ box, question: box.name.split(".")[0], kept: false }));
export const keepFilledOthers = () => {
  for (const o of others) o.kept = o.box.value !== "";
};
/** @param {string} [changed] the question whose choice has just changed */
export const showOthers = (changed) => {
  for (const o of others) {
    if (o.question === changed) o.kept = false;
    const chosen = controlsOf(o.question).some((c) => (!isTick(c) || c.checked) && c.value === "_other");
    /** @type {HTMLElement} */ (o.box.parentNode).hidden = !o.kept && !chosen;
  }
};

/**
 * Unticks what cannot be chosen together with what has just been ticked.
 * @param {Control} target
 */
export const untickExcluded = (target) => {
  if (target.type !== "checkbox" || !target.checked) return;
  for (const c of controlsOf(target.name)) {
    if (c !== target && ("alone" in c.dataset || "alone" in target.dataset)) c.checked = false;
  }
};
