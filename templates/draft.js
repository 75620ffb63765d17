// @ts-check
// Drafts: what is typed is kept on the respondent's device until it is sent, without what is private. A submission on its
// way is kept whole, but only in this tab, so that it goes on after a reload. On a kiosk, or where staff fill in forms for
// others, nothing is kept.
import { byID, deviceStorage, isPairs, isTexts, isTick, kiosk, tabStorage } from "./page.js";
import {
  assignID, channelField, controlsIn, controlsOf, form, idField, languageField, readTyped, ruleOf, say, setText, storageKey,
} from "./form.js";
import { fieldsOf } from "./rules.js";

/**
 * @typedef {object} Draft
 * @property {number} time when it was saved, in milliseconds
 * @property {string} id of the submission
 * @property {boolean} pending whether the submission was on its way
 * @property {boolean} [moved] whether the page was left for another language
 * @property {number} step
 * @property {boolean} [lacks] whether private answers were left out
 * @property {[string, string[]][]} answers by field
 *
 * own is true of a draft of this very submission, kept in this tab: after a reload, or on the way to another language.
 * @typedef {Draft & {own?: boolean}} FoundDraft
 */

const isDisabled = () => kiosk || channelField.value === "phone";
const notice = byID("kept");

/** Whether a draft has a field. @param {string} name */
const isKept = (name) => {
  const q = ruleOf(name);
  return q && q.type !== "hidden" && fieldsOf(q).includes(name);
};
const answers = () => [...readTyped()].filter(([name, values]) => isKept(name) && values.some((v) => v));

/**
 * Saves the draft on the device; whole says to keep it in this tab as well, with private answers.
 * @param {boolean | undefined} whole
 * @param {Pick<Draft, "pending" | "moved" | "step">} more
 */
export const saveDraft = (whole, more) => {
  if (isDisabled()) return;
  const all = answers();
  const kept = all.filter(([name]) => !ruleOf(name).private);
  const draft = { time: Date.now(), id: idField.value, ...more };
  const isThere = deviceStorage.set(storageKey, all.length ? { ...draft, lacks: kept.length < all.length, answers: kept } : null);
  tabStorage.set(storageKey, whole ? { ...draft, answers: all } : null);
  notice.hidden = !isThere || !kept.length;
};

/**
 * Deletes the draft: that of another submission only if others says so.
 * @param {boolean} [others]
 */
export const deleteDraft = (others) => {
  const draft = draftIn(deviceStorage);
  if (others || draft && draft.id === idField.value) deviceStorage.set(storageKey, null);
  tabStorage.set(storageKey, null);
  notice.hidden = true;
};

/**
 * Fills in the draft, unless something is there already, and returns it; {} if there is none.
 * @returns {Partial<FoundDraft>}
 */
export const restoreDraft = () => {
  const draft = findDraft();
  if (!draft) return {};
  for (const [name, values] of draft.answers) {
    for (const c of isKept(name) ? controlsOf(name) : []) {
      if (isTick(c)) c.checked = values.includes(c.value);
      else setText(c, values[0] || "");
    }
  }
  if (draft.own || draft.pending) assignID(draft.id);
  if (!draft.own) {
    const date = new Date(draft.time).toLocaleDateString(languageField.value);
    const text = /** @type {HTMLElement} */ (notice.firstElementChild);
    text.textContent = say.draft.replace("{date}", date) + (draft.lacks ? " " + say.apart : "");
    form.insertBefore(notice, form.firstElementChild);
  }
  notice.hidden = !draftIn(deviceStorage) || !answers().length;
  return draft;
};

/**
 * The draft in a storage, of the last 30 days; null if there is none that can be used.
 * @param {typeof deviceStorage} storage
 * @returns {Draft | null}
 */
const draftIn = (storage) => {
  const draft = storage.get(storageKey) || {};
  const isUsable = Math.abs(Date.now() - draft.time) < 30 * 864e5 && /^[\da-f-]{36}$/i.test(draft.id) && isPairs(draft.answers, isTexts);
  return isUsable ? draft : null;
};

/** @returns {FoundDraft | null} */
const findDraft = () => {
  if (isDisabled()) return null;
  const inTab = draftIn(tabStorage);
  if (inTab && (inTab.pending || inTab.moved || inTab.id === idField.value)) return { ...inTab, own: true };
  return answers().length ? null : draftIn(deviceStorage);
};

export const clearForm = () => {
  for (const c of controlsIn()) {
    if (isTick(c)) c.checked = false;
    else if (c.name && c.type !== "hidden") c.value = "";
  }
};
