// @ts-check
// The page's form, if it has one: what is typed into it, and filling it in.
import { findAll, isTick } from "../../../templates/page.js";

/** @import { Control } from "../../../templates/form.js" */
/** @typedef {Record<string, string[]>} Values what is typed and chosen, by field */

// A question may have the name of one of a form's own properties, so only those that have a capital letter are used.
export const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-survey]"));

/** The controls of the form; without the hidden ones that are the form's own, whose names begin with a line. */
export const controls = () => {
  const all = form ? /** @type {Control[]} */ (findAll("input, select, textarea", form)) : [];
  return all.filter((c) => c.name && !c.name.startsWith("_"));
};

/** A hidden control of the form's own. @param {string} name */
export const ownControl = (name) => /** @type {HTMLInputElement} */ (form?.querySelector(`[name="${name}"]`));

// Names are looked up in Maps: a question may be called "constructor".

/** @returns {Values} */
export const readValues = () => {
  /** @type {Map<string, string[]>} */
  const values = new Map();
  for (const c of controls()) {
    const given = (isTick(c) ? c.checked : c.value !== "") ? [c.value] : [];
    values.set(c.name, (values.get(c.name) ?? []).concat(given));
  }
  return Object.fromEntries(values);
};

/** Fills in values, and tells the page's script once all are there. @param {Values} values */
export const fillIn = (values) => {
  const given = new Map(Object.entries(values));
  const changed = controls().filter((c) => given.has(c.name) && setValue(c, given.get(c.name) ?? []));
  for (const c of changed) {
    c.dispatchEvent(new Event("input", { bubbles: true }));
    c.dispatchEvent(new Event("change", { bubbles: true }));
  }
};

/** Fills in one control; true if that changes it. @param {Control} c @param {string[]} values */
const setValue = (c, values) => {
  if (isTick(c)) {
    const before = c.checked;
    c.checked = values.includes(c.value);
    return c.checked !== before;
  }
  const before = c.value;
  c.value = values[0] ?? "";
  return c.value !== before;
};
