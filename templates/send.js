// Sending: under one id until the handler has answered, over dead networks and reloads, and never said to be done before.
import { one } from "./page.js";
import { button, form, id, knownChannel, language, rule, rules, version } from "./form.js";

export const address = new URL(form.getAttribute("action"), document.baseURI);
const patience = 3e4, longest = 6e4; // milliseconds: for one answer, and between two tries

let submission = null; // what is to be sent, as it was when the button was pressed
let busy = false, tries = 0, timer, outcome;

export const tell = (text) => { one("state").textContent = text; };
export const sending = () => busy;
export const pending = () => !!submission;
export const ready = () => {
  busy = false;
  button.removeAttribute("aria-disabled");
};

// give takes the answers as they are now, and sends them. outcome is told how it ends: saved when the handler has it, refused when
// it will not have it so, and waiting before each further try.
export const give = (state, told) => {
  const answers = {};
  for (const [name, values] of state.values) answers[name] = name === rule(name).id && rule(name).type === "multi_choice" ? values : values[0];
  submission = { id: id.value, version: version.value, language: language.value, channel: knownChannel(), answers };
  outcome = told;
  tries = 0;
  attempt();
};

// halt gives up trying again by itself: what is on the screen is no longer what was to be sent.
export const halt = () => {
  if (!submission || busy) return;
  submission = null;
  clearTimeout(timer);
  tell("");
};

const attempt = async () => {
  if (busy || !submission) return;
  busy = true;
  clearTimeout(timer);
  button.setAttribute("aria-disabled", "true");
  tell(button.getAttribute("data-busy"));
  const cut = new AbortController();
  const limit = setTimeout(() => cut.abort(), patience);
  let status = 0, after = 0, reply = null;
  try {
    const answer = await fetch(address, {
      method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json" }, body: JSON.stringify(submission), signal: cut.signal,
    });
    status = answer.status;
    after = answer.headers.get("Retry-After") * 1000;
    reply = await answer.json();
  } catch { /* no network, or no answer of ours */ }
  clearTimeout(limit);
  if (reply && reply.thanks) {
    submission = null;
    outcome.saved(reply, new URL("../../../" + reply.thanks, address));
    return;
  }
  ready();
  if (status < 400 || status >= 500 || status === 429) {
    tell(rules.say.waiting);
    timer = setTimeout(attempt, Math.min(after || 2000 * 2 ** tries++, longest));
    outcome.waiting();
  } else {
    submission = null;
    tell("");
    outcome.refused((reply && reply.problems) || []);
  }
};
addEventListener("online", attempt);
