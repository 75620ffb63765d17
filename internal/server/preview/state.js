// @ts-check
// What is kept over a reload: what is typed, where the page is scrolled to, and the focus.
import { tabStorage } from "../../../templates/page.js";
import { controls, fillIn, readValues } from "./form.js";

/** @import { Control } from "../../../templates/form.js" */
/** @import { Values } from "./form.js" */

/**
 * A control: its field, and which of the controls of that.
 * @typedef {{name: string, index: number}} Place
 *
 * What is selected of a text; null where nothing can be.
 * @typedef {[number | null, number | null] | null} Selected
 *
 * @typedef {Place & {selection: Selected}} Focus
 *
 * @typedef {object} State
 * @property {string} mark of the page that the reload is for
 * @property {Values} values
 * @property {number} x
 * @property {number} y
 * @property {string} padding room under the page for the problems
 * @property {Place & {top: number} | null} seen the first control in sight, and where it is in the window
 * @property {Focus | null} focus
 */

/** @param {Control} c @returns {Place} */
const placeOf = (c) => ({ name: c.name, index: controls().filter((other) => other.name === c.name).indexOf(c) });
/** The control at a place; it may be gone. @param {Place} place @returns {Control | undefined} */
const controlAt = (place) => controls().filter((c) => c.name === place.name)[place.index];

/** Keeps the state of this page for the next. @param {string} key @param {string} mark */
export const saveState = (key, mark) => {
  const seen = scrollY > 0 ? controls().find((c) => c.getClientRects().length && c.getBoundingClientRect().bottom > 0) : undefined;
  const active = controls().find((c) => c === document.activeElement);
  /** @type {State} */
  const state = {
    mark,
    values: readValues(),
    x: scrollX,
    y: scrollY,
    padding: document.documentElement.style.paddingBlockEnd,
    seen: seen ? { ...placeOf(seen), top: seen.getBoundingClientRect().top } : null,
    focus: active ? { ...placeOf(active), selection: selectionOf(/** @type {HTMLInputElement} */ (active)) } : null,
  };
  tabStorage.set(key, state);
};

/** @param {HTMLInputElement} box @returns {Selected} */
const selectionOf = (box) => {
  try {
    return [box.selectionStart, box.selectionEnd];
  } catch { // it has none
    return null;
  }
};

/** Restores the state that the page before has kept, and returns it. @param {string} key */
export const restoreState = (key) => {
  const state = /** @type {State | null} */ (tabStorage.get(key));
  tabStorage.set(key, null);
  if (!state) return null;
  fillIn(state.values);
  document.documentElement.style.paddingBlockEnd = state.padding; // first: else the page may be too short to scroll that far
  const seen = state.seen && controlAt(state.seen);
  const top = state.seen && seen ? scrollY + seen.getBoundingClientRect().top - state.seen.top : state.y;
  scrollTo({ left: state.x, top, behavior: "instant" });
  if (state.focus) restoreFocus(state.focus);
  return state;
};

/** @param {Focus} focus */
const restoreFocus = (focus) => {
  const control = /** @type {HTMLInputElement | undefined} */ (controlAt(focus));
  if (!control) return;
  control.focus({ preventScroll: true });
  if (!focus.selection) return;
  try {
    control.setSelectionRange(...focus.selection);
  } catch { /* another kind of box now */ }
};
