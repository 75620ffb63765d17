// @ts-check
// Anonymous answers of invitees. The invitation and the answers go in two requests: the first has a random nonce signed, which is
// blinded, so that the signer never sees it; the second sends the nonce, its signature and the answers, and nothing of the
// invitation. Whoever gets both cannot tell which belong together, but by the time, so the second waits.
import { byID, deviceStorage, makeElement } from "./page.js";
import { bytesOf, encode, exponent, inverse, numberOf, power } from "./blindrsa.js";

/**
 * What the page says. Without a key there is nothing to be signed here.
 * @typedef {{survey: string, key?: string, keys?: string, print?: string, wait: [number, number], say: Record<string, string>}} Settings
 *
 * @typedef {{thanks?: string, receipt?: string, signature?: string, problems?: {question: string, code: string, message: string}[]}} Reply
 * @typedef {[status: number, retryAfter: number, reply: Reply]} Outcome
 * @typedef {Record<string, unknown>} Submission
 *
 * What is kept on the device until the answers are received: what is to be signed, and then the token.
 * @typedef {{to: string, body: Submission, ask?: {invitation: string, key: string, blinded: string}, modulus?: string, nonce?: string, message?: string, inverse?: string, token?: string}} Kept
 */

const settings = /** @type {Settings} */ (JSON.parse(byID("blind").textContent));
const { say } = settings;
const prefix = "glasspoll.token:";
const name = prefix + settings.survey;
const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-survey]"));
const choice = byID("openly");

/** What is kept where the device's storage is blocked. @type {Record<string, Kept | null>} */
const inMemory = {};
/** @param {string} key @returns {Kept | null} */
const load = (key) => inMemory[key] || deviceStorage.get(key);
/** @param {string} key @param {Kept | null} kept */
const keep = (key, kept) => {
  inMemory[key] = kept;
  return deviceStorage.set(key, kept);
};

/** @param {string} text */
const fromBase64 = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
/** @param {Uint8Array} bytes */
const toBase64 = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
/** @param {bigint | number} n */
const hex = (n) => "0x" + n.toString(16);
/** @param {number} n */
const random = (n) => crypto.getRandomValues(new Uint8Array(n));
/** @param {Uint8Array} bytes */
const sha384 = (bytes) => crypto.subtle.digest("SHA-384", /** @type {Uint8Array<ArrayBuffer>} */ (bytes));

/** The public key, if the list that everybody has is the one that this page names, and has one key for each group. */
const readKey = async () => {
  const response = await fetch(/** @type {string} */ (settings.keys), { credentials: "omit", referrerPolicy: "no-referrer" });
  if (!response.ok) throw [response.status, 0, await response.json().catch(() => ({}))];
  const list = await response.arrayBuffer();
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", list));
  const { keys } = JSON.parse(new TextDecoder().decode(list));
  const groups = new Set(keys.map((/** @type {any} */ k) => JSON.stringify([k.period, k.values])));
  const key = keys.find((/** @type {any} */ k) => k.id === settings.key);
  if (sum.slice(0, 16).reduce((text, b) => text + b.toString(16).padStart(2, "0"), "") !== settings.print || groups.size < keys.length) return null;
  return numberOf(fromBase64(key.n));
};
/** @type {Promise<bigint | null> | undefined} */
let key;
const modulus = () => key = key || readKey().catch((fault) => {
  key = undefined; // to be read again
  throw fault;
});

/** A nonce, blinded. @param {bigint} n @param {string} to @param {Submission} body @param {string} invitation */
const blind = async (n, to, body, invitation) => {
  const nonce = random(48), size = 256;
  const message = await encode(nonce, random(48), size, sha384);
  let r = n, back = BigInt(0);
  while (r >= n || !back) { // almost always once or twice
    r = numberOf(random(size));
    back = inverse(r, n);
  }
  const blinded = toBase64(bytesOf(message * power(r, exponent, n) % n, size));
  const ask = { invitation, key: /** @type {string} */ (settings.key), blinded };
  return { to, body, ask, nonce: toBase64(nonce), modulus: hex(n), message: hex(message), inverse: hex(back) };
};

/**
 * Posts JSON once. The status is 0 without an answer.
 * @param {string} address
 * @param {object} body
 * @param {RequestCredentials} credentials
 * @returns {Promise<Outcome>}
 */
const post = async (address, body, credentials) => {
  let status = 0, retryAfter = 0, reply = {};
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 3e4); // does nothing once there is a reply
  try {
    const response = await fetch(address, {
      method: "POST", credentials, referrerPolicy: "no-referrer", signal: controller.signal, body: JSON.stringify(body),
      headers: { "Content-Type": "application/json", Accept: "application/json" },
    });
    status = response.status;
    retryAfter = +/** @type {string} */ (response.headers.get("Retry-After")) * 1000;
    reply = await response.json() || {};
  } catch { /* no network, or no JSON */ }
  return [status, retryAfter, reply];
};

/** @param {string} message @returns {Outcome} */
const refuse = (message, code = "not_anonymous") => [403, 0, { problems: [{ question: "", code, message }] }];

/**
 * Has the nonce signed, unless it is, and sends the answers after a while.
 * @param {string} at where it is kept
 * @param {(text: string) => void} tell
 * @returns {Promise<Outcome>}
 */
const send = async (at, tell) => {
  let kept = /** @type {Kept} */ (load(at));
  if (kept.ask) {
    const n = BigInt(/** @type {string} */ (kept.modulus));
    const outcome = await post(new URL("token", kept.to).href, kept.ask, "same-origin");
    const [status, , reply] = outcome;
    if (!reply.signature) {
      if (status === 409) forget(at, kept); // used for another nonce: that of another tab or device
      return outcome;
    }
    const signature = numberOf(fromBase64(reply.signature)) * BigInt(/** @type {string} */ (kept.inverse)) % n;
    if (power(signature, exponent, n) !== BigInt(/** @type {string} */ (kept.message))) return refuse(say.keys);
    kept = { to: kept.to, body: kept.body, token: `${kept.ask.key}.${kept.nonce}.${toBase64(bytesOf(signature, 256))}` };
    keep(at, kept);
  }
  const [least, most] = settings.wait;
  tell(say.waits);
  await new Promise((done) => { setTimeout(done, 1000 * (least + (most - least) * Number(numberOf(random(4))) / 2 ** 32)); });
  const outcome = await post(kept.to, { ...kept.body, token: kept.token }, "omit");
  if (outcome[2].thanks || outcome[0] === 409) forget(at, kept); // received now or before
  return outcome;
};

/** Forgets what is kept, unless another tab has put something else there. @param {string} at @param {Kept} kept */
const forget = (at, kept) => {
  inMemory[at] = null;
  const there = deviceStorage.get(at);
  if (there && there.nonce === kept.nonce && there.token === kept.token) deviceStorage.set(at, null);
};

const isAble = "BigInt" in window && !!(window.crypto || {}).subtle; // which plain http has not

/**
 * Sends the answers in place of the form's script, which calls it.
 * @param {Submission} submission
 * @param {(submission: Submission) => Promise<Outcome>} plainly
 * @returns {Promise<Outcome>}
 */
const sendBlindly = async (submission, plainly) => {
  const chosen = choice && /** @type {HTMLInputElement} */ (choice.querySelector("input"));
  if (!isAble || !settings.key) return chosen && chosen.checked ? plainly({ ...submission, confidential: true }) : refuse(say.openly);
  const { version, language, answers } = submission;
  const body = { version, language, answers };
  try {
    const known = load(name);
    const n = known ? null : await modulus();
    if (!known && !n) return refuse(say.keys);
    const fresh = /** @type {Kept} */ (known ? { ...known, body } : await blind(/** @type {bigint} */ (n), new URL("responses", /** @type {HTMLFormElement} */ (form).action).href, body, `${submission.invitation}`));
    const seal = /** @type {any} */ (window).sealAnswers; // see seal.js
    const nonce = fromBase64(fresh.nonce || /** @type {string} */ (fresh.token).split(".")[1]);
    const kept = seal ? { ...fresh, body: await seal(body, nonce).catch(() => body) } : fresh;
    const isThere = keep(name, kept);
    return await send(name, (text) => { byID("state").textContent = isThere ? text : say.stay; });
  } catch (fault) { // the keys could not be read
    return /** @type {Outcome} */ (Array.isArray(fault) ? fault : [0, 0, {}]);
  }
};
if (choice) /** @type {any} */ (window).sendBlindly = sendBlindly; // the form of somebody invited

/** Sends what was left when a page was closed before. */
const resume = async () => {
  const names = Object.keys(localStorage).filter((key) => key.startsWith(prefix) && !(form && key === name));
  for (const at of names) {
    const kept = load(at);
    if (!kept || !kept.to || !kept.body) continue;
    const line = makeElement("p", { role: "status", class: "kept" }, say.resumed);
    byID("main").prepend(line);
    const [, , reply] = await send(at, () => {});
    if (reply.thanks) {
      line.textContent = say.received.replace("{receipt}", reply.receipt || "");
      deviceStorage.set("glasspoll:" + at.slice(prefix.length), null); // the draft
    } else if (reply.problems) line.textContent = reply.problems.map((p) => p.message).join(" ");
  }
};

if (isAble && settings.key) {
  choice.hidden = true;
  modulus().catch(() => {}); // and again when it is needed
}
if (isAble) resume().catch(() => {}); // storage is blocked
