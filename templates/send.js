// @ts-check
// Sending: under one id until the handler has answered, over dead networks and reloads, and never said to be done before.
import { byID, makeElement } from "./page.js";
import { envelope, form, knownChannel, ruleOf, say, submitButton } from "./form.js";

/** @import { State } from "./rules.js" */

/**
 * A problem as the handler answers with it.
 * @typedef {{question: string, field?: string, code: string, message: string}} ServerProblem
 *
 * @typedef {{thanks?: string, receipt?: string, problems?: ServerProblem[], work?: Work}} Reply
 *
 * What the handler asks for before it takes the answers: the work of a script, or to be sent again after a wait, with a seal.
 * @typedef {{script: string, seal: string}} Work
 *
 * What is called when the handler has the submission, when it refuses it, and before each wait for another try.
 * @typedef {object} Outcome
 * @property {(receipt: string, thanks: URL) => void} saved
 * @property {(problems: ServerProblem[]) => void} refused
 * @property {() => void} waiting
 */

export const address = new URL(/** @type {string} */ (form.getAttribute("action")), document.baseURI);
const timeout = 3e4, longestWait = 3e5; // milliseconds: for one answer, and between two tries, to which as much again is added at random

/** What is to be sent, as it was when the button was pressed. @type {Record<string, unknown> | null} */
export let pending = null;
/** @type {Outcome} */
let outcome;
export let sending = false;
let tries = 0, timer = 0;

/** @param {string} text */
export const showStatus = (text) => { byID("state").textContent = text; };
export const endSending = () => {
  sending = false;
  submitButton.removeAttribute("aria-disabled");
  showStatus("");
};

/**
 * Sends the answers as they are now, and tells the outcome.
 * @param {State} state
 * @param {Outcome} on
 */
export const submit = (state, on) => {
  /** @type {Record<string, string | string[]>} */
  const answers = {};
  for (const [name, values] of state.values) {
    const q = ruleOf(name);
    answers[name] = name === q.id && q.type === "multi_choice" ? values : values[0];
  }
  pending = { ...Object.fromEntries(envelope.map((c) => [c.name.slice(1), c.value])), channel: knownChannel(), answers };
  outcome = on;
  tries = 0;
  trySend();
};

/** Stops further tries: what is on the screen is no longer what was to be sent. */
export const stopTrying = () => {
  if (!pending || sending) return;
  pending = null;
  clearTimeout(timer);
  showStatus("");
};

const trySend = async () => {
  if (sending || !pending) return;
  sending = true;
  clearTimeout(timer);
  submitButton.setAttribute("aria-disabled", "true");
  showStatus(/** @type {string} */ (submitButton.dataset.busy));
  const [status, retryAfter, reply] = await (/** @type {any} */ (window).sendBlindly || post)(pending, post); // see blind.js and work.js
  if (reply.thanks) {
    pending = null;
    outcome.saved(/** @type {string} */ (reply.receipt), new URL("../../../" + reply.thanks, address));
    return;
  }
  endSending();
  // A 500 of the handler's is final. What stands before it (API, CDN, a captive portal) gives no problems.
  if (status < 400 || status === 429 || status > 500 || status === 500 && !reply.problems) {
    showStatus(say.waiting);
    // Thousands may have been told to come back at the same time.
    timer = setTimeout(trySend, Math.min(retryAfter + 2000 * 2 ** tries++, longestWait) * (1 + Math.random()));
    outcome.waiting();
    if (reply.work) { // it is done by a script of its own, or else the answers are taken after the wait
      pending.seal = reply.work.seal;
      document.head.append(makeElement("script", { src: `${new URL(reply.work.script, address)}` }));
    }
  } else {
    pending = null;
    outcome.refused(reply.problems || []);
  }
};

/**
 * Posts a submission once. The status is 0 without an answer; reply is {} if the answer is not the handler's.
 * @param {object} submission
 * @returns {Promise<[status: number, retryAfter: number, reply: Reply]>}
 */
const post = async (submission) => {
  let status = 0, retryAfter = 0, reply = {};
  const controller = new AbortController();
  setTimeout(() => controller.abort(), timeout); // does nothing once there is a reply
  try {
    const response = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(submission),
      signal: controller.signal,
    });
    status = response.status;
    retryAfter = +/** @type {string} */ (response.headers.get("Retry-After")) * 1000 || 0;
    reply = await response.json() || {};
  } catch { /* no network, or no JSON */ }
  return [status, retryAfter, reply];
};
addEventListener("online", trySend);
