// Sections as steps, if the author wants that: one at a time, with a way back that is also the browser's.
import { all, kiosk, one } from "./page.js";
import { button, form, rules } from "./form.js";

const sections = all("section", form);
const wanted = form.hasAttribute("data-steps");
const progress = one("progress");
const back = one("back");
const send = button.textContent;
let at = sections[0];

const walk = () => sections.filter((s) => !s.skipped);
export const stepping = () => wanted && walk().length > 1;
export const last = () => !stepping() || at === walk().pop();
export const current = () => at;
export const place = () => sections.indexOf(at);

// show shows the step one is at, or else the nearest before it.
export const show = () => {
  for (const s of sections) s.hidden = s.skipped = all("[data-q]", s).every((q) => q.hidden);
  if (!wanted) return;
  const steps = walk();
  if (at.skipped) at = sections.slice(0, sections.indexOf(at)).filter((s) => !s.skipped).pop() || steps[0] || at;
  const n = steps.indexOf(at);
  for (const s of steps) s.hidden = stepping() && s !== at;
  progress.hidden = !stepping();
  progress.firstElementChild.textContent = rules.say.step.replace("{n}", n + 1).replace("{max}", steps.length);
  progress.lastElementChild.max = steps.length;
  progress.lastElementChild.value = n + 1;
  back.hidden = !stepping() || !n;
  button.textContent = last() ? send : rules.say.next;
  for (const intro of all(".intro")) intro.hidden = stepping() && n > 0;
};

const arrive = () => {
  show();
  const heading = at.querySelector("h2") || progress;
  heading.tabIndex = -1;
  heading.setAttribute("aria-describedby", "progress");
  heading.focus({ preventScroll: true });
  progress.scrollIntoView();
};

// go goes to a step. Each is an entry of the history, but on a machine that many people use.
export const go = (section) => {
  if (!section || section === at || !stepping()) return;
  const state = { ...history.state, step: sections.indexOf(section), from: sections.indexOf(at) };
  if (kiosk) history.replaceState(state, "");
  else history.pushState(state, "");
  at = section;
  arrive();
};
export const next = () => go(walk()[walk().indexOf(at) + 1]);
export const resume = (step) => { at = wanted && sections[step] || at; };

if (wanted) {
  history.scrollRestoration = "manual";
  back.addEventListener("click", () => {
    const before = walk()[walk().indexOf(at) - 1];
    if (history.state.from === sections.indexOf(before)) history.back();
    else go(before);
  });
  addEventListener("popstate", () => {
    if (!history.state) { // a link within the page
      history.replaceState({ step: place() }, "");
      return;
    }
    resume(history.state.step || 0);
    arrive();
  });
}
