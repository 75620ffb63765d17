// What a questionnaire asks of a respondent, worked out from what is typed so far: the same reading of answers as
// internal/answer, the same trees as internal/expression. No page here, no state, ES2019. A property test in
// internal/render holds the two sides together: change neither alone.

const own = (object, key) => (object && Object.prototype.hasOwnProperty.call(object, key) ? object[key] : undefined);
const none = [];

// Go's unicode.IsSpace, which is not quite String.trim's.
const space = "[\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
const ends = new RegExp(`^${space}|${space}$`, "g");
const trim = (text) => text.replace(ends, "");

const clean = (f, text) => {
  const free = f.other || f.type === "short_text" || f.type === "hidden";
  const long = !f.other && f.type === "long_text";
  if (!free && !long && !machine.includes(f.type)) return trim(text);
  if (long) text = text.replace(/\r\n/g, "\n");
  text = text.normalize(free || long ? "NFC" : "NFKC");
  text = long
    ? text.replace(/\r/g, "\n").replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, "")
    : text.replace(/[\t\n\r]/g, " ").replace(/[\0-\x1f\x7f-\x9f]/g, "");
  return trim(text);
};
const machine = ["number", "constant_sum", "ranking", "email", "phone", "url", "date", "time"];

// number reads a decimal, in thousandths; NaN if it is none. decimal writes it.
export const number = (text) => {
  const m = /^(-?)(\d{1,10})(?:\.(\d{1,3}))?$/.exec(text);
  const n = m ? +(m[2] + ((m[3] || "") + "000").slice(0, 3)) : NaN;
  return n <= 1e12 ? (m[1] ? -n : n) : NaN;
};
export const decimal = (n) => {
  const size = Math.abs(n);
  return (n < 0 ? "-" : "") + `${Math.floor(size / 1000)}.${String(size % 1000).padStart(3, "0")}`.replace(/\.?0+$/, "");
};
export const share = (text) => number(clean({ type: "number" }, text).replace(/^\+/, ""));

const day = (text) => {
  const m = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(text);
  if (!m) return null;
  const [year, month, date] = [+m[1], +m[2], +m[3]];
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  return date >= 1 && date <= days ? `${m[1]}-${m[2].padStart(2, "0")}-${m[3].padStart(2, "0")}` : null;
};

const clock = (text) => {
  const m = /^(\d{1,2}):(\d{1,2})$/.exec(text);
  return m && +m[1] < 24 && +m[2] < 60 ? `${m[1].padStart(2, "0")}:${m[2].padStart(2, "0")}` : null;
};

// readOne brings one value into canonical form; null if it cannot be read.
const readOne = (f, text) => {
  if (f.other) return text;
  switch (f.type) {
    case "short_text": case "long_text": case "email": case "phone": case "url":
      return text;
    case "hidden":
      return !f.options || f.options.includes(text) ? text : null;
    case "number": case "constant_sum": {
      const n = number(text.replace(/^\+/, ""));
      return isNaN(n) ? null : decimal(n);
    }
    case "date":
      return day(text);
    case "time":
      return clock(text);
    case "yes_no": case "consent":
      text = text.toLowerCase();
      return text === "yes" || text === "true" ? "yes" : text === "no" || text === "false" ? "no" : null;
    case "ranking":
      return /^[1-9]\d*$/.test(text) && +text <= f.ranks ? text : null;
  }
  return f.options.includes(text) ? text : null;
};

const read = (f, typed) => {
  const values = [];
  for (const raw of typed) {
    const text = clean(f, raw);
    if (text === "") continue;
    const value = readOne(f, text);
    if (value === null) return null;
    values.push(value);
  }
  if (values.length < 2) return values;
  return f.type === "multi_choice" ? f.options.filter((o) => values.includes(o)) : null;
};

const made = new WeakMap();
export const fieldsOf = (q) => {
  if (!made.has(q)) made.set(q, makeFields(q));
  return made.get(q);
};

const makeFields = (q) => {
  const field = (tail, more) => Object.assign({ name: q.id + tail, type: q.type, options: q.options, ranks: q.ranks }, more);
  switch (q.type) {
    case "note":
      return none;
    case "matrix":
      return q.rows.map((row) => field("." + row, { row }));
    case "importance_matrix":
      return [].concat(...q.rows.map((row) => [
        field(`.${row}.importance`, { row, options: q.importance }), field(`.${row}.satisfaction`, { row }),
      ]));
    case "ranking": case "constant_sum":
      return q.options.map((option) => field("." + option, { option }));
  }
  return q.options && q.options[q.options.length - 1] === "_other" ? [field(""), field("._other", { other: true })] : [field("")];
};

const readAll = (questions, typed) => {
  const values = new Map();
  for (const q of questions) {
    const fields = fieldsOf(q);
    for (const f of fields) {
      const got = read(f, typed.get(f.name) || none);
      if (got && got.length) values.set(f.name, got);
    }
    if (fields.length === 2 && fields[1].other) { // a text for "other" means it, unless another choice contradicts
      const chosen = values.get(q.id) || none;
      if (values.has(fields[1].name) && !chosen.includes("_other") && (q.type === "multi_choice" || !chosen.length)) {
        values.set(q.id, chosen.concat("_other"));
      }
    }
  }
  return values;
};

const holds = (t, get) => {
  const args = t.args || none;
  const a = args[0], b = args[1];
  switch (t.op) {
    case "and":
      return holds(a, get) && holds(b, get);
    case "or":
      return holds(a, get) || holds(b, get);
    case "not":
      return !holds(a, get);
    case "==": case "<": case "<=":
      return compare(t.op, a, b, get);
    case "in":
      return b.args.some((item) => compare("==", a, item, get));
    case "contains": {
      const values = get(a.names[0]);
      return a.op === "text" ? values.length > 0 && values[0].includes(b.text) : values.includes(b.text);
    }
    case "answered":
      return t.names.some((name) => get(name).length > 0);
    case "bool":
      return get(t.names[0])[0] === "yes";
  }
  return t.op === "literal" && t.bool === true;
};

const compare = (op, a, b, get) => {
  const numeric = isNumber(a) || isNumber(b);
  const value = numeric ? numberOf : textOf;
  const x = value(a, get), y = value(b, get);
  if (x === undefined || y === undefined) return false;
  const order = numeric ? x - y : byCodePoint(x, y);
  return op === "<" ? order < 0 : op === "<=" ? order <= 0 : order === 0;
};

const isNumber = (t) => t.number !== undefined || t.op === "number" || t.op === "score" || t.op === "count";

const byCodePoint = (x, y) => {
  if (x === y) return 0;
  const [a, b] = [Array.from(x), Array.from(y)];
  const at = a.findIndex((c, i) => c !== b[i]);
  if (at < 0) return -1;
  return at >= b.length ? 1 : a[at].codePointAt(0) - b[at].codePointAt(0);
};

const numberOf = (t, get) => {
  if (t.number !== undefined) return Math.round(t.number * 1000);
  if (t.op === "count") return t.names.reduce((n, name) => n + get(name).length, 0) * 1000;
  const value = get(t.names[0])[0];
  if (value === undefined) return undefined;
  const n = t.op === "score" ? Math.round(own(t.scores, value) * 1000) : number(value);
  return isNaN(n) ? undefined : n;
};

const textOf = (t, get) => {
  if (t.text !== undefined) return t.text;
  if (t.op === "choice" || t.op === "text" || t.op === "bool") return get(t.names[0])[0];
  return holds(t, get) ? "yes" : "no";
};

// look works out what is asked, given what is typed: a Map from field to texts. channel and language are "" where unknown.
export const look = (rules, typed, channel, language) => {
  const read = readAll(rules.questions, typed);
  const state = { values: new Map(), asked: new Set(), withheld: new Map(), required: new Set(), failed: new Map(), thanks: 0 };
  const get = (name) =>
    (name === "channel" && channel ? [channel] : name === "language" && language ? [language] : state.values.get(name) || none);
  for (const q of rules.questions) {
    if ((q.show_if || none).some((t) => !holds(t, get))) continue;
    state.asked.add(q.id);
    const withheld = (q.option_if || none).filter(([, t]) => !holds(t, get)).map(([id]) => id);
    if (withheld.length) state.withheld.set(q.id, withheld);
    for (const f of fieldsOf(q)) {
      let values = read.get(f.name) || none;
      if (withheld.includes(f.option) || f.other && withheld.includes("_other")) values = none;
      else if (!f.row && !f.option && !f.other) values = values.filter((v) => !withheld.includes(v));
      if (values.length) state.values.set(f.name, values);
    }
    const offered = fieldsOf(q).filter((f) => !withheld.includes(f.option));
    if (q.type === "constant_sum" && offered.some((f) => state.values.has(f.name))) { // a blank beside a share is none
      for (const f of offered) if (!state.values.has(f.name)) state.values.set(f.name, ["0"]);
    }
  }
  for (const q of rules.questions) {
    if (!state.asked.has(q.id)) continue;
    const always = q.required || !!q.required_if && holds(q.required_if, get);
    const fields = fieldsOf(q);
    if (q.type === "ranking" || q.type === "constant_sum") {
      if (always) state.required.add(q.id);
    } else {
      for (const f of fields) if (!f.other && (always || (q.required_rows || none).includes(f.row))) state.required.add(f.name);
    }
    if (!fields.some((f) => state.values.has(f.name))) continue;
    const failed = [];
    (q.checks || none).forEach((c, i) => { if (!holds(c.that, get)) failed.push(i); });
    if (failed.length) state.failed.set(q.id, failed);
  }
  state.thanks = Math.max((rules.thanks || none).findIndex((t) => !t || holds(t, get)), 0); // the last has no condition
  return state;
};

// legible is a value from a link as far as the handler would take it, else "".
export const legible = (rules, name, text) => {
  const q = rules.questions.find((q) => q.id === name);
  const values = q && read(fieldsOf(q)[0], [text]);
  return values && values.length && Array.from(values[0]).length <= 200 ? values[0] : "";
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
  text.replace(/\{\{([^{}]*)\}\}/g, (braced, name) =>
    (own(rules.pipes, trim(name)) ? piped(rules, state, typed, trim(name)) : braced));

// piped is an answer as it is put into another text: options by their labels, all else as typed; … if there is none.
export const piped = (rules, state, typed, name) => {
  const pipe = own(rules.pipes, name);
  const label = (id) => fill(rules, state, typed, own(pipe.labels, id) || "");
  const get = (name) => state.values.get(name) || none;
  let texts = none;
  if (pipe.order) {
    texts = pipe.order.filter((o) => get(`${name}.${o}`).length)
      .sort((a, b) => get(`${name}.${a}`)[0] - get(`${name}.${b}`)[0]).map(label);
  } else if (pipe.labels) {
    texts = get(name).filter((v) => own(pipe.labels, v)).map((v) => v === "_other" && get(name + "._other")[0] || label(v));
  } else if (get(name).length) {
    texts = [trim((typed.get(name) || none).find((t) => trim(t) !== "") || get(name)[0])];
  }
  if (!texts.length) return "…";
  const [comma, and] = rules.joins;
  return texts.length === 1 ? texts[0] : texts.slice(0, -1).join(comma) + and + texts[texts.length - 1];
};
