// @ts-check
// Seals answers to the public keys of the questionnaire before the page's script sends them. The same text stays sealed in the same
// way until it is edited, also after a reload, so that what is sent again is what was sent. What cannot be sealed here is sent as it
// is, and the handler seals it: without WebCrypto, which plain http has not, and under an id that the page has not made.
import { byID, deviceStorage, isPairs, isTexts, kiosk, tabStorage } from "./page.js";
import { bytesOf, isAble } from "./hpke.js";
import { idOf, most, seal } from "./sealing.js";

/**
 * What the page says: the survey, its keys, each a point in base64, and the fields that are sealed, with whether their
 * texts may be kept on the device.
 * @typedef {{survey: string, keys: string[], fields: [name: string, isKept: boolean][]}} Settings
 *
 * @typedef {{version: string, answers: Record<string, any>}} Answered
 * @typedef {Answered & {id: string, channel: string}} Submission
 * @typedef {[status: number, retryAfter: number, reply: {thanks?: string}]} Outcome
 * @typedef {(submission: Submission) => Promise<Outcome>} Post
 */

const settings = /** @type {Settings} */ (JSON.parse(byID("sealing").textContent));
const keys = settings.keys.map((text) => Uint8Array.from([...atob(text)], (c) => c.charCodeAt(0)));
const form = document.querySelector("form[data-survey]");
const draft = "glasspoll:" + (form && form.getAttribute("data-survey"));
const name = draft + ".sealed";
const storages = [deviceStorage, tabStorage];

/**
 * What has been sealed, by field: for which response, from which text, the sealed answer, and the version of the questionnaire, which
 * has changed if the page is another one after a reload. What is sealed for one version opens in no other.
 * @type {[string, string[]][]}
 */
let known = [];
for (const storage of storages) {
  const kept = storage.get(name);
  if (!storage.get(draft)) storage.set(name, null); // the draft was deleted
  else if (isPairs(kept, isTexts)) known.push(...kept);
}

/**
 * Returns answers with those sealed that are to be.
 * @param {string} id of the response
 * @param {Answered} submission
 */
const seals = async (id, { version, answers }) => {
  const sealed = { ...answers };
  /** @type {typeof known} */
  const now = [];
  for (const [field] of settings.fields) {
    const text = [].concat(/** @type {any} */ (answers[field] || [])).join("\n"), message = bytesOf(text);
    if (!text || message.length > most) continue;
    const [, [, , before]] = known.find(([f, [of, from, , by]]) => f === field && of === id && from === text && by === version) || [0, []];
    sealed[field] = before || await seal(keys, [settings.survey, version, id, field], message);
    now.push([field, [id, text, sealed[field], version]]);
  }
  known = now;
  return sealed;
};

/** @param {Submission} submission */
const withSealed = async (submission) => {
  const { id, channel } = submission;
  if (id[14] !== "8") return submission; // not a key
  const key = (id.replace(/-/g, "").match(/../g) || []).map((b) => parseInt(b, 16));
  const answers = await seals(await idOf("key", settings.survey, key), submission);
  if (!kiosk && channel !== "phone") {
    const kept = new Map(settings.fields);
    for (const storage of storages) storage.set(name, known.filter(([field]) => storage === tabStorage || kept.get(field)));
  }
  return { ...submission, answers };
};

/** What sends in the place of the page's script, such as work.js. @type {((submission: Submission, post: Post) => Promise<Outcome>) | undefined} */
let sender;

// The id of an anonymous answer follows from its nonce, which blind.js has, and it keeps on the device what is to be sent.
if (isAble && byID("blind")) {
  /** @type {any} */ (window).sealAnswers = async (/** @type {Answered} */ body, /** @type {Uint8Array} */ nonce) =>
    ({ ...body, answers: await seals(await idOf("token", settings.survey, nonce), body) });
} else if (isAble) Object.defineProperty(window, "sendBlindly", {
  set: (other) => { sender = other; },
  get: () => async (/** @type {Submission} */ submission, /** @type {Post} */ post) => {
    const outcome = await (sender || post)(await withSealed(submission).catch(() => submission), post);
    if (outcome[2].thanks) for (const storage of storages) storage.set(name, null);
    return outcome;
  },
});
