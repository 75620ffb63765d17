// The page of a survey. It is complete without any of this: here sections become steps, messages come while one writes,
// drafts are kept, and sending survives a dead network.
import { all, kiosk, link, make, one, sameLink, tab } from "./page.js";
import { apply, asked, button, controls, form, identify, key, knownChannel, language, linked, read, rules, shuffle, ticks } from "./form.js";
import { begin, close, exclude, settle, show } from "./widgets.js";
import { called, hear, judge, list, overhear, remedy, touched, tried, unhear } from "./messages.js";
import * as draft from "./draft.js";
import * as steps from "./steps.js";
import { address, give, halt, pending, ready, sending, tell } from "./send.js";

let unsent = false; // something was typed since the page was opened
let state; // what was made of the answers when last looked at

const refresh = (changed) => {
  settle(changed);
  state = apply(read());
  if (close()) state = apply(read());
  steps.show();
  show();
  return judge(state);
};

const open = (target, at = target) => {
  steps.go(target.closest("section"));
  target.focus({ preventScroll: true });
  at.scrollIntoView({ block: "center" });
};
const openFirst = () => {
  const [err] = all(".err", form);
  if (err) open(remedy(err), err);
};

let saving;
const save = (leaving, moved) => {
  clearTimeout(saving);
  if (unsent) draft.save(pending() || leaving, { pending: pending(), moved, step: steps.place() });
};

// copy is what was asked and answered, for the respondent's own screen.
const copy = () => all("[data-q]:not([hidden], .md)", form).map((q) => [called(q.dataset.q), controls(q)
  .filter((c) => !c.disabled && c.name && c.value && (!ticks(c) || c.checked))
  .map((c) => {
    const label = c.closest("label"), aside = ticks(c) && label.querySelector(".when, .req");
    const text = ticks(c) ? label.textContent.replace(aside ? aside.textContent : "", "") : c.selectedOptions ? c.selectedOptions[0].textContent : c.value;
    return (c.closest(".row, .line, .part") ? called(q.dataset.q, c) + rules.say.colon : "") + text.trim();
  })]).filter(([, said]) => said.length);

const send = () => give(state, {
  saved: (reply, thanks) => {
    unsent = false;
    tell(rules.say.sent);
    draft.forget();
    tab(key + ":said", state.keep);
    if (!kiosk) tab(key + ":copy", [reply.receipt, copy()]);
    thanks.search = location.search;
    thanks.hash = reply.receipt;
    if (kiosk) location.replace(thanks);
    else location.assign(thanks);
  },
  waiting: () => save(),
  refused: (problems) => {
    hear(problems.map((p) => ({ name: p.code === "failed" ? p.question : p.field || p.question, text: p.message })));
    refresh();
    list(rules.say.look, problems.length ? problems.filter((p) => !asked(p.question)).map((p) => p.message) : [rules.say.failed]);
    save();
    lead();
  },
});

// lead goes to the summary of what is amiss, and to the step of the first.
const lead = () => {
  const [err] = all(".err", form), errors = one("errors");
  if (err) steps.go(err.closest("section"));
  if (errors) errors.focus();
};

// press is the button: on to the next step, or out.
const press = () => {
  if (sending()) return;
  const here = all("[data-q]", steps.last() ? form : steps.current()).map((q) => q.dataset.q);
  for (const q of here) tried.add(q);
  const wrong = refresh().filter((p) => here.includes(p.q));
  list(wrong.length && steps.last() && rules.say.look);
  if (wrong.length) openFirst();
  else if (!steps.last()) steps.next();
  else {
    unsent = true;
    send();
    save();
  }
};

// warn asks before what was typed is left. Only now is it listened to: a page that nobody has filled in may be kept as it is.
const warn = (event) => {
  if (unsent && !kiosk) event.preventDefault();
};

// blank opens the form anew, in the place of this one: nothing of it is left.
const blank = () => {
  unsent = false;
  location.replace(new URL(`../../../${form.getAttribute("data-survey")}/${language.value}/${location.search}`, address));
};

const start = () => {
  ready();
  tell("");
  identify();
  shuffle();
  refresh();
};

const begun = () => {
  linked();
  sameLink();
  for (const sentence of all(".when")) { // for where no script shows and hides, and for paper
    sentence.hidden = true;
    sentence.removeAttribute("id");
  }
  if (kiosk) { // nothing that others left, and no way out
    for (const box of [form, ...controls()]) box.autocomplete = "off";
    draft.wipe();
    for (const out of all("footer")) out.hidden = true;
  }
  overhear();
  identify();
  const kept = draft.restore();
  steps.resume(history.state.step || kept && kept.step);
  begin();
  start();
  for (const staff of all("#staff")) staff.hidden = knownChannel() !== "phone";
  lead();
  unsent = !!(kept && kept.own);
  if (kept && kept.pending && !kept.lacks) send();

  addEventListener("pageshow", (event) => { // also after the back button
    if (event.persisted && kiosk) location.reload();
    else start(); // what the browser itself has filled in by now
  });
  addEventListener("popstate", () => identify());
  addEventListener("pagehide", () => save(true));

  const heed = ({ target, type }) => {
    const q = (target.closest("[data-q]") || form).getAttribute("data-q");
    unsent = true;
    addEventListener("beforeunload", warn);
    halt();
    unhear(q);
    exclude(target);
    refresh(target.name);
    clearTimeout(saving);
    saving = setTimeout(save, 300);
    if (type === "change") setTimeout(() => { // a message may push things down: not under the finger that leaves the box for them
      touched.add(q);
      refresh();
    }, 200);
  };
  form.addEventListener("input", heed);
  form.addEventListener("change", heed);
  form.addEventListener("keypress", (event) => { // in a box, Enter goes on, but never sends the whole
    if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    if (!steps.last()) press();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    press();
  });
  document.addEventListener("click", (event) => {
    const a = event.target.closest("#errors a, .langs a, #clear");
    if (!a) return;
    if (a.id === "clear") {
      if (!confirm(a.dataset.sure)) return;
      draft.forget(true);
      blank();
    } else if (a.hash) {
      const target = one(a.hash.slice(1));
      event.preventDefault();
      if (target) open(target);
    } else {
      save(true, true);
      unsent = false;
    }
  });
  if (kiosk) {
    const patience = (link.get("kiosk") || 90) * 1000;
    let last = Date.now();
    for (const sign of ["pointerdown", "keydown"]) addEventListener(sign, () => { last = Date.now(); one("idle").hidden = true; }, true);
    setInterval(() => {
      const rest = last + patience - Date.now();
      if (!unsent || pending() || sending()) last = Date.now();
      else if (rest <= 0) blank();
      else one("idle").hidden = rest > patience / 4;
    }, 500);
  }
};

begun();
