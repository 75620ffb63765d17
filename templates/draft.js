// Drafts: what is typed is kept on the respondent's device until it is sent, without what is private. What is on its way
// is kept whole, but only in this tab, so that it goes on after a reload. On a machine that many people use, or where
// staff write for others, nothing is kept.
import { device, kiosk, one, tab } from "./page.js";
import { channel, controls, form, id, identify, key, language, named, read, rule, rules, ticks, version } from "./form.js";

const silent = kiosk || channel.value === "phone";
const box = one("kept");

const answers = (typed, whole) => [...typed].filter(([name, values]) => {
  const q = rule(name);
  return q && q.type !== "hidden" && (whole || !q.private) && values.join("") !== "";
});
export const answered = () => answers(read(), true).length > 0;

// save keeps the draft; whole says that it is to be kept in this tab as well, with all that is private.
export const save = (whole, more) => {
  if (silent) return;
  const typed = read();
  const all = answers(typed, true), kept = answers(typed);
  const draft = { version: version.value, time: Date.now(), id: id.value, ...more };
  device(key, all.length ? { ...draft, lacks: kept.length < all.length, answers: kept } : null);
  tab(key, whole ? { ...draft, answers: all } : null);
  box.hidden = !all.length;
};

// forget drops the draft; that of another tab only if any is meant.
export const forget = (any) => {
  const draft = device(key);
  if (any || draft && draft.id === id.value) device(key, null);
  tab(key, null);
  box.hidden = true;
};

// restore fills in what was kept, unless something is there already, and returns it. What this tab has kept is for the same
// submission alone, after a reload or on the way to another language.
export const restore = () => {
  if (silent) return null;
  const here = tab(key);
  const own = here && (here.pending || here.moved || here.id === id.value);
  const draft = own ? here : device(key);
  if (!draft || !own && (answered() || Date.now() - draft.time > 30 * 864e5)) return null;
  for (const [name, values] of draft.answers) {
    for (const c of named(name)) {
      if (ticks(c)) c.checked = values.includes(c.value);
      else c.value = values[0];
    }
  }
  if (own || draft.pending) identify(draft.id);
  if (!own) {
    box.firstElementChild.textContent = rules.say.draft.replace("{date}", new Date(draft.time).toLocaleDateString(language.value)) +
      (draft.lacks ? " " + rules.say.apart : "");
    form.insertBefore(box, form.firstElementChild);
  }
  box.hidden = false;
  return { ...draft, own };
};

export const wipe = () => {
  for (const c of controls()) {
    if (ticks(c)) c.checked = false;
    else if (c.name && c.type !== "hidden") c.value = "";
  }
};
