// What a compiled questionnaire asks, from its definition as JSON.
import { Fraction } from "./rational.mjs";

const numeric = new Set(["number", "constant_sum"]);
const countable = new Set(["single_choice", "multi_choice", "rating", "nps", "matrix", "importance_matrix", "ranking", "number", "constant_sum", "yes_no", "consent"]);
const facts = new Set(["channel", "language"]);

/** Names that a condition mentions. */
export function names(tree) {
  return tree ? [...(tree.names ?? []), ...(tree.args ?? []).flatMap(names)] : [];
}

/** What a condition is for some answers: a value, or for a condition that is not decided yet, the tree that is left. */
function value(tree, look) {
  const part = (i) => value(tree.args[i], look);
  const name = tree.names?.[0];
  switch (tree.op) {
    case "literal": return tree.text ?? (tree.number !== undefined ? Number(tree.number) : tree.bool);
    case "list": return tree.args.map((a) => value(a, look));
    case "and": return tree.args.every((a) => value(a, look) === true);
    case "or": return tree.args.some((a) => value(a, look) === true);
    case "not": return value(tree.args[0], look) !== true;
    case "==": { const [a, b] = [part(0), part(1)]; return a !== undefined && b !== undefined && a === b; }
    case "<": { const [a, b] = [part(0), part(1)]; return a !== undefined && b !== undefined && a < b; }
    case "<=": { const [a, b] = [part(0), part(1)]; return a !== undefined && b !== undefined && a <= b; }
    case "in": { const a = part(0); return a !== undefined && part(1).includes(a); }
    case "contains": { const a = part(0); return a !== undefined && a.includes(part(1)); }
    case "answered": return tree.names.some((n) => look(n) !== undefined);
    case "count": return tree.names.reduce((n, each) => n + (look(each)?.length ?? 0), 0);
    case "score": { const a = look(name); const s = a && tree.scores?.[a[0]]; return s === undefined ? undefined : Number(s); }
    case "set": return look(name) ?? [];
    case "number": { const a = look(name); return a && Number(a[0]); }
    case "bool": { const a = look(name); return a && a[0] === "yes"; }
    default: return look(name)?.[0]; // choice, text
  }
}
export const holds = (tree, look) => !tree || value(tree, look) === true;

/** The part of a condition that facts leave open: true, false, or a tree. */
export function residue(tree, look, known) {
  if (names(tree).every(known)) return holds(tree, look);
  const left = () => tree.args.map((a) => residue(a, look, known));
  switch (tree.op) {
    case "and": {
      const parts = left().filter((p) => p !== true);
      return parts.includes(false) ? false : parts.length === 0 ? true : parts.length === 1 ? parts[0] : { op: "and", args: parts };
    }
    case "or": {
      const parts = left().filter((p) => p !== false);
      return parts.includes(true) ? true : parts.length === 0 ? false : parts.length === 1 ? parts[0] : { op: "or", args: parts };
    }
    case "not": {
      const [part] = left();
      return typeof part === "boolean" ? !part : { op: "not", args: [part] };
    }
    default: return tree;
  }
}

export class Survey {
  constructor(definition) {
    this.definition = definition;
    this.id = definition.id;
    this.shape = definition.shape;
    this.k = Math.max(definition.results.min_group || 1, definition.results.protection === "strict" ? 10 : 1);
    this.strict = definition.results.protection === "strict";
    this.questions = new Map();
    for (const section of definition.sections) for (const q of section.questions) this.questions.set(q.id, { ...q, section });
    this.#readConditions();
    this.fields = [...this.questions.values()].flatMap((q) => this.#fieldsOf(q));
    this.field = new Map(this.fields.map((f) => [f.name, f]));
    this.segments = this.fields.filter((f) => f.q.segment);
    this.scoring = definition.scoring;
    this.model = this.scoring.model === "mean_of_units" ? this.scoring.of : this.scoring.model;
    this.outOf100 = ["percent_of_max", "graded_10"].includes(this.model);
    for (const f of this.fields) {
      f.weight = Fraction.of(f.row?.weight ?? f.q.weight);
      f.scored = ["single_choice", "rating", "matrix", "importance_matrix"].includes(f.q.type) && f.counted && !f.sensitive && f.part !== "importance" &&
        f.weight.over > 0n && f.options.some((o) => o.score !== undefined);
      const dimension = (this.scoring.dimensions ?? []).find((d) => d.id === f.q.dimension);
      f.factor = dimension ? f.weight.times(dimension.weight) : f.weight;
      const scores = f.options.filter((o) => o.score !== undefined).map((o) => Fraction.of(o.score));
      const by = (a, b) => a.compare(b);
      f.scores = scores.sort(by);
      f.max = scores.at(-1);
      f.min = scores[0];
    }
    this.items = this.fields.filter((f) => f.scored);
    this.rowItems = this.items.filter((f) => this.inRows(f));
    this.partial = this.items.some((f) => !f.q.segment && !this.inRows(f));
    this.overall = this.field.get(this.scoring.overall);
  }

  isFact(name) {
    const q = this.questions.get(name);
    return facts.has(name) || q?.type === "hidden" || Boolean(q?.segment);
  }
  #question(name) { return name.split(".")[0]; }

  /** A question reads what decides whether and how it may be answered; what a check ties, reads each other. */
  #readConditions() {
    const reads = new Map([...this.questions.keys()].map((id) => [id, new Set()]));
    const add = (id, tree) => names(tree).forEach((n) => { n = this.#question(n); if (n !== id && this.questions.has(n)) reads.get(id).add(n); });
    this.decides = new Map();
    for (const q of this.questions.values()) {
      const trees = [q.section.show_if, q.show_if, q.required_if, ...(q.options ?? []).map((o) => o.show_if)].filter(Boolean);
      this.decides.set(q.id, trees);
      trees.forEach((t) => add(q.id, t));
      for (const check of q.checks ?? []) {
        add(q.id, check.that);
        names(check.that).map((n) => this.#question(n)).filter((n) => n !== q.id && this.questions.has(n)).forEach((n) => reads.get(n).add(q.id));
      }
    }
    this.reads = reads;
    this.closure = new Map();
    for (const id of reads.keys()) {
      const seen = new Set([id]);
      for (const each of seen) reads.get(each).forEach((r) => seen.add(r));
      this.closure.set(id, seen);
    }
  }

  #fieldsOf(q) {
    const all = [...this.closure.get(q.id)].map((id) => this.questions.get(id));
    const isCountable = countable.has(q.type) || (q.type === "hidden" && q.options?.length > 0);
    const make = (name, more = {}) => ({ name, q, options: this.#optionsOf(q, more.part), numeric: numeric.has(q.type), counted: isCountable && !all.some((x) => x.private || x.unpublished),
      sensitive: isCountable && (this.strict || all.some((x) => x.sensitive)), ...more });
    switch (q.type) {
      case "note": return [];
      case "matrix": return q.rows.map((row) => make(`${q.id}.${row.id}`, { row }));
      case "importance_matrix": return q.rows.flatMap((row) => ["importance", "satisfaction"].map((part) => make(`${q.id}.${row.id}.${part}`, { row, part })));
      case "ranking":
      case "constant_sum": return q.options.map((option) => make(`${q.id}.${option.id}`, { option }));
      default: return [make(q.id)];
    }
  }

  #optionsOf(q, part) {
    if (part === "importance") return q.importance;
    switch (q.type) {
      case "yes_no": return [{ id: "yes" }, { id: "no" }];
      case "consent": return [{ id: "yes" }];
      case "ranking": return Array.from({ length: Math.min(q.at_most, q.options.length) }, (_, i) => ({ id: String(i + 1), score: i + 1 }));
      case "number":
      case "constant_sum": return [];
      default: return q.options ?? [];
    }
  }

  condition(f) { return [f.q.section.show_if, f.q.show_if].filter(Boolean); }

  /** Answers with equal keys are to one item. */
  key(f) {
    const of = (o) => [o.id, o.score, o.show_if];
    const sorted = (list) => list.map(of).sort((a, b) => (a[0] < b[0] ? -1 : 1));
    return JSON.stringify([f.q.type, f.part, sorted(f.options), f.option && sorted(f.q.options), f.q.type === "multi_choice" && [f.q.at_least, f.q.at_most], f.q.total, f.numeric && bands(f),
      this.condition(f)]);
  }

  readsSegment(f) { return [...this.closure.get(f.q.id)].some((id) => id !== f.q.id && this.questions.get(id).segment); }

  /** The conditions on whom a field is asked, if any of them reads a fact. */
  factConditions(f) {
    const within = [...this.closure.get(f.q.id)].filter((id) => id === f.q.id || !this.isFact(id));
    const trees = within.flatMap((id) => [...this.decides.get(id), ...(this.questions.get(id).checks ?? []).map((c) => c.that)]);
    return trees.filter((t) => names(t).some((n) => this.isFact(n)));
  }

  /** Whole rows have no segments, and nothing that facts decide who is asked. */
  inRows(f) { return !f.q.segment && this.factConditions(f).length === 0; }

  /** What two questionnaires must have in common for rows of answers to be added. */
  get rowSignature() {
    if (this.rowItems.length === 0) return "";
    return JSON.stringify([this.scoring.model, this.scoring.of, this.scoring.unit, this.scoring.overall, this.overall && this.key(this.overall),
      this.rowItems.map((f) => [f.name, this.key(f), f.factor.text, f.q.dimension]).sort()]);
  }
}

const limits = [-1000000, -100000, -10000, -1000, -100, -10, 0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000, 1000000];

/** The bands by which numbers are counted. */
export function bands(f) {
  const thousandths = (x) => x === undefined ? undefined : Number(Fraction.of(x).times(1000).floor);
  const q = f.q;
  const exact = (from, to, step) => {
    const list = [];
    for (let v = from; v <= to; v += step) list.push({ from: v, to: v, exact: true });
    return list;
  };
  const between = (lower, least, most) => {
    let all = lower;
    if (least !== undefined) all = [least, ...all.filter((x) => x > least)];
    if (most !== undefined) all = all.filter((x) => x <= most);
    const list = least === undefined ? [{ from: -Infinity, to: all[0] ?? most, open: "l" }] : [];
    all.forEach((from, i) => {
      if (i + 1 < all.length) list.push({ from, to: all[i + 1] });
      else if (most !== undefined) list.push({ from, to: most, exact: from === most, last: true });
      else list.push({ from, to: Infinity, open: "h" });
    });
    return list;
  };
  const grow = [2, 2.5, 2];
  const scale = (enough) => { let width = 1; for (let i = 0; !enough(width); i++) width = width * grow[i % 3]; return width; };
  let list;
  if (q.type === "constant_sum") {
    const total = thousandths(q.total);
    const step = scale((w) => total <= 100 * w);
    if (step <= 1000) list = [...exact(0, total, step), ...(total % step ? exact(total, total, step) : [])];
    else { const lower = []; for (let v = 0; v < total; v += 10 * step) lower.push(v); list = between(lower, 0, total); }
  } else {
    const [least, most, step] = [thousandths(q.min), thousandths(q.max), thousandths(q.step)];
    if (q.bands?.length) list = between(q.bands.map(thousandths), least, most);
    else if (least === undefined || most === undefined) list = between(limits.map((x) => x * 1000), least, most);
    else if (step > 0 && Math.floor((most - least) / step) < 101) list = exact(least, most, step);
    else {
      const width = scale((w) => !(Math.floor((most - least - 1) / w) >= 10 || (step !== undefined && w < step)));
      const lower = [];
      for (let v = Math.floor(least / width) * width; v <= most; v += width) lower.push(v);
      list = between(lower, least, most);
    }
  }
  return list;
}
/** The index of the band of a number, in thousandths. */
export function bandOf(list, f, value) {
  if (f.q.type === "constant_sum" && list.every((b) => b.exact)) { // rounded to the nearest
    let best = -1;
    list.forEach((b, i) => { if (best < 0 || Math.abs(b.from - value) <= Math.abs(list[best].from - value)) best = i; });
    return best;
  }
  return list.findIndex((b) => (b.exact ? value === b.from : value >= b.from && (value < b.to || (b.last && value <= b.to))));
}
