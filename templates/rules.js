// What a questionnaire asks of a respondent, worked out from what is typed so far: the same reading of answers as
// internal/answer, as far as a page can give them; the same conditions as internal/expression; the same limits. No page
// here, no state, ES2019. Property tests in internal/render hold the two sides together: change neither alone.

const none = [];

const machine = ["number", "constant_sum", "email", "phone", "url"];
const clean = (type, text) => {
  text = text.normalize(machine.includes(type) ? "NFKC" : "NFC");
  text = type === "long_text" ? text.replace(/\r\n?/g, "\n") : text.replace(/[\t\n\r]/g, " ");
  return text.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, "").trim();
};

// number reads a decimal, in thousandths; NaN if it is none. decimal writes it.
export const number = (text) => {
  const n = /^-?\d{1,10}(\.\d{1,3})?$/.test(text) ? Math.round(text * 1000) : NaN;
  return Math.abs(n) <= 1e12 ? n : NaN;
};
export const decimal = (n) => String(n / 1000);
export const share = (text) => number(clean("number", text).replace(/^\+/, ""));

export const fieldsOf = (q) => q.fields || (q.type === "note" ? none : [q.id]);
const tailOf = (q, name) => name.slice(q.id.length + 1); // a row, an option, or _other; "" of the question itself

// read brings a field's values into canonical form; null if they cannot be read. Lists, and boxes for dates and times,
// give nothing else.
const read = (q, name, typed) => {
  const type = tailOf(q, name) === "_other" ? "short_text" : q.type;
  const values = typed.map((text) => clean(type, text)).filter((text) => text);
  if (type === "multi_choice") return q.options.filter((o) => values.includes(o));
  if (type === "hidden" && q.options && values.length && !q.options.includes(values[0])) return null;
  if (type !== "number" && type !== "constant_sum") return values;
  const numbers = values.map((text) => number(text.replace(/^\+/, "")));
  return numbers.some(isNaN) ? null : numbers.map(decimal);
};

// Conditions: see internal/render/terms.go.
const run = (t, get) => (Array.isArray(t) ? operators[t[0]](get, ...t.slice(1)) : t);
const operators = {
  and: (get, ...terms) => terms.every((t) => run(t, get)),
  or: (get, ...terms) => terms.some((t) => run(t, get)),
  not: (get, t) => !run(t, get),
  "=": (get, a, b) => run(a, get) !== undefined && run(a, get) === run(b, get),
  "<": (get, a, b) => ordered(run(a, get)) < ordered(run(b, get)),
  "<=": (get, a, b) => ordered(run(a, get)) <= ordered(run(b, get)),
  any: (get, ...names) => names.some((name) => get(name).length),
  has: (get, name, id) => get(name).includes(id),
  says: (get, name, text) => get(name).some((value) => value.includes(text)),
  v: (get, name) => get(name)[0],
  n: (get, name) => number(get(name)[0]),
  count: (get, ...names) => names.reduce((n, name) => n + get(name).length, 0) * 1000,
  score: (get, name, scores) => scores[get(name)[0]],
  is: (get, t) => (run(t, get) ? "yes" : "no"),
};
const ordered = (x) => (typeof x === "string" ? unescape(encodeURIComponent(x)) : x); // as Go compares: by the bytes of UTF-8

// look works out what is asked, given what is typed: a Map from field to texts. channel and language are "" where unknown.
export const look = (rules, typed, channel, language) => {
  const values = new Map(), asked = new Set(), withheld = new Map(), required = new Set(), failed = new Map(), unread = new Set();
  const get = (name) => (name === "channel" && channel ? [channel] : name === "language" && language ? [language] : values.get(name) || none);
  for (const q of rules.questions) {
    const given = new Map();
    for (const name of fieldsOf(q)) {
      const got = read(q, name, typed.get(name) || none);
      if (!got) unread.add(name);
      else if (got.length) given.set(name, got);
    }
    const other = q.id + "._other"; // a text for "other" means it, unless another choice contradicts
    const chosen = given.get(q.id) || none;
    if (given.has(other) && !chosen.includes("_other")) {
      if (q.type === "multi_choice" || !chosen.length) given.set(q.id, chosen.concat("_other"));
      else unread.add(other);
    }
    if ((q.show_if || none).some((t) => !run(t, get))) continue;
    asked.add(q.id);
    const without = (q.option_if || none).filter(([, t]) => !run(t, get)).map(([id]) => id);
    if (without.length) withheld.set(q.id, without);
    const offered = offeredOf(q, without);
    for (const name of offered) {
      const kept = (given.get(name) || none).filter((v) => name !== q.id || !without.includes(v));
      if (kept.length) values.set(name, kept);
    }
    if (q.total !== undefined && offered.some((name) => values.has(name))) { // a blank beside a share is none
      for (const name of offered) if (!values.has(name)) values.set(name, ["0"]);
    }
  }
  for (const q of rules.questions) {
    if (!asked.has(q.id)) continue;
    const fields = fieldsOf(q);
    const all = isWhole(q) ? [q.id] : fields.filter((name) => !name.endsWith("._other"));
    for (const name of q.required_if && run(q.required_if, get) ? all : q.must || none) required.add(name);
    if (!fields.some((name) => values.has(name))) continue;
    const broken = (q.checks || none).filter(([t]) => !run(t, get)).map(([, message]) => message);
    if (broken.length) failed.set(q.id, broken);
  }
  return { values, asked, withheld, required, failed, unread };
};
const isWhole = (q) => q.ranks || q.total !== undefined; // answered by all its fields together
const offeredOf = (q, without = none) => fieldsOf(q).filter((name) => !(isWhole(q) || name.endsWith("._other")) || !without.includes(tailOf(q, name)));

// limits tell whether an answer breaks a bound, by the code of the problem. Numbers are in thousandths.
const limits = {
  exclusive: (v, alone) => v.length > 1 && v.some((id) => alone.includes(id)),
  too_few: (v, [least, ...alone]) => v.length < least && !alone.includes(v[0]),
  too_many: (v, most) => v.length > most,
  too_small: (v, least) => number(v[0]) < least,
  too_large: (v, most) => number(v[0]) > most,
  not_a_step: (v, [from, step]) => (number(v[0]) - from) % step,
  too_short: (v, least) => Array.from(v[0]).length < least,
  too_long: (v, most) => Array.from(v[0]).length > most,
  too_early: (v, first) => v[0] < first,
  too_late: (v, last) => v[0] > last,
  must_consent: (v) => v[0] !== "yes",
};
const mismatch = (v, pattern) => !new RegExp(pattern, "u").test(v[0]);

// problems are what the handler would say of the answers: of which question and field, with which code, and in which
// words. The handler knows a little more, and has the last word.
export const problems = (rules, state) => {
  const found = [];
  for (const q of rules.questions) {
    if (!state.asked.has(q.id)) continue;
    const before = found.length;
    const say = (name, code, text = rules.say[code]) => { if (text) found.push({ q: q.id, name, code, text }); };
    const fields = offeredOf(q, state.withheld.get(q.id));
    for (const name of fields) {
      const v = state.values.get(name);
      const other = name.endsWith("._other");
      const broken = v && (other ? [["too_long", 200, rules.say.too_long]] : q.limits || none)
        .find(([code, bound]) => (limits[code] || mismatch)(v, bound));
      if (state.unread.has(name)) say(name, "other_unmeant", other ? undefined : q.unread || "");
      else if (broken) say(name, broken[0], broken[2].replace("{length}", Array.from(v[0]).length));
      else if (!v && state.required.has(name)) say(name, q.type === "consent" ? "must_consent" : "required");
    }
    if (before < found.length) continue;
    const given = fields.filter((name) => state.values.has(name));
    const sum = given.reduce((n, name) => n + number(state.values.get(name)[0]), 0);
    const most = Math.min(q.ranks, fields.length);
    if (!given.length) {
      if (state.required.has(q.id)) say(q.id, "required");
    } else if (q.total !== undefined && sum !== q.total) say(q.id, "wrong_sum", rules.say.wrong_sum.replace("{sum}", decimal(sum)));
    else if (given.length < most && state.required.has(q.id)) say(q.id, "rank_missing", q.missing[most]);
    else for (const message of state.failed.get(q.id) || none) say(q.id, "failed", message);
  }
  return found;
};

// shuffled puts a question's options into an order that is each submission's own, anchored ones last.
export const shuffled = (q, id) => {
  const last = q.anchor || none;
  const place = new Map(q.options.map((o) => [o, hash(`${id.toLowerCase()}.${q.id}.${o}`)]));
  return q.options.filter((o) => !last.includes(o)).sort((a, b) => place.get(a) - place.get(b)).concat(last);
};

// hash is FNV-1a with the finish of MurmurHash3, which spreads differences of the last letters.
const hash = (text) => {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ h >>> 16, 0x85ebca6b);
  h = Math.imul(h ^ h >>> 13, 0xc2b2ae35);
  return (h ^ h >>> 16) >>> 0;
};

// fill puts answers into a text with {{names}}.
export const fill = (rules, state, typed, text) =>
  text.replace(/\{\{([^{}]*)\}\}/g, (braced, name) => piped(rules, state, typed, name.trim(), braced));

// piped is an answer as it is put into another text: options by their labels, all else as typed; … if there is none.
export const piped = (rules, state, typed, name, unknown) => {
  const pipe = new Map(Object.entries(rules.pipes || none)).get(name);
  if (!pipe) return unknown;
  const labels = new Map(Object.entries(pipe.labels || none));
  const label = (id) => fill(rules, state, typed, labels.get(id));
  const get = (name) => state.values.get(name) || none;
  const rank = (id) => get(`${name}.${id}`)[0];
  let texts = get(name);
  if (pipe.order) texts = pipe.order.filter(rank).sort((a, b) => rank(a) - rank(b)).map(label);
  else if (labels.size) texts = texts.filter((v) => labels.has(v)).map((v) => v === "_other" && get(name + "._other")[0] || label(v));
  else if (texts.length) texts = [((typed.get(name) || none).find((t) => t.trim()) || texts[0]).trim()];
  if (!texts.length) return "…";
  const [comma, and] = rules.joins;
  return texts.length === 1 ? texts[0] : texts.slice(0, -1).join(comma) + and + texts[texts.length - 1];
};
