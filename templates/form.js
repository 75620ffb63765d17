// The form of a survey: its fields, what is typed into them, and what that makes of the questions.
import { fill, look, fieldsOf, piped, shuffled } from "./rules.js";
import { all, link, one } from "./page.js";

// A question may be called "action" or "elements", and would then stand in the form for what has that name. No id has a
// capital letter, so that querySelector and the like are what they are.
export const form = document.querySelector("form[data-survey]");
export const rules = JSON.parse(one("rules").textContent);
export const key = "glasspoll:" + form.getAttribute("data-survey");
export const named = (name) => all(`[name="${name}"]`, form);
export const controls = (within = form) => all("input, select, textarea", within);
export const [id, version, language, channel] = ["_id", "_version", "_language", "_channel"].map((name) => named(name)[0]);
export const button = form.querySelector(".send button:not([type])");
export const asked = (q) => form.querySelector(`[data-q="${q}"]`);
export const ticks = (c) => c.type === "radio" || c.type === "checkbox";
export const rule = (name) => rules.questions.find((q) => q.id === name.split(".")[0]);

// randomUUID is not there on plain http.
const uuid = () => "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) =>
  (digit ^ crypto.getRandomValues(new Uint8Array(1))[0] & 15 >> digit / 4).toString(16));

// One filled form is one submission: its id goes with the page's entry in the history, so that it stays the same over
// retries, reloads and the way back from the thanks, and another tab or visit has another. What the server gave back
// stands.
export const identify = (given) => {
  id.value = given || (history.state && history.state.submission) || id.value || uuid();
  history.replaceState({ ...history.state, submission: id.value }, "");
};
// Values that come with the link. What the handler could not read is not sent.
export const linked = () => {
  channel.value = channel.value || link.get("c") || "";
  for (const field of all("[data-link]", form)) field.value = field.value || (link.get(field.name) || "").slice(0, 200);
};
export const knownChannel = () => ((rules.channels || []).includes(channel.value) ? channel.value : "");

// place puts siblings into an order, where they are. What is in it stays untouched: a button that is taken out and put back
// while somebody presses it is not pressed.
export const place = (items) => {
  if (!items.length) return;
  const parent = items[0].parentNode;
  const siblings = [...parent.children];
  const before = siblings.filter((s) => items.includes(s));
  if (before.every((s, i) => s === items[i])) return;
  const end = siblings[siblings.indexOf(before.pop()) + 1] || null;
  const focused = document.activeElement;
  for (const item of items) parent.insertBefore(item, end);
  if (parent.contains(focused) && focused !== document.activeElement) focused.focus();
};

// choice is what shows one option: a label, an entry of a list, or a line.
const choice = (q, option) => {
  const [line] = named(`${q}.${option}`);
  if (line && option !== "_other") return line.closest(".line");
  const [control] = all(`[name="${q}"][value="${option}"], [name="${q}"] > [value="${option}"]`, form);
  return control && (control.closest("label") || control);
};

export const shuffle = () => {
  for (const q of rules.questions) {
    if (q.shuffle) place(shuffled(q, id.value).map((option) => choice(q.id, option)).filter(Boolean));
  }
};

// read is what is typed so far, also where it is not asked at the moment: it comes back with its question.
export const read = () => {
  const typed = new Map();
  for (const c of controls()) {
    if (!c.name || c.name.startsWith("_") || ticks(c) && !c.checked || c.closest(".other[hidden]")) continue;
    typed.set(c.name, (typed.get(c.name) || []).concat(c.value));
  }
  return typed;
};

// apply shows what is asked, and no more, and returns what is made of the answers. keep is what the thanks will repeat.
export const apply = (typed) => {
  const state = look(rules, typed, knownChannel(), language.value);
  for (const q of rules.questions) {
    const shown = state.asked.has(q.id);
    const withheld = state.withheld.get(q.id) || [];
    for (const [option] of q.option_if || []) {
      const offered = !q.rows && choice(q.id, option);
      if (offered) offered.hidden = offered.disabled = withheld.includes(option);
    }
    const element = asked(q.id);
    for (const c of element ? controls(element) : named(q.id)) {
      if (c.name === q.id && c.tagName === "SELECT" && withheld.includes(c.value)) c.value = "";
      const option = c.name.startsWith(q.id + ".") ? c.name.slice(q.id.length + 1) : c.value;
      c.disabled = !shown || !q.rows && c.tagName !== "TEXTAREA" && withheld.includes(option) || !!c.closest(".other[hidden]");
    }
    if (!element) continue;
    element.hidden = !shown;
    const required = state.required.has(q.id) || fieldsOf(q).every((name) => name.endsWith("._other") || state.required.has(name));
    for (const mark of all("[data-req]", element)) mark.hidden = !required;
  }
  all("[data-q]:not([hidden], .md) .n").forEach((n, i) => { n.textContent = i + 1; }); // no gaps where something is not asked
  for (const pipe of all("[data-pipe]")) pipe.textContent = piped(rules, state, typed, pipe.dataset.pipe);
  for (const option of all("[data-text]", form)) option.textContent = fill(rules, state, typed, option.dataset.text);
  state.keep = (rules.keep || []).map((name) => [name, piped(rules, state, typed, name)]);
  return state;
};
