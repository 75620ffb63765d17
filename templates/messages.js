// What is amiss with the answers, beside them and in a list on top, in the handler's words.
import { problems } from "./rules.js";
import { all, make, one } from "./page.js";
import { asked, form, named, rule, rules, ticks } from "./form.js";

// Of a question that was tried to be sent, everything is said; of one that was merely answered, not what is still to come.
export const tried = new Set();
export const touched = new Set();
const later = ["required", "must_consent", "too_few", "rank_missing", "wrong_sum"];

// What the handler said holds until the question is answered anew. Its own page says things already.
let heard = [];
export const hear = (found) => { heard = found.filter((p) => rule(p.name)); };
export const overhear = () => hear(all(".err", form).map((err) => ({ name: err.id.slice(2), text: err.textContent })));
export const unhear = (q) => { heard = heard.filter((p) => rule(p.name).id !== q); };

const lineOf = (control) => control && control.closest(".row, .part, .line, .other");

// called is what a field is called.
export const called = (q, control) => {
  const line = lineOf(control);
  return (line && (line.closest(".pair, .row, .line")) || asked(q)).querySelector(".t").textContent;
};

// mark says something beside a field, where its name is, so that it is read out with it; or nothing any more.
const mark = (name, text) => {
  const q = rule(name).id;
  const [control] = named(name);
  const target = control && !ticks(control) ? control : (control || asked(q)).closest("[role=radiogroup]");
  let err = one("e-" + name);
  if (!text) err.remove();
  else {
    if (!err) {
      err = make("b", { class: "err", id: "e-" + name, ...(tried.has(q) ? {} : { role: "alert" }) });
      (lineOf(control) || asked(q)).querySelector("legend, .l, p, label").append(" ", err);
    }
    if (err.textContent !== text) err.textContent = text;
  }
  if (target) target.setAttribute("aria-invalid", !!text);
};

// judge says what there is to say, and returns what would keep the answers from being taken.
let shown = new Map();
export const judge = (state) => {
  const found = problems(rules, state);
  const now = new Map(heard.filter((p) => state.asked.has(rule(p.name).id)).map((p) => [p.name, p.text]));
  for (const p of found) {
    if (asked(p.q) && (tried.has(p.q) || touched.has(p.q) && !later.includes(p.code))) now.set(p.name, p.text);
  }
  for (const name of shown.keys()) if (!now.has(name)) mark(name);
  for (const [name, text] of now) mark(name, text);
  shown = now;
  for (const element of all("[data-q]", form)) element.classList.toggle("bad", !!element.querySelector(".err"));
  return found;
};

// list puts a summary on top, in the order of the page, and what else there is to say; without a title it takes it away.
export const list = (title, more = []) => {
  const old = one("errors");
  if (old) old.remove();
  if (!title) return;
  const lines = all(".err", form).map((err) => {
    const name = err.id.slice(2);
    const to = remedy(err);
    to.id = to.id || "q-" + name;
    return make("a", { href: "#" + to.id }, make("span", { class: "t" }, called(rule(name).id, named(name)[0])), rules.say.colon, make("b", {}, err.textContent));
  });
  form.parentNode.insertBefore(make("div", { class: "alert", id: "errors", role: "alert", tabindex: -1 }, make("h2", {}, title),
    make("ul", {}, ...lines.concat(more).map((line) => make("li", {}, line))), make("p", {}, rules.say.kept)), form);
};

// remedy is where to mend what a message is about.
export const remedy = (err) => err.closest(".row, .part, .line, .other, [data-q]").querySelector("input:not([hidden]), select:not([hidden]), textarea, .pick");
