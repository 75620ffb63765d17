// @ts-check
// Seals answers to the public keys of the questionnaire before the page's script sends them. The same text stays sealed in the same
// way until it is edited, also after a reload, so that what is sent again is what was sent. What cannot be sealed here is sent as it
// is, and the handler seals it: without WebCrypto, which plain http has not, and where the response's id is not known.
import { byID, deviceStorage, isPairs, isTexts, kiosk, tabStorage } from "./page.js";
import { bytesOf, isAble } from "./hpke.js";
import { idOf, most, seal } from "./sealing.js";

/**
 * What the page says: the survey, its keys, each a point in base64, and the fields that are sealed, with whether their
 * texts may be kept on the device.
 * @typedef {{survey: string, keys: string[], fields: [name: string, isKept: boolean][]}} Settings
 *
 * @typedef {{id: string, version: string, channel: string, answers: Record<string, string | string[]>}} Submission
 * @typedef {[status: number, retryAfter: number, reply: {thanks?: string}]} Outcome
 * @typedef {(submission: Submission) => Promise<Outcome>} Post
 */

const settings = /** @type {Settings} */ (JSON.parse(byID("sealing").textContent));
const keys = settings.keys.map((text) => Uint8Array.from([...atob(text)], (c) => c.charCodeAt(0)));
const form = document.querySelector("form[data-survey]");
const draft = "glasspoll:" + (form && form.getAttribute("data-survey"));
const name = draft + ".sealed";
const storages = [deviceStorage, tabStorage];

/** What has been sealed, by field: for which response, from which text, and the sealed answer. @type {[string, string[]][]} */
let known = [];
for (const storage of storages) {
  const kept = storage.get(name);
  if (!storage.get(draft)) storage.set(name, null); // the draft was deleted
  else if (isPairs(kept, isTexts)) known.push(...kept);
}

/** @param {Submission} submission */
const withSealed = async (submission) => {
  const answers = { ...submission.answers }, id = await idOf(settings.survey, submission.id);
  /** @type {typeof known[]} */
  const kept = [[], []];
  for (const [field, isKept] of id ? settings.fields : []) {
    const values = answers[field], text = [].concat(/** @type {any} */ (values || [])).join("\n"), message = bytesOf(text);
    if (!text || message.length > most) continue;
    const [, [, , before]] = known.find(([f, [of, from]]) => f === field && of === id && from === text) || [0, []];
    const sealed = before || await seal(keys, [settings.survey, submission.version, id, field], message);
    for (const list of kept.slice(isKept ? 0 : 1)) list.push([field, [id, text, sealed]]);
    answers[field] = sealed;
  }
  known = kept[1];
  if (!kiosk && submission.channel !== "phone") storages.forEach((storage, i) => storage.set(name, kept[i]));
  return { ...submission, answers };
};

/** What sends in the place of the page's script, such as work.js. @type {((submission: Submission, post: Post) => Promise<Outcome>) | undefined} */
let sender;

// An anonymous answer's id follows from a token that is not there yet, so blind.js sends it as it is.
if (isAble && !byID("blind")) Object.defineProperty(window, "sendBlindly", {
  set: (other) => { sender = other; },
  get: () => async (/** @type {Submission} */ submission, /** @type {Post} */ post) => {
    const outcome = await (sender || post)(await withSealed(submission).catch(() => submission), post);
    if (outcome[2].thanks) for (const storage of storages) storage.set(name, null);
    return outcome;
  },
});
