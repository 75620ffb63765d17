// @ts-check
// What a questionnaire asks of a respondent, worked out from what is typed so far: the same reading of answers as
// internal/answer, as far as a page can give them; the same conditions as internal/expression; the same limits. It uses no
// page, keeps nothing, and is ES2019. Property tests in internal/render compare the two sides: change neither alone.

/**
 * The rules of a survey, as internal/render/rules.go writes and documents them.
 * @typedef {object} Rules
 * @property {string[]} [channels]
 * @property {Rule[]} questions
 * @property {Record<string, Pipe>} [pipes]
 * @property {string[]} [keep]
 * @property {[string, string]} joins
 * @property {Record<string, string>} say
 *
 * @typedef {object} Rule
 * @property {string} id
 * @property {string} type
 * @property {string[]} [fields]
 * @property {string[]} [options]
 * @property {number} [ranks]
 * @property {number} [total]
 * @property {string[]} [must]
 * @property {Term} [required_if]
 * @property {Term[]} [show_if]
 * @property {[string, Term][]} [option_if]
 * @property {[Term, string][]} [checks]
 * @property {boolean} [shuffle]
 * @property {string[]} [anchor]
 * @property {boolean} [private]
 * @property {Limit[]} [limits]
 * @property {string} [unread]
 * @property {Record<number, string>} [missing]
 *
 * @typedef {{labels?: Record<string, string>, order?: string[]}} Pipe
 *
 * @typedef {[code: string, bound: any, message: string]} Limit
 *
 * A condition or a value: see internal/render/terms.go.
 * @typedef {boolean | number | string | [operator: string, ...operands: any[]]} Term
 */

/**
 * What is typed, by field.
 * @typedef {Map<string, string[]>} Typed
 *
 * What the rules make of what is typed, as answer.State.
 * @typedef {object} State
 * @property {Rules} rules
 * @property {Typed} typed
 * @property {Map<string, string[]>} values by field: answers to what is asked, in canonical form
 * @property {Set<string>} asked questions
 * @property {Map<string, string[]>} withheld by question: options that are not offered
 * @property {Set<string>} required fields; of a ranking or constant sum, the question
 * @property {Map<string, string[]>} failed by question: messages of the checks that its answer does not meet
 * @property {Set<string>} unread fields whose text cannot be read
 *
 * @typedef {{q: string, name: string, code: string, text: string}} Problem
 *
 * The values of a field or of a fact about the submission; none if there are none.
 * @typedef {(name: string) => string[]} Lookup
 *
 * @typedef {boolean | number | string | undefined} Value
 *
 * @typedef {(term: Term) => Value} Evaluator
 */

/** @type {any[]} */
const none = [];

// Reading what is typed.

/**
 * The value of a decimal digit of any script: in Unicode those of a script follow each other, from zero to nine.
 * @param {string} digit
 */
const digitValue = (digit) => {
  const code = /** @type {number} */ (digit.codePointAt(0));
  let zero = code;
  while (/[\p{Nd}]/u.test(String.fromCodePoint(zero - 1))) zero--;
  return `${(code - zero) % 10}`;
};

/** @typedef {[what: RegExp, by: any]} Replacement */
/** Variants of characters, such as wide ones. Raised and lowered digits stay: 10² is not 102. @type {Replacement} */
const forms = [/[^\u00b2\u00b3\u00b9\u2070\u2074-\u208e]+/g, (/** @type {string} */ text) => text.normalize("NFKC")];
/** @type {Replacement} */
const digits = [/[\p{Nd}]/gu, digitValue];
/** @type {Replacement} */
const hyphens = [/[\u2010-\u2015\u2212]/g, "-"];
/** @type {Replacement} */
const points = [/[\u3002\u066b]/g, "."];
/** The Arabic thousands separator between groups of three. A comma stays: some write 1,500 for 1.5. @type {Replacement} */
const groups = [/^[+-]?\d{1,3}(\u066c\d{3})+(?=\.|$)/, (/** @type {string} */ n) => n.replace(/\u066c/g, "")];

/**
 * What is replaced in all but prose, by the type of the question: the table of internal/answer/clean.go.
 * @type {Record<string, Replacement[]>}
 */
const cleaning = {
  number: [forms, digits, hyphens, points, groups],
  constant_sum: [forms, digits, hyphens, points, groups],
  date: [forms, digits, hyphens],
  time: [forms, digits],
  phone: [forms, digits, hyphens],
  email: [forms, digits, hyphens, points],
  url: [[/^(https?[:：][/／]{2})?[^/?#／？＃]*[／？＃]?/i, (/** @type {string} */ host) => host.replace(...forms).replace(...points)]],
};

/** @param {string} type @param {string} text */
const clean = (type, text) => {
  text = type === "long_text" ? text.replace(/\r\n?/g, "\n") : text.replace(/[\t\n\r]/g, " ");
  text = text.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, "");
  const steps = cleaning[type];
  text = (steps ? text.replace(/[\p{Cf}]/gu, "") : text).normalize("NFC");
  if (!steps) {
    text = text.trim();
    return /[^\p{Cc}\p{Cf}\p{Z}\p{M}\u115f\u1160\u3164\uffa0\u2800]/u.test(text) ? text : ""; // nobody can see anything
  }
  for (const [what, by] of steps) text = text.replace(what, by);
  return text.trim();
};

/**
 * Reads a decimal in canonical form, in thousandths; NaN if it is none.
 * @param {string} text
 */
const parseNumber = (text) => {
  const n = /^-?\d{1,10}(\.\d{1,3})?$/.test(text) ? Math.round(+text * 1000) : NaN;
  return Math.abs(n) <= 1e12 ? n : NaN;
};
/** @param {number} n in thousandths */
export const formatNumber = (n) => `${n / 1000}`;
/** @param {string} text as typed */
export const readNumber = (text) => parseNumber(clean("number", text).replace(/^\+/, ""));

/** @param {string} number of one or two digits */
const twoDigits = (number) => number.padStart(2, "0");

/**
 * Reads cleaned texts of a type; null if one cannot be read.
 * @type {Record<string, (text: string) => string | null>}
 */
const readers = {
  number(text) {
    const n = readNumber(text);
    return isNaN(n) ? null : formatNumber(n);
  },
  date(text) {
    const day = text.replace(/^(\d{4}) ?[-/.年] ?(\d{1,2}) ?[-/.月] ?(\d{1,2}) ?日?$/,
      (_, year, month, day) => [year, twoDigits(month), twoDigits(day)].join("-"));
    return (new Date(day).toJSON() || "").slice(0, 10) === day ? day : null;
  },
  time(text) {
    const parts = /^([01]?\d|2[0-3]) ?[:点點时時] ?([0-5]?\d) ?分?$/.exec(text);
    return parts && parts.slice(1).map(twoDigits).join(":");
  },
};
readers.constant_sum = readers.number;

/** Stands for a date or a time that is typed in part: the browser does not say what. */
export const halfTyped = "…";

/** @param {Rule} q @returns {string[]} */
export const fieldsOf = (q) => q.fields || (q.type === "note" ? none : [q.id]);

/** @param {string} name */
export const isOther = (name) => name.endsWith("._other");

/**
 * Brings a field's texts into canonical form; null if they cannot be read. Lists give no other.
 * @param {Rule} q
 * @param {string} name
 * @param {string[]} typed
 * @returns {string[] | null}
 */
const readField = (q, name, typed) => {
  const type = isOther(name) ? "short_text" : q.type;
  const values = typed.map((text) => clean(type, text)).filter((text) => text);
  if (type === "multi_choice") return /** @type {string[]} */ (q.options).filter((o) => values.includes(o));
  if (type === "hidden" && q.options && values.length && !q.options.includes(values[0])) return null;
  const read = readers[type] ? values.map(readers[type]) : values;
  return read.includes(null) ? null : /** @type {string[]} */ (read);
};

// Conditions.

/**
 * Returns what evaluates terms, given what looks up values. Operands are evaluated first; what is no term, such as a name,
 * is its own value.
 * @param {Lookup} valuesOf
 * @returns {Evaluator}
 */
const evaluator = (valuesOf) => {
  /** @type {Record<string, (...operands: any[]) => Value>} */
  const operators = {
    and: (...conditions) => conditions.every((c) => c),
    or: (...conditions) => conditions.some((c) => c),
    not: (condition) => !condition,
    "=": (a, b) => a !== undefined && a === b,
    "<": (a, b) => sortKey(a) < sortKey(b),
    "<=": (a, b) => sortKey(a) <= sortKey(b),
    any: (...names) => names.some((name) => valuesOf(name).length),
    has: (name, id) => valuesOf(name).includes(id),
    says: (name, text) => valuesOf(name).some((value) => value.includes(text)),
    v: (name) => valuesOf(name)[0],
    n: (name) => parseNumber(valuesOf(name)[0]),
    count: (...names) => names.reduce((n, name) => n + valuesOf(name).length, 0) * 1000,
    score: (name, scores) => scores[valuesOf(name)[0]],
    is: (condition) => (condition ? "yes" : "no"),
  };
  /** @type {Evaluator} */
  const run = (term) => (Array.isArray(term) ? operators[term[0]](...term.slice(1).map(run)) : term);
  return run;
};

/**
 * A text's key compares as the text does in Go, by code points instead of UTF-16: it has eight digits for each. A number is
 * its own.
 * @param {Value} x
 * @returns {any}
 */
const sortKey = (x) => (typeof x === "string" ? [...x].map((c) => 1e7 + /** @type {number} */ (c.codePointAt(0))).join() : x);

// Evaluating the rules.

/**
 * Computes the state of a form as answer.EvaluateTyped does. channel and language are "" if unknown.
 * @param {Rules} rules
 * @param {Typed} typed
 * @param {string} channel
 * @param {string} language
 */
export const evaluate = (rules, typed, channel, language) => {
  /** @type {State} */
  const state = {
    rules,
    typed,
    values: new Map(),
    asked: new Set(),
    withheld: new Map(),
    required: new Set(),
    failed: new Map(),
    unread: new Set(),
  };
  const run = evaluator((name) => {
    if (name === "channel" && channel) return [channel];
    if (name === "language" && language) return [language];
    return state.values.get(name) || none;
  });
  for (const q of rules.questions) ask(state, q, run);
  for (const q of rules.questions) {
    if (!state.asked.has(q.id)) continue;
    require(state, q, run);
    check(state, q, run);
  }
  return state;
};

/**
 * Sets whether a question is asked, with which options, and its values.
 * @param {State} state
 * @param {Rule} q
 * @param {Evaluator} run
 */
const ask = (state, q, run) => {
  const given = readQuestion(state, q);
  if ((q.show_if || none).some((t) => !run(t))) return;
  state.asked.add(q.id);
  const withheld = (q.option_if || none).filter(([, t]) => !run(t)).map(([id]) => id);
  if (withheld.length) state.withheld.set(q.id, withheld);
  const offered = offeredFields(state, q);
  for (const name of offered) {
    const kept = (given.get(name) || none).filter((v) => name !== q.id || !withheld.includes(v));
    if (kept.length) state.values.set(name, kept);
  }
  if (q.total !== undefined && offered.some((name) => state.values.has(name))) { // beside a share, a blank is 0
    for (const name of offered) if (!state.values.has(name)) state.values.set(name, ["0"]);
  }
};

/**
 * Reads all fields of a question. A text for "other" chooses it, unless another choice contradicts.
 * @param {State} state
 * @param {Rule} q
 */
const readQuestion = (state, q) => {
  /** @type {Map<string, string[]>} */
  const given = new Map();
  for (const name of fieldsOf(q)) {
    const values = readField(q, name, state.typed.get(name) || none);
    if (!values) state.unread.add(name);
    else if (values.length) given.set(name, values);
  }
  const other = q.id + "._other";
  const chosen = given.get(q.id) || none;
  if (given.has(other) && !chosen.includes("_other")) {
    if (q.type === "multi_choice" || !chosen.length) given.set(q.id, chosen.concat("_other"));
    else state.unread.add(other);
  }
  return given;
};

/**
 * Sets which fields of a question are required.
 * @param {State} state
 * @param {Rule} q
 * @param {Evaluator} run
 */
const require = (state, q, run) => {
  const all = isAnsweredWhole(q) ? [q.id] : fieldsOf(q).filter((name) => !isOther(name));
  for (const name of q.required_if && run(q.required_if) ? all : q.must || none) state.required.add(name);
};

/**
 * Sets which checks the answer to a question fails, by their messages.
 * @param {State} state
 * @param {Rule} q
 * @param {Evaluator} run
 */
const check = (state, q, run) => {
  if (!fieldsOf(q).some((name) => state.values.has(name))) return;
  const failed = (q.checks || none).filter(([t]) => !run(t)).map(([, message]) => message);
  if (failed.length) state.failed.set(q.id, failed);
};

/**
 * Whether a question is answered by all its fields together.
 * @param {Rule} q
 */
const isAnsweredWhole = (q) => q.ranks || q.total !== undefined;

/**
 * The fields of a question that can be filled in: not those of withheld options.
 * @param {State} state
 * @param {Rule} q
 */
const offeredFields = (state, q) => fieldsOf(q).filter((name) =>
  !(isAnsweredWhole(q) || isOther(name)) || !(state.withheld.get(q.id) || none).includes(name.slice(q.id.length + 1)));

// Problems.

/**
 * The length of a text in characters. Only those that can be seen are enough.
 * @param {string} code of the problem
 * @param {string} text
 */
const lengthOf = (code, text) =>
  [...code === "too_short" ? text.replace(/[\p{Cf}\u115f\u1160\u3164\uffa0\u2800]/gu, "") : text].length;

/**
 * Whether values break a bound, by the code of the problem. Numbers are in thousandths.
 * @type {Record<string, (values: string[], bound: any) => unknown>}
 */
const limits = {
  exclusive: (v, exclusive) => v.length > 1 && v.some((id) => exclusive.includes(id)),
  too_few: (v, [least, ...exclusive]) => v.length < least && !exclusive.includes(v[0]),
  too_many: (v, most) => v.length > most,
  too_small: (v, least) => parseNumber(v[0]) < least,
  too_large: (v, most) => parseNumber(v[0]) > most,
  not_a_step: (v, [from, step]) => (parseNumber(v[0]) - from) % step,
  too_short: (v, least) => lengthOf("too_short", v[0]) < least,
  too_long: (v, most) => lengthOf("too_long", v[0]) > most,
  too_early: (v, first) => v[0] < first,
  too_late: (v, last) => v[0] > last,
  must_consent: (v) => v[0] !== "yes",
};
/** @param {string[]} v @param {string} pattern */
const mismatches = (v, pattern) => !new RegExp(pattern, "u").test(v[0]);

/**
 * What the handler would say of the answers, in its words. It knows a little more, and has the last word.
 * @param {State} state
 */
export const findProblems = (state) => state.rules.questions.filter((q) => state.asked.has(q.id)).flatMap((q) => {
  const fields = offeredFields(state, q);
  const problems = fields.map((name) => fieldProblem(state, q, name)).filter(Boolean);
  return /** @type {Problem[]} */ (problems.length ? problems : questionProblems(state, q, fields));
});

/**
 * @param {State} state
 * @param {Rule} q
 * @param {string} name
 * @param {string} code
 * @param {string} [text]
 * @returns {Problem}
 */
const problem = (state, q, name, code, text = state.rules.say[code]) => ({ q: q.id, name, code, text });

/** @param {State} state @param {Rule} q @param {string} name */
const fieldProblem = (state, q, name) => {
  const v = state.values.get(name);
  if (state.unread.has(name)) {
    if (isOther(name)) return problem(state, q, name, "other_unmeant");
    if ((state.typed.get(name) || none).includes(halfTyped)) return problem(state, q, name, "incomplete");
    return q.unread && problem(state, q, name, "unread", q.unread); // none where a page lets nobody type it
  }
  if (!v) return state.required.has(name) && problem(state, q, name, q.type === "consent" ? "must_consent" : "required");
  /** @type {Limit[]} */
  const all = isOther(name) ? [["too_long", 200, state.rules.say.too_long]] : q.limits || none;
  const broken = all.find(([code, bound]) => (limits[code] || mismatches)(v, bound));
  return broken && problem(state, q, name, broken[0], broken[2].replace("{length}", `${lengthOf(broken[0], v[0])}`));
};

/**
 * The problems of a question as a whole, once there is none of its fields.
 * @param {State} state
 * @param {Rule} q
 * @param {string[]} fields
 * @returns {Problem[]}
 */
const questionProblems = (state, q, fields) => {
  const given = fields.filter((name) => state.values.has(name));
  const sum = given.reduce((n, name) => n + parseNumber(/** @type {string[]} */ (state.values.get(name))[0]), 0);
  const most = Math.min(/** @type {number} */ (q.ranks), fields.length); // NaN unless it is a ranking
  if (!given.length) return state.required.has(q.id) ? [problem(state, q, q.id, "required")] : none;
  if (q.total !== undefined && sum !== q.total) {
    return [problem(state, q, q.id, "wrong_sum", state.rules.say.wrong_sum.replace("{sum}", formatNumber(sum)))];
  }
  if (given.length < most && state.required.has(q.id)) {
    return [problem(state, q, q.id, "rank_missing", /** @type {Record<number, string>} */ (q.missing)[most])];
  }
  return (state.failed.get(q.id) || none).map((text) => problem(state, q, q.id, "failed", text));
};

// Order of options.

/**
 * A question's options in an order that is each submission's own, anchored ones last.
 * @param {Rule} q
 * @param {string} id of the submission
 */
export const shuffledOptions = (q, id) => {
  const last = q.anchor || none;
  /** @param {string} option */
  const place = (option) => hash(`${id.toLowerCase()}.${q.id}.${option}`);
  return /** @type {string[]} */ (q.options).filter((o) => !last.includes(o)).sort((a, b) => place(a) - place(b)).concat(last);
};

/**
 * FNV-1a with the finish of MurmurHash3, which spreads differences of the last letters.
 * @param {string} text
 */
const hash = (text) => {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ h >>> 16, 0x85ebca6b);
  h = Math.imul(h ^ h >>> 13, 0xc2b2ae35);
  return (h ^ h >>> 16) >>> 0;
};

// Answers in other texts.

/**
 * Puts answers into a text with {{names}}.
 * @param {State} state
 * @param {string} text
 * @returns {string}
 */
export const fillIn = (state, text) =>
  text.replace(/\{\{([^{}]*)\}\}/g, (braced, name) => answerText(state, name.trim(), braced));

/**
 * An answer as it reads in another text: options by their labels, all else as typed; … if there is none.
 * @param {State} state
 * @param {string} name
 * @param {string} [unknown] where no answer has this name
 */
export const answerText = (state, name, unknown = "") => {
  const pipe = entry(state.rules.pipes, name);
  if (!pipe) return unknown;
  const texts = answerTexts(state, name, pipe);
  if (!texts.length) return "…";
  const [comma, and] = state.rules.joins;
  const last = /** @type {string} */ (texts.pop());
  return texts.length ? texts.join(comma) + and + last : last;
};

/**
 * An object's own property, whatever its name.
 * @template T
 * @param {Record<string, T> | undefined} object
 * @param {string} name
 */
const entry = (object, name) => new Map(Object.entries(object || {})).get(name);

/**
 * @param {State} state
 * @param {string} name
 * @param {Pipe} pipe
 * @returns {string[]}
 */
const answerTexts = (state, name, pipe) => {
  /** @type {Lookup} */
  const valuesOf = (name) => state.values.get(name) || none;
  /** @param {string} id */
  const rank = (id) => valuesOf(`${name}.${id}`)[0];
  /** @param {string} id */
  const label = (id) => fillIn(state, /** @type {string} */ (entry(pipe.labels, id)));
  const values = valuesOf(name);
  if (pipe.order) return pipe.order.filter(rank).sort((a, b) => +rank(a) - +rank(b)).map(label);
  if (pipe.labels) {
    const labelled = values.filter((v) => entry(pipe.labels, v) !== undefined);
    return labelled.map((v) => v === "_other" && valuesOf(name + "._other")[0] || label(v));
  }
  if (!values.length) return none;
  const typed = (state.typed.get(name) || none).find((text) => text.trim());
  return [(typed || values[0]).trim()];
};
