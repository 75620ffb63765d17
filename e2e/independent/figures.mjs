// Works out the figures of results.json and results.csv from answers, without the program's own code: node figures.mjs reads
// histories as JSON from its standard input, and writes what should be public.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Fraction, sum } from "./rational.mjs";
import { bands, bandOf, holds, names, residue } from "./survey.mjs";
import { isSensitive, ownIndex, replay, scoreOf } from "./release.mjs";
import { compare, composite, figureOf, fisher, holm, meanInterval, wilson } from "./statistics.mjs";

const total = (list) => list.reduce((a, b) => a + b, 0);
const orNull = (n) => n || null;
const two = (x) => Math.sign(x) * Math.round(Math.abs(x) * 100) / 100;
const none = -1; // in the place of a population of which no interval can be given

/** The figures of a field of some answers; population is that which intervals are corrected for. */
function itemOf(f, given, population) {
  const item = { f, n: given.length, counts: new Map(), population, scored: 0 };
  if (f.numeric) return numbers(item, given);
  for (const o of f.options) item.counts.set(o.id, given.filter((g) => g.includes(o.id)).length);
  if (f.q.type === "multi_choice") return item;
  const values = f.options.filter((o) => o.score !== undefined).map((o) => ({ score: Fraction.of(o.score), n: item.counts.get(o.id) }));
  item.scored = total(values.map((v) => v.n));
  item.twoSteps = new Set(values.map((v) => v.score.text)).size === 2;
  if (item.scored === 0) return item;
  setMean(item, values, f.min.number, f.max.number);
  const of = (ok) => total(values.filter((v) => ok(v.score)).map((v) => v.n));
  if (f.q.type === "nps") {
    const nps = { promoters: of((s) => s.compare(9) >= 0), detractors: of((s) => s.compare(6) <= 0) };
    nps.passives = item.scored - nps.promoters - nps.detractors;
    nps.score = new Fraction(BigInt(100 * (nps.promoters - nps.detractors)), BigInt(item.scored));
    const m = nps.score.number;
    nps.estimate = { mean: m, n: item.scored, squares: nps.promoters * (100 - m) ** 2 + nps.passives * m ** 2 + nps.detractors * (100 + m) ** 2, low: -100, high: 100, population };
    nps.interval = meanInterval(nps.estimate);
    item.nps = nps;
  }
  if (!f.isScale) return item;
  const middle = f.min.plus(f.max).by(2);
  Object.assign(item, { top: of((s) => s.compare(f.max) === 0), topTwo: of((s) => s.compare(f.second) >= 0), low: of((s) => s.compare(middle) < 0) });
  return item;
}

function setMean(item, values, low, high) {
  const n = total(values.map((v) => v.n));
  item.sum = sum(values.map((v) => v.score.times(v.n)));
  item.mean = item.sum.by(n);
  const m = item.mean.number;
  item.squares = total(values.map((v) => v.n * (v.score.number - m) ** 2));
  item.estimate = { mean: m, n, squares: item.squares, low, high, population: item.population };
  item.interval = meanInterval(item.estimate);
  if (n > 1) item.sd = Math.sqrt(item.squares / (n - 1));
}

/** The middle of a band in thousandths; numbers come in steps, so the largest of a band is a step below its end. */
function middleOf(f, b) {
  if (b.exact) return b.from;
  const step = f.q.type === "number" && f.q.step !== undefined ? Number(f.q.step) * 1000 : 0;
  return (b.from + b.to - (b.last ? 0 : Math.min(step, b.to - b.from))) / 2;
}

function numbers(item, given) {
  const { f } = item;
  const list = bands(f);
  const count = list.map(() => 0);
  for (const [text] of given) { const i = bandOf(list, f, Math.round(Number(text) * 1000)); if (i >= 0) count[i]++; }
  item.bins = histogram(f, list, count);
  const all = total(count);
  if (all > 0 && list.every((b, i) => !b.open || count[i] === 0)) {
    item.scored = all;
    item.midpoints = list.some((b, i) => count[i] > 0 && !b.exact);
    const values = list.map((b, i) => ({ n: count[i], score: b.open ? null : new Fraction(BigInt(Math.round(2 * middleOf(f, b))), 2000n) })).filter((v) => v.n > 0);
    setMean(item, values, list[0].open ? -Infinity : list[0].from / 1000, list.at(-1).open ? Infinity : list.at(-1).to / 1000);
  }
  return item;
}

function histogram(f, list, count) {
  let all = list.map((b, i) => ({ ...b, n: count[i] }));
  const declared = f.q.bands?.length > 0;
  if (!declared && (all[0]?.open || all.at(-1)?.open)) {
    while (all.length > 1 && all[0].n === 0) all.shift();
    while (all.length > 1 && all.at(-1).n === 0) all.pop();
  }
  let same = () => false;
  if (all.length > 11 && !declared) {
    if (all[0].exact && all.at(-1).exact) {
      let width = 1;
      for (let i = 0; Math.floor((all.at(-1).from - all[0].from - 1) / width) >= 10; i++) width *= [2, 2.5, 2][i % 3];
      same = (i) => i > 0 && Math.floor(all[i].from / width) === Math.floor(all[i - 1].from / width);
    } else {
      const every = Math.ceil(all.length / 11);
      same = (i) => i % every !== 0;
    }
  }
  const bins = [];
  all.forEach((b, i) => {
    if (bins.length && same(i)) Object.assign(bins.at(-1), { to: b.to, n: bins.at(-1).n + b.n, open: b.open ?? bins.at(-1).open });
    else bins.push({ ...b });
  });
  return bins;
}

const at = (b) => (b.open === "l" ? "<" + b.to / 1000 : b.open === "h" ? "≥" + b.from / 1000 : String(b.from / 1000));

export class Figures {
  constructor(history) {
    Object.assign(this, replay(history));
    this.today = this.survey;
    for (const form of this.forms.values()) for (const f of form.fields) {
      f.isScale = ["single_choice", "rating", "matrix", "importance_matrix"].includes(f.q.type) && f.scores.length > 0;
      f.second = [...f.scores].reverse().find((s) => s.compare(f.max) < 0) ?? f.max;
    }
    this.periods = this.periods.filter((p) => p.number > 0);
    this.whole = this.periods.map((p, i) => this.figures(p, p.blocks, null, i));
    this.shown = this.whole.filter((x) => x.respondents >= x.period.k);
  }

  isPublic(f) {
    if (!f.counted) return false;
    const now = this.today.field.get(f.name);
    return now ? now.counted : !this.periods.some((p) => p.hidden.includes(f.name));
  }
  /** Whether answers to a segment question divide people: strict protection codes all questions, and their segments are facts. */
  divides(form, f) { return this.isPublic(f) && (!this.isCoded(form, f) || this.today.strict); }
  isCoded(form, f) { return isSensitive(this.today, form, f.name); }

  /** What was asked under each name in a period: by name a list of items, newest last. */
  chains(period) {
    const chains = new Map();
    const add = (form, f, shape) => {
      const key = form.key(f);
      const list = chains.get(f.name) ?? [];
      const coded = this.isCoded(form, f); // what was answered while it was sensitive is apart
      const item = list.find((x) => x.key === key && x.coded === coded) ?? { key, coded, since: shape ? period.since.get(shape) : null, shapes: [] };
      Object.assign(item, { f, form });
      if (shape) { item.since ??= period.since.get(shape); item.shapes.push(shape); }
      chains.set(f.name, [...list.filter((x) => x !== item), item]);
    };
    const shapes = [...new Set(period.blocks.map((b) => b.shape))];
    const formOf = (shape) => period.blocks.find((b) => b.shape === shape).form;
    for (const shape of shapes) for (const f of formOf(shape).fields) if (this.isPublic(f)) add(formOf(shape), f, shape);
    for (const f of period.form.fields) if (this.isPublic(f)) add(period.form, f, null);
    for (const list of chains.values()) {
      let after = list.at(-1).since;
      if (!period.form.field.has(list.at(-1).f.name)) { // removed: until the first block of a later part
        const last = Math.max(...shapes.map((s, i) => (formOf(s).field.has(list.at(-1).f.name) ? i : -1)));
        const next = period.since.get(shapes[last + 1]);
        list.at(-1).until = next && next > list.at(-1).since ? next : null;
      }
      for (const item of list.slice(0, -1).reverse()) {
        item.until = after && after > item.since ? after : null;
        after = item.since;
      }
    }
    return chains;
  }

  /** The figures of one item of a chain among some blocks. */
  item(version, period, blocks, group, population) {
    const { f, form } = version;
    if (this.isCoded(form, f)) {
      let coded = period.coded.get(f.name + version.key);
      if (group) coded = coded?.by?.get(group);
      return { f, coded: coded ?? { n: 0, k: 0, counts: new Map() }, n: coded?.n ?? 0, counts: new Map(f.options.map((o) => [o.id, coded?.counts.get(o.id) ?? 0])), since: version.since, until: version.until,
        bins: f.numeric ? histogram(f, bands(f), bands(f).map((_, i) => coded?.counts.get(i) ?? 0)) : undefined, base: coded ? { n: coded.n, kind: "all" } : undefined };
    }
    const own = blocks.filter((b) => version.shapes.includes(b.shape) && b.fields.has(f.name));
    const members = own.flatMap((b) => b.members);
    const item = itemOf(f, members.map((m) => m.answer.get(f.name)).filter(Boolean), population);
    Object.assign(item, { members, since: version.since, until: version.until, base: this.base(version, members, blocks) });
    return item;
  }

  base({ f, form }, members) {
    const own = form.condition(f);
    const facts = form.factConditions(f).length > 0;
    const reads = [...new Set(own.flatMap(names))];
    const readers = () => {
      if (reads.length !== 1) return 0;
      const r = form.field.get(reads[0]);
      return r && this.isPublic(r) && !this.isCoded(form, r) ? members.filter((m) => m.answer.has(r.name)).length : 0;
    };
    if (own.length === 0) return { n: members.length, kind: "all" };
    const asked = { n: members.filter((m) => own.every((c) => holds(c, m.look))).length, kind: "asked" };
    if (members.length === 0) return { n: 0, kind: "asked" };
    if (facts) return reads.some((n) => !form.isFact(n)) ? { n: readers(), kind: "reads" } : asked;
    const r = reads.length === 1 && form.field.get(reads[0]);
    const told = r && this.isPublic(r) && !this.isCoded(form, r) && r.q.type !== "multi_choice" && form.factConditions(r).length === 0 &&
      (r.numeric ? bands(r).every((b) => b.exact) : r.options.length > 0);
    return told ? asked : { n: readers(), kind: "reads" };
  }

  figures(period, blocks, group, index, whole = null) {
    const newest = index === this.periods.length - 1;
    const audience = (newest ? this.today : period.form).definition.audience;
    const respondents = total(blocks.map((b) => b.members.length));
    const x = { period, blocks, group, index, respondents, form: period.form, audience, newest };
    x.received = Math.max(period.facts.received, total(period.blocks.map((b) => b.members.length)));
    x.answered = Math.max(total(period.blocks.map((b) => b.members.length)), x.received - period.facts.withdrawn);
    x.drawn = group ? 0 : audience.population ?? 0;
    if (x.drawn && x.answered > x.drawn) x.drawn = none;
    x.chains = this.chains(period);
    x.items = [];
    for (const f of period.form.fields) {
      if (!this.isPublic(f)) continue;
      const chain = x.chains.get(f.name);
      const item = this.item(chain.at(-1), period, blocks, group, x.drawn);
      item.earlier = chain.slice(0, -1).reverse().map((v) => this.item(v, period, blocks, group, x.drawn)).filter((i) => i.n > 0);
      if (f.scored && !item.coded && !this.isCoded(period.form, f)) item.factor = f.factor;
      if (group?.split("=")[0] === f.name && !item.factor) continue; // all have given the same answer
      x.items.push(item);
    }
    x.byName = new Map(x.items.map((i) => [i.f.name, i]));
    x.removed = [];
    if (!group) for (const [name, chain] of x.chains) {
      if (period.form.field.has(name)) continue;
      const item = this.item(chain.at(-1), period, blocks, group, x.drawn);
      item.earlier = chain.slice(0, -1).reverse().map((v) => this.item(v, period, blocks, group, x.drawn)).filter((i) => i.n > 0);
      if (item.n > 0 || item.earlier.length > 0) x.removed.push(item);
    }
    this.addIndex(x, whole);
    if (!group) this.addFacts(x);
    this.publish(x);
    if (!group) { this.addRows(x); this.addWeights(x); }
    return x;
  }

  /** The index: Σ w·q and Σ w·d over the items with answers. */
  score(form, items, factor = (f) => f.factor) {
    const used = items.filter((i) => i.factor && i.scored > 0);
    if (used.length === 0) return {};
    const of = { percent_of_max: (i) => i.f.max, graded_10: () => Fraction.of(10), mean: () => Fraction.of(1), weighted_count: (i) => Fraction.of(i.scored) }[form.model];
    const reached = sum(used.map((i) => factor(i.f).times(form.model === "weighted_count" ? i.sum : i.mean)));
    const divisor = sum(used.map((i) => factor(i.f).times(of(i))));
    if (divisor.over === 0n) return { reached, divisor };
    const ratio = reached.by(divisor);
    return { reached, divisor, raw: form.outOf100 ? ratio.times(100) : form.model === "weighted_count" ? reached : ratio, perAnswer: form.model === "weighted_count" ? ratio : undefined };
  }

  /** Members of the steps of rows of the items in force. */
  rowsOf(x, unit = "") {
    const signature = x.form.rowSignature;
    if (!signature || x.form.rowItems.some((f) => !this.isPublic(f) || this.isCoded(x.form, f)) || (x.form.overall && x.form.inRows(x.form.overall) && (!this.isPublic(x.form.overall) || this.isCoded(x.form, x.form.overall)))) return [];
    return x.period.rows.get(signature + unit)?.out ?? [];
  }

  addIndex(x, whole) {
    x.overall = this.score(x.form, x.items);
    x.dimensions = (x.form.scoring.dimensions ?? []).map((d) => ({ d, ...this.score(x.form, x.items.filter((i) => i.f.q.dimension === d.id), (f) => f.weight) }));
    this.setPrecision(x, whole, x.group ? [] : this.rowsOf(x));
    if (x.form.scoring.model === "mean_of_units" && !x.group) this.meanOfUnits(x);
  }

  setPrecision(x, whole, rows) {
    const o = x.overall;
    const c = composite(x.form.model, x.items.filter((i) => i.factor && i.mean), (f) => f.factor.number);
    if (!o.raw || !c.isKnown) return;
    let e = c.widest(x.drawn);
    const own = rows.map(ownIndex).filter((n) => n !== null).map((n) => n / 1000);
    o.method = "bound";
    if (own.length >= 30 && !x.form.partial) {
      const mean = total(own) / own.length;
      const variance = total(own.map((v) => (v - mean) ** 2)) / (own.length - 1);
      const widest = e.squares / (e.n - 1);
      if (!whole) x.together = widest > 0 ? Math.min(1, Math.sqrt(variance / widest)) : 1;
      const n = (e.n * Math.max(own.length, c.most)) / c.most;
      e = { ...e, n, squares: variance * (n - 1) };
      o.method = "rows";
      o.rows = own.length;
    } else if (whole?.together > 0) {
      e = { ...e, squares: e.squares * whole.together ** 2 };
      o.method = "shared";
    }
    o.rawInterval = meanInterval(e);
    if (!o.rawInterval) { delete o.method; delete o.rows; return; }
    if (x.drawn > 0 && e.asked >= x.drawn) { o.method = "all"; delete o.rows; }
    o.figure = figureOf(e);
    if (x.form.model !== "weighted_count") for (const d of x.dimensions) {
      const part = composite(x.form.model, x.items.filter((i) => i.factor && i.mean && i.f.q.dimension === d.d.id), (f) => f.weight.number);
      if (part.isKnown) d.interval = meanInterval(part.widest(x.drawn));
    }
  }

  groupBlocks(period, segment, option) {
    return period.blocks.filter((b) => {
      const i = b.form.segments.findIndex((f) => f.name === segment);
      return !b.pool && i >= 0 && this.divides(b.form, b.form.segments[i]) && b.key.split("/")[i] === option;
    });
  }
  group(whole, segment, option) {
    const key = `${segment}=${option}`;
    whole.groups ??= new Map();
    if (!whole.groups.has(key)) whole.groups.set(key, this.figures(whole.period, this.groupBlocks(whole.period, segment, option), key, whole.index, whole));
    return whole.groups.get(key);
  }
  rest(whole, segment, option) {
    const options = new Set(whole.period.blocks.flatMap((b) => b.form.field.get(segment)?.options.map((o) => o.id) ?? []));
    options.delete(option);
    return this.figures(whole.period, [...options].flatMap((o) => this.groupBlocks(whole.period, segment, o)), segment + "=", whole.index, whole);
  }
  segments(x) { return x.form.segments.filter((f) => this.divides(x.form, f)); }

  meanOfUnits(x) {
    const o = x.overall;
    x.overall = { pooled: o.raw, units: [] };
    const unit = x.form.field.get(x.form.scoring.unit);
    const figures = [];
    const dimensions = x.dimensions.map(() => []);
    for (const option of unit.options) {
      const u = this.figures(x.period, this.groupBlocks(x.period, unit.name, option.id), `${unit.name}=${option.id}`, x.index, x);
      const rows = this.rowsOf(x, "|" + option.id);
      if (rows.filter((m) => ownIndex(m) !== null).length >= 30) this.setPrecision(u, x, rows);
      x.overall.units.push({ option, respondents: u.respondents, score: u.overall.raw, interval: x.form.model === "weighted_count" ? null : u.overall.rawInterval });
      if (u.overall.raw) figures.push(u.overall.figure);
      u.dimensions.forEach((d, i) => d.raw && dimensions[i].push(d.raw));
    }
    const scored = x.overall.units.filter((u) => u.score);
    const mean = (list) => (list.length ? sum(list).by(list.length) : undefined);
    x.overall.raw = mean(scored.map((u) => u.score));
    x.dimensions.forEach((d, i) => Object.assign(d, { raw: mean(dimensions[i]), interval: null }));
    if (!x.overall.raw || scored.some((u) => !u.interval)) return;
    const raw = x.overall.raw.number;
    const side = (i) => Math.sqrt(total(scored.map((u) => (u.score.number - u.interval[i]) ** 2))) / scored.length;
    Object.assign(x.overall, { rawInterval: [raw - side(0), raw + side(1)], method: "units" });
    const n = scored.length;
    x.overall.figure = { value: raw, isKnown: true, variance: total(figures.map((f) => f?.variance ?? 0)) / n ** 2, deviation: total(figures.map((f) => f?.deviation ?? 0)) / n,
      degrees: Math.min(Infinity, ...figures.map((f) => f?.degrees ?? 0)) };
  }

  addFacts(x) {
    const { period } = x;
    const in_ = (audience) => {
      const own = (audience.periods ?? []).find((i) => i.period === period.name && i.period);
      if (own) return { issued: own.issued, channels: own.channels, explicit: true };
      const plain = (audience.periods ?? []).find((i) => !i.period);
      return { issued: plain?.issued ?? audience.issued ?? 0, channels: plain?.channels };
    };
    let of = in_(this.today.definition.audience);
    if (!of.explicit && !x.newest) of = in_(x.audience);
    x.issued = of.issued ?? 0;
    x.population = x.audience.population ?? 0;
    if (x.issued > 0) x.rate = new Fraction(BigInt(100 * x.received), BigInt(x.issued));
    if (x.audience.sample) x.sample = Math.min(x.population, 10 + Math.ceil(x.population / 20));
    x.problems = [];
    if (x.issued > 0 && x.received > x.issued) x.problems.push({ kind: "more_than_issued", n: x.received, of: x.issued });
    if (x.drawn === none) x.problems.push({ kind: "more_than_population", n: x.answered, of: x.population });
    const came = period.blocks.flatMap((b) => b.members).map((m) => m.channel).filter(Boolean);
    const list = [...(x.form.definition.channels ?? [])];
    for (const c of of.channels ?? []) if (!list.includes(c.channel)) list.push(c.channel);
    x.channels = came.length === 0 && !of.channels?.length ? [] : list.map((name) => {
      const issued = (of.channels ?? []).find((c) => c.channel === name)?.issued;
      const n = came.filter((c) => c === name).length;
      return { name, n, of: came.length, issued, rate: issued ? new Fraction(BigInt(100 * n), BigInt(issued)) : undefined };
    });
  }

  publish(x) {
    const o = x.overall;
    if (!o.raw) return;
    const rule = x.form.scoring.response_rate_rule;
    o.score = o.raw;
    if (rule && x.rate && x.form.outOf100) {
      const missing = Fraction.of(rule.floor).minus(x.rate);
      let times = missing.compare(0) <= 0 ? Fraction.of(0) : missing.by(rule.per);
      if (!rule.proportional) times = new Fraction(times.floor);
      o.deducted = times.times(rule.deduct);
      o.score = o.raw.minus(o.deducted);
      if (o.score.compare(0) < 0) o.score = Fraction.of(0);
    }
    if (o.rawInterval && x.form.model !== "weighted_count") o.interval = o.deducted ? o.rawInterval.map((v) => Math.max(0, v - o.deducted.number)) : o.rawInterval;
    o.band = (x.form.scoring.bands ?? []).find((b) => o.score.compare(b.from) >= 0);
    if (x.form.scoring.target !== undefined) Object.assign(o, { target: x.form.scoring.target, gap: o.score.minus(x.form.scoring.target) });
  }

  addRows(x) {
    const rows = this.rowsOf(x);
    const alpha = (items) => {
      if (items.length < 2) return null;
      const complete = rows.filter((m) => ownIndex(m) !== null).map((m) => items.map((f) => scoreOf(m.form.field.get(f.name), m)?.number ?? null)).filter((r) => !r.includes(null));
      if (complete.length < 30) return null;
      const spread = (list) => { const m = total(list) / list.length; return total(list.map((v) => (v - m) ** 2)); };
      const whole = spread(complete.map(total));
      if (whole < 1e-9) return null;
      const k = items.length;
      return { value: two((k / (k - 1)) * (1 - total(items.map((_, i) => spread(complete.map((r) => r[i])))) / whole)), items: k, n: complete.length };
    };
    x.overall.alpha = alpha(x.form.rowItems);
    for (const d of x.dimensions) d.alpha = alpha(x.form.rowItems.filter((f) => f.q.dimension === d.d.id));
    const steps = x.period.steps.filter((s) => s.signature === x.form.rowSignature && rows.length > 0).map((s) => ({ ...s, own: s.members.map(ownIndex).filter((n) => n !== null) })).filter((s) => s.own.length > 0);
    const all = total(steps.map((s) => s.own.length));
    let cut = 0, nearest = all, before = 0;
    steps.forEach((s, i) => { before += s.own.length; if (Math.abs(2 * before - all) < nearest) { nearest = Math.abs(2 * before - all); cut = i + 1; } });
    const wave = (part) => {
      const own = part.flatMap((s) => s.own).map((n) => n / 1000);
      const mean = total(own) / own.length;
      return { since: part[0]?.date, until: part.at(-1)?.date, n: own.length, mean, figure: figureOf({ mean, n: own.length, squares: total(own.map((v) => (v - mean) ** 2)), low: -Infinity, high: Infinity, population: 0 }) };
    };
    const [early, late] = [wave(steps.slice(0, cut)), wave(steps.slice(cut))];
    if (early.n >= 30 && late.n >= 30) {
      const test = compare(late.figure, early.figure);
      if (test) { holm([test]); x.earlyLate = { early, late, test }; }
    }
    x.correlations = new Map();
    const overall = x.form.overall;
    if (!overall || !overall.counted || overall.sensitive || overall.scores.length === 0 || overall.q.type === "multi_choice" || !x.form.inRows(overall)) return;
    for (const f of x.form.rowItems) {
      if (f === overall || Math.max(f.max.number, overall.max.number) > 100) continue;
      const pairs = rows.filter((m) => ownIndex(m) !== null || true).map((m) => [scoreOf(m.form.field.get(f.name), m), scoreOf(m.form.field.get(overall.name), m)]).filter(([a, b]) => a && b).map(([a, b]) => [a.number, b.number]);
      if (pairs.length < 30) continue;
      const mean = (i) => total(pairs.map((p) => p[i])) / pairs.length;
      const [a, b] = [mean(0), mean(1)];
      const [aa, bb, ab] = [total(pairs.map((p) => (p[0] - a) ** 2)), total(pairs.map((p) => (p[1] - b) ** 2)), total(pairs.map((p) => (p[0] - a) * (p[1] - b)))];
      if (aa > 1e-9 && bb > 1e-9) x.correlations.set(f.name, { r: two(ab / Math.sqrt(aa * bb)), n: pairs.length });
    }
  }

  drivers(x) {
    const stated = [], derived = [];
    for (const i of x.items) {
      if (!i.factor || !i.mean || !i.f.isScale) continue;
      const best = i.f.max.number;
      const one = { name: i.f.name, performance: i.mean.number / best, done: i.interval?.map((v) => v / best) };
      const asked = i.f.part === "satisfaction" && x.byName.get(i.f.name.replace(/satisfaction$/, "importance"));
      if (asked?.mean) stated.push({ ...one, n: asked.scored, importance: asked.mean.number / asked.f.max.number, interval: asked.interval?.map((v) => v / asked.f.max.number) });
      const c = x.correlations?.get(i.f.name);
      if (c) derived.push({ ...one, n: c.n, importance: c.r, interval: fisher(c.r, c.n), derived: true });
    }
    return [stated, derived].map((list) => {
      if (list.length < 2) return null;
      const lines = [total(list.map((d) => d.importance)) / list.length, total(list.map((d) => d.performance)) / list.length];
      const side = (interval, line) => (!interval ? null : interval[0] > line ? true : interval[1] < line ? false : null);
      return Object.fromEntries(list.map((d) => {
        const important = d.derived && d.interval && d.interval[0] <= 0 && side(d.interval, lines[0]) ? null : side(d.interval, lines[0]);
        const well = side(d.done, lines[1]);
        const quadrant = important === null || well === null ? "unclear" : important ? (well ? "keep" : "improve") : well ? "overdone" : "low";
        return [d.name, { n: d.n, importance: d.importance, performance: d.performance, quadrant }];
      }));
    });
  }

  addWeights(x) {
    const weighting = (x.newest ? this.today : x.form).definition.weighting;
    if (!weighting) return;
    const segments = this.segments(x);
    const margins = weighting.margins.map((m) => ({ segment: segments.find((f) => f.name === m.segment), shares: new Map(m.shares.map((s) => [s.option, Number(s.share)])) }));
    if (margins.some((m) => !m.segment)) return;
    // People by the options they have in the margins.
    const people = x.blocks.filter((b) => !b.pool).flatMap((b) => b.members.map((m) => ({ m, b, at: margins.map(({ segment }) => {
      const i = b.form.segments.findIndex((f) => f.name === segment.name);
      const option = i < 0 ? "" : b.key.split("/")[i];
      return segment.options.some((o) => o.id === option) ? option : "";
    }), weight: 1 }))).filter((p) => p.at.every(Boolean));
    if (people.length === 0) return;
    const largest = Number(weighting.cap || 5);
    const cells = new Map();
    people.forEach((p) => { const key = p.at.join("/"); if (!cells.has(key)) cells.set(key, { at: p.at, people: [], weight: 1 }); cells.get(key).people.push(p); });
    const list = [...cells.values()];
    for (const [i, m] of margins.entries()) for (const o of m.segment.options) {
      if ((m.shares.get(o.id) ?? 0) > 0 && !list.some((c) => c.at[i] === o.id)) { x.problems.push({ kind: "weights_empty", segment: m.segment.name, option: o.id }); return; }
    }
    const share = (i, option) => total(list.filter((c) => c.at[i] === option).map((c) => c.people.length * c.weight));
    let missed = { by: Infinity }, capped = false;
    for (let round = 0; round < 1000 && missed.by >= 1e-9; round++) {
      for (const [i, m] of margins.entries()) {
        const factors = new Map(m.segment.options.map((o) => [o.id, ((m.shares.get(o.id) ?? 0) / 100) * people.length / share(i, o.id)]));
        list.forEach((c) => { if (Number.isFinite(factors.get(c.at[i]))) c.weight *= factors.get(c.at[i]); });
      }
      list.forEach((c) => { if (c.weight > largest) { c.weight = largest; capped = true; } });
      missed = margins.flatMap((m, i) => m.segment.options.map((o) => ({ segment: m.segment.name, option: o.id, by: Math.abs(share(i, o.id) / people.length - (m.shares.get(o.id) ?? 0) / 100) })))
        .reduce((a, b) => (b.by > a.by ? b : a));
    }
    if (missed.by >= (capped ? 0.005 : 1e-6)) {
      x.problems.push({ kind: capped ? "weights_capped" : "weights_diverge", segment: missed.segment, option: missed.option });
      return;
    }
    list.forEach((c) => c.people.forEach((p) => { p.weight = c.weight; p.m.weight = c.weight; }));
    const weights = people.map((p) => p.weight);
    const [w, ww] = [total(weights), total(weights.map((v) => v * v))];
    const weighted = { respondents: people.length, excluded: x.respondents - people.length, effective: (w * w) / ww, deff: (people.length * ww) / (w * w), least: Math.min(...weights), most: Math.max(...weights),
      capped: weights.some((v) => v >= largest * (1 - 1e-9)),
      margins: margins.map((m, i) => ({ name: m.segment.name, shares: m.segment.options.map((o) => [o.id, { population: m.shares.get(o.id) ?? 0,
        unweighted: (100 * people.filter((p) => p.at[i] === o.id).length) / people.length, weighted: (100 * share(i, o.id)) / w }]) })) };
    const chosen = new Set(people.map((p) => p.m));
    for (const item of x.items) {
      if (item.coded || item.n === 0) continue;
      item.weighted = this.weigh(item, item.members.filter((m) => chosen.has(m)), x.drawn);
    }
    const index = (members) => {
      const items = [];
      for (const item of x.items) {
        if (!item.factor || !item.mean) continue;
        const v = this.weigh(item, item.members.filter((m) => members.has(m)), x.drawn);
        if (v?.mean === undefined) continue;
        items.push({ ...item, estimate: v.estimate, scored: x.form.model === "weighted_count" ? Math.round(v.all) : item.scored });
      }
      const c = composite(x.form.model, items, (f) => f.factor.number);
      if (items.length === 0 || !(c.divisor > 0)) return null;
      const e = c.widest(x.drawn);
      return { ...e, asked: Math.ceil(e.n) };
    };
    if (x.form.scoring.model === "mean_of_units") {
      const unit = x.form.scoring.unit;
      const scores = x.form.field.get(unit).options.map((o) => index(new Set(people.filter((p) => p.m.answer.get(unit)?.[0] === o.id).map((p) => p.m)))).filter(Boolean).map((e) => e.mean);
      if (scores.length) weighted.score = total(scores) / scores.length;
    } else {
      const e = index(chosen);
      if (e) {
        weighted.score = e.mean;
        weighted.interval = meanInterval(x.together > 0 ? { ...e, squares: e.squares * x.together ** 2 } : e);
        if (weighted.interval) weighted.method = x.together > 0 ? "shared" : "bound";
      }
    }
    x.weighted = weighted;
  }

  weigh(item, members, population) {
    const { f } = item;
    const given = members.map((m) => ({ answer: m.answer.get(f.name), w: m.weight })).filter((g) => g.answer);
    const w = total(given.map((g) => g.w));
    if (!w) return null;
    const v = { effective: (w * w) / total(given.map((g) => g.w ** 2)), counts: f.options.map((o) => [o.id, total(given.filter((g) => g.answer.includes(o.id)).map((g) => g.w)) / w]) };
    const list = f.numeric ? bands(f) : [];
    const scored = given.map((g) => {
      if (!f.numeric) return { w: g.w, x: f.q.type === "multi_choice" ? undefined : f.options.find((o) => o.id === g.answer[0])?.score };
      const b = list[bandOf(list, f, Math.round(Number(g.answer[0]) * 1000))];
      return { w: g.w, x: !b || b.open ? undefined : middleOf(f, b) / 1000 };
    }).filter((s) => s.x !== undefined).map((s) => ({ w: s.w, x: Number(s.x) }));
    const all = total(scored.map((s) => s.w));
    if (!all) return v;
    const mean = total(scored.map((s) => s.w * s.x)) / all;
    const n = all ** 2 / total(scored.map((s) => s.w ** 2));
    const squares = (n * total(scored.map((s) => s.w * (s.x - mean) ** 2))) / all;
    const ends = f.numeric ? [list[0].open ? -Infinity : list[0].from / 1000, list.at(-1).open ? Infinity : list.at(-1).to / 1000] : [f.min.number, f.max.number];
    v.all = all;
    v.estimate = { mean, n, squares, low: ends[0], high: ends[1], population, asked: Math.ceil(n), isWeighted: true };
    const part = (ok) => total(scored.filter((s) => ok(s.x)).map((s) => s.w)) / all;
    if (item.scored > 0) Object.assign(v, { mean, interval: meanInterval(v.estimate) });
    if (f.isScale) Object.assign(v, { top: part((s) => s >= f.max.number), topTwo: part((s) => s >= f.second.number), low: part((s) => 2 * s < f.max.number + f.min.number) });
    if (f.q.type === "nps") v.nps = 100 * (part((s) => s >= 9) - part((s) => s <= 6));
    return v;
  }

  /** All that the index depends on besides the answers. */
  rules(x) {
    const { model, unit, of, response_rate_rule } = x.form.scoring;
    return JSON.stringify([model, unit, of, response_rate_rule, x.items.filter((i) => i.factor).map((i) => [i.f.name, i.f.factor.text, x.form.key(i.f)])]);
  }
  indexOf(x) { return x.form.model === "weighted_count" ? x.overall.perAnswer : x.overall.score; }
  /** The last of some figures before one with an index, and the change since. */
  change(x, all) {
    const before = all.slice(0, all.indexOf(x)).filter((y) => y.overall.score).at(-1);
    if (!before || !x.overall.score) return { comparable: true };
    if (this.rules(before) !== this.rules(x)) return { before, comparable: false };
    const [a, b] = [this.indexOf(x), this.indexOf(before)];
    return { before, comparable: true, change: a && b ? a.minus(b) : undefined };
  }

  itemFigure(i) {
    if (!i.estimate) return null;
    const f = figureOf(i.estimate);
    return f && i.twoSteps && !i.f.numeric ? { ...f, low: i.estimate.low, width: i.estimate.high - i.estimate.low } : f;
  }

  /** The tests of a page, corrected together. all are the figures of the same group in each period. */
  tests(x, all, whole) {
    const t = { changes: {}, standing: {} };
    const list = [];
    const add = (test) => { if (test) list.push(test); return test ?? undefined; };
    const last = this.change(x, all);
    if (last.change !== undefined) t.index = add(compare(x.overall.figure, last.before.overall.figure));
    for (const i of x.items) {
      const now = this.today.field.get(i.f.name);
      if (!now || !now.counted || now.sensitive || i.coded) continue;
      const has = (y) => { const o = y.byName.get(i.f.name); return o && !o.coded && o.mean; };
      if (!has(x)) continue;
      const before = all.slice(0, all.indexOf(x)).filter(has).at(-1);
      if (!before || before.form.key(before.byName.get(i.f.name).f) !== x.form.key(i.f)) continue;
      const then = before.byName.get(i.f.name);
      const test = i.nps && then.nps ? compare(figureOf(i.nps.estimate), figureOf(then.nps.estimate)) : i.factor ? compare(this.itemFigure(i), this.itemFigure(then)) : null;
      if (test) t.changes[i.f.name] = add(test);
    }
    const items = x.items.filter((i) => i.factor && i.mean && i.f.isScale).map((i) => ({ i, w: i.factor.number, s: 100 / i.f.max.number, f: this.itemFigure(i) })).filter((y) => y.f)
      .map((y) => ({ ...y, value: y.f.value * y.s, deviation: y.f.deviation * y.s, error: Math.sqrt(y.f.variance) * y.s }));
    if (items.length > 1) for (const one of items) {
      const others = items.filter((y) => y !== one);
      const w = total(others.map((y) => y.w));
      const mean = (of) => total(others.map((y) => y.w * of(y))) / w;
      const rest = { isKnown: true, value: mean((y) => y.value), variance: mean((y) => y.error) ** 2, deviation: mean((y) => y.deviation), degrees: Math.min(...others.map((y) => y.f.degrees)) };
      const test = compare({ isKnown: true, value: one.value, variance: one.error ** 2, deviation: one.deviation, degrees: one.f.degrees }, rest);
      if (test) t.standing[one.i.f.name] = add(test);
    }
    t.groups = {};
    if (!x.group) {
      for (const segment of this.segments(x)) for (const o of segment.options) {
        if (total(this.groupBlocks(x.period, segment.name, o.id).map((b) => b.members.length)) < x.period.k) continue;
        const test = compare(this.group(x, segment.name, o.id).overall.figure, this.rest(x, segment.name, o.id).overall.figure);
        if (test) (t.groups[segment.name] ??= {})[o.id] = add(test);
      }
    } else {
      const rest = this.rest(whole, ...x.group.split("="));
      t.rest = compare(x.overall.figure, rest.overall.figure) ?? undefined;
      t.itemsRest = {};
      for (const i of x.items) {
        if (!i.factor) continue;
        const test = compare(this.itemFigure(i), this.itemFigure(rest.byName.get(i.f.name)));
        if (test) t.itemsRest[i.f.name] = test;
      }
      const others = [t.rest, ...Object.values(t.itemsRest)].filter(Boolean);
      t.nRest = others.length;
      holm(others);
    }
    t.n = list.length;
    holm(list);
    return t;
  }

  document(x, language) {
    const d = this.today.definition;
    const { period } = x;
    const history = this.shown.slice(0, this.shown.indexOf(x) + 1).slice(-24);
    const areas = Object.fromEntries(x.dimensions.map((y) => [y.d.id, { score: y.raw?.number ?? null, interval: y.interval ?? null, alpha: y.alpha ?? null }]));
    const doc = { survey: d.id, title: d.title[language], titles: d.title, language, revision: total(this.periods.slice(0, this.periods.indexOf(period) + 1).map((p) => p.number)), period: period.name, release: period.number,
      date: period.date, min_group: period.k, respondents: x.respondents, issued: orNull(x.issued), population: orNull(x.population), response_rate: x.rate?.number ?? null, sample_size: orNull(x.sample),
      overall: this.overallJSON(x, language), dimensions: Object.fromEntries(Object.entries(areas).map(([id, a]) => [id, a.score])), questions: this.questions(x),
      periods: history.map((y) => { const c = this.change(y, this.whole); return { period: y.period.name, release: y.period.number, date: y.period.date, respondents: y.respondents, score: y.overall.score?.number ?? null,
        raw: y.overall.raw?.number ?? null, interval: y.overall.interval ?? null, change: c.change?.number ?? null, comparable: c.comparable }; }),
      protection: this.today.k <= 1 ? "none" : this.today.strict ? "strict" : "standard", received: orNull(x.received), through: period.facts.received >= x.respondents && period.facts.received > 0 ? period.facts.through : period.date,
      withdrawn: orNull(period.facts.withdrawn), areas, comparisons: this.testsJSON(x.tests ??= this.tests(x, this.whole)) };
    if (x.removed.length) doc.removed = Object.fromEntries(x.removed.map((i) => [i.f.name, this.itemJSON(i, x.removed)]));
    if (x.weighted) {
      const w = x.weighted;
      doc.weighted = { respondents: w.respondents, excluded: w.excluded, effective_n: w.effective, design_effect: w.deff, least: w.least, most: w.most, capped: w.capped, score: w.score ?? null, interval: w.interval ?? null,
        method: w.method ?? null, margins: Object.fromEntries(w.margins.map((m) => [m.name, Object.fromEntries(m.shares)])) };
    }
    if (x.earlyLate) {
      const wave = ({ since, until, n, mean }) => ({ since, until, n, mean });
      doc.early_late = { early: wave(x.earlyLate.early), late: wave(x.earlyLate.late), test: x.earlyLate.test.json };
    }
    if (x.problems.length) doc.problems = x.problems;
    const rates = x.channels.filter((c) => c.rate);
    if (rates.length) doc.channel_rates = Object.fromEntries(rates.map((c) => [c.name, { issued: c.issued, rate: c.rate.number }]));
    const segments = this.segments(x);
    if (segments.length) doc.groups = Object.fromEntries(segments.map((s) => [s.name, Object.fromEntries(this.groupsOf(x, s).map(([o, g]) => [o, { respondents: g.respondents, score: g.overall.score?.number ?? null,
      interval: g.overall.interval ?? null, questions: this.questions(g), raw_interval: g.overall.rawInterval ?? null, method: g.overall.method ?? null, comparisons: this.testsJSON(g.tests) }]))]));
    if (x.channels.length) doc.channels = Object.fromEntries(x.channels.map((c) => [c.name, c.n]));
    const [stated, derived] = this.drivers(x);
    if (stated) doc.stated_importance = stated;
    if (derived) doc.derived_importance = derived;
    return doc;
  }

  groupsOf(x, segment) {
    return segment.options.map((o) => o.id).filter((o) => total(this.groupBlocks(x.period, segment.name, o).map((b) => b.members.length)) >= x.period.k).map((o) => {
      const g = this.group(x, segment.name, o);
      g.tests ??= this.tests(g, this.whole.map((w) => this.group(w, segment.name, o)), x);
      return [o, g];
    });
  }

  overallJSON(x, language) {
    const o = x.overall;
    const n = (f) => f?.number ?? null;
    const v = { score: n(o.score), raw: n(o.raw), band: o.band?.label[language] ?? null, band_labels: o.band?.label ?? null, band_from: o.band?.from ?? null, model: x.form.scoring.model, reached: n(o.reached), divisor: n(o.divisor), deducted: n(o.deducted) };
    if (x.form.scoring.target !== undefined) Object.assign(v, { target: Number(x.form.scoring.target), gap: n(o.gap) });
    const c = this.change(x, this.whole);
    const hasBefore = this.shown.indexOf(x) > 0 && c.before;
    Object.assign(v, { interval: o.interval ?? null, change: hasBefore ? n(c.change) : null, comparable: hasBefore ? c.comparable : null, raw_interval: o.rawInterval ?? null, method: o.method ?? null, rows: orNull(o.rows), alpha: o.alpha ?? null });
    if (o.perAnswer) v.per_answer = n(o.perAnswer);
    if (o.units) Object.assign(v, { unit: x.form.scoring.unit, pooled: n(o.pooled), units: Object.fromEntries(o.units.map((u) => [u.option.id, { respondents: u.respondents, score: n(u.score), interval: u.interval ?? null }])) });
    v.exact = Object.fromEntries(["score", "raw", "reached", "divisor", "deducted"].filter((k) => o[k]).map((k) => [k, o[k].text]));
    return v;
  }

  questions(x) { return Object.fromEntries(x.items.map((i) => [i.f.name, this.itemJSON(i, x.items)])); }

  itemJSON(item, beside) {
    const v = { n: item.n, mean: item.mean?.number ?? null };
    const { f } = item;
    if (!f.numeric) v.counts = Object.fromEntries(item.counts);
    if (f.q.type === "ranking" && !item.coded) {
      const first = total(beside.filter((i) => i.f.q.id === f.q.id && !i.coded && i.since === item.since && i.until === item.until).map((i) => i.counts.get("1")));
      v.first = first ? item.counts.get("1") / first : null;
    }
    if (item.mean) {
      Object.assign(v, { scored: item.scored, interval: item.interval ?? null });
      if (item.scored > 1) v.sd = item.sd;
      if (item.midpoints) v.midpoints = true;
    }
    if (item.factor) Object.assign(v, { weight: item.factor.number, maximum: f.max.number });
    if (item.top !== undefined) Object.assign(v, { top: item.top / item.scored, top_two: item.topTwo / item.scored, low: item.low / item.scored });
    if (item.nps) v.nps = { score: item.nps.score.number, promoters: item.nps.promoters, passives: item.nps.passives, detractors: item.nps.detractors, interval: item.nps.interval ?? null };
    if (item.bins?.length) v.histogram = item.bins.map((b) => ({ from: b.open === "l" ? null : b.from / 1000, to: b.open === "h" ? null : b.to / 1000, n: b.n }));
    if (item.coded) {
      Object.assign(v, { coded: true, k: item.coded.k });
      if (item.coded.n > 0) v.left_out = item.coded.left;
    } else if (item.base) Object.assign(v, { base: orNull(item.base.n), base_kind: item.base.kind });
    if (item.weighted) {
      const w = item.weighted;
      v.weighted = { effective_n: w.effective };
      if (w.counts.length) v.weighted.shares = Object.fromEntries(w.counts);
      if (w.mean !== undefined) Object.assign(v.weighted, { mean: w.mean, interval: w.interval ?? null });
      if (item.top !== undefined) Object.assign(v.weighted, { top: w.top ?? 0, top_two: w.topTwo ?? 0, low: w.low ?? 0 });
      if (w.nps !== undefined) v.weighted.nps = w.nps;
    }
    if (item.until || item.earlier?.length) Object.assign(v, { since: item.since ?? null, until: item.until ?? null });
    if (item.earlier?.length) v.earlier = item.earlier.map((i) => this.itemJSON(i, item.earlier));
    return v;
  }

  /** The lines of results.csv: label is left out but for tests and bands. */
  table(x, language) {
    const lines = [];
    const n = (f) => f?.number;
    const write = (g, segment, group) => {
      let prefix = "", since = "", until = "";
      const line = (at, measure, v = {}) => lines.push([x.period.name, segment, group, at.question ?? "", at.row ?? "", at.option ?? "", at.label ?? "", prefix + measure, v.n, v.share, v.value, v.interval?.[0], v.interval?.[1], since, until].map((c) => c ?? ""));
      const figure = (at, measure, value, v = {}) => { if (value !== undefined && value !== null) line(at, measure, { value, ...v }); };
      const population = group ? 0 : x.drawn;
      const share = (at, measure, count, of, p = population) => line(at, measure, { n: count, share: of ? count / of : "", interval: wilson(count, of, p) });
      const place = (f) => ({ question: f.q.id, row: f.row ? f.row.id + (f.part ? "." + f.part : "") : f.option?.id });
      line({}, "respondents", { n: g.respondents });
      if (!group) {
        for (const [measure, count] of [["received", x.received], ["withdrawn", x.period.facts.withdrawn], ["issued", x.issued]]) if (count) line({}, measure, { n: count });
        figure({}, "response_rate", n(x.rate));
        if (x.population) line({}, "population", { n: x.population });
      }
      const o = g.overall;
      figure({}, "score", n(o.score), { interval: o.interval });
      figure({}, "raw", n(o.raw), { interval: o.perAnswer ? null : o.rawInterval });
      figure({}, "deducted", n(o.deducted));
      figure({}, "reached", n(o.reached));
      figure({}, "divisor", n(o.divisor));
      figure({}, "per_answer", n(o.perAnswer), { interval: o.rawInterval });
      figure({}, "pooled", n(o.pooled));
      figure({}, "gap", n(o.gap));
      const alpha = (at, a) => figure(at, "alpha", a?.value, { n: a?.n });
      alpha({}, o.alpha);
      if (o.band) line({ label: o.band.label[language] }, "band", { value: Number(o.band.from) });
      for (const u of o.units ?? []) line({ option: u.option.id }, "unit", { n: u.respondents, value: n(u.score), interval: u.interval });
      for (const d of g.dimensions) { figure({ option: d.d.id }, "dimension", n(d.raw), { interval: d.interval }); alpha({ option: d.d.id }, d.alpha); }
      const item = (i) => {
        const at_ = place(i.f);
        line(at_, "answered", { n: i.n });
        if (i.base?.n > 0 && !i.coded) line(at_, "base_" + i.base.kind, { n: i.base.n });
        if (i.coded) line(at_, "rounded_to", { n: i.coded.k });
        figure(at_, "mean", n(i.mean), { n: i.scored, interval: i.interval });
        if (i.top !== undefined) for (const [measure, count] of [["top", i.top], ["top_two", i.topTwo], ["low", i.low]]) share(at_, measure, count, i.scored);
        if (i.nps) {
          figure(at_, "nps", n(i.nps.score), { n: i.scored, interval: i.nps.interval });
          for (const measure of ["promoters", "passives", "detractors"]) share(at_, measure, i.nps[measure], i.scored);
        }
        const counted = (option, measure, count) => (i.coded ? line({ ...at_, option }, measure, { n: count, share: i.n ? count / i.n : "" }) : share({ ...at_, option }, measure, count, i.n));
        for (const [id, count] of i.counts) counted(id, "count", count);
        for (const b of i.bins ?? []) counted(at(b), "histogram", b.n);
        if (i.coded?.n > 0) counted("", "left_out", i.coded.left);
        const w = i.weighted;
        if (!w) return;
        figure(at_, "weighted_mean", w.mean, { interval: w.interval });
        figure(at_, "weighted_nps", w.nps);
        for (const [id, s] of w.counts) line({ ...at_, option: id }, "weighted_count", { share: s });
      };
      const before = (name, items) => items.forEach((i) => {
        [prefix, since, until] = [name, i.since, i.until];
        item(i);
        [prefix, since, until] = ["", "", ""];
        before(name, i.earlier ?? []);
      });
      for (const i of g.items) { item(i); before("earlier_", i.earlier); }
      before("removed_", g.removed);
      if (!group && x.weighted) {
        const w = x.weighted;
        line({}, "weighted_respondents", { n: w.respondents });
        line({}, "effective_n", { value: w.effective });
        line({}, "design_effect", { value: w.deff });
        figure({}, "weighted_score", w.score, { interval: w.interval });
      }
      if (!group) for (const c of x.channels) share({ option: c.name }, "channel", c.n, c.of, 0);
      const test = (at, measure, t) => { if (t) line({ ...at, label: t.json.result }, measure, { value: t.difference, interval: t.interval }); };
      test({}, "index_change", g.tests.index);
      test({}, "index_rest", g.tests.rest);
      for (const i of x.items) {
        test(place(i.f), "change", g.tests.changes[i.f.name]);
        test(place(i.f), "standing", g.tests.standing[i.f.name]);
        test(place(i.f), "rest", g.tests.itemsRest?.[i.f.name]);
      }
      for (const [s, tests] of Object.entries(g.tests.groups)) for (const [option, t] of Object.entries(tests)) test({ question: s, option }, "group_rest", t);
    };
    x.tests ??= this.tests(x, this.whole);
    write(x, "", "");
    for (const s of this.segments(x)) for (const [option, g] of this.groupsOf(x, s)) write(g, s.name, option);
    return lines;
  }

  testsJSON(t) {
    const of = (tests) => Object.fromEntries(Object.entries(tests).map(([name, test]) => [name, test.json]));
    const v = { n: t.n };
    if (t.index) v.index = t.index.json;
    if (Object.keys(t.changes).length) v.changes = of(t.changes);
    if (Object.keys(t.standing).length) v.standing = of(t.standing);
    if (t.nRest !== undefined) v.n_rest = t.nRest;
    if (t.rest) v.rest = t.rest.json;
    if (Object.keys(t.itemsRest ?? {}).length) v.items_rest = of(t.itemsRest);
    if (Object.keys(t.groups).length) v.groups = Object.fromEntries(Object.entries(t.groups).map(([s, tests]) => [s, of(tests)]));
    return v;
  }
}

export function publicFigures(history) {
  const figures = new Figures(history);
  const documents = {}, tables = {};
  const [language] = figures.today.definition.languages;
  for (const x of figures.shown.slice(-24)) {
    documents[`results/${x.period.name}`] = figures.document(x, language);
    tables[`results/${x.period.name}`] = figures.table(x, language);
  }
  return { documents, tables };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const histories = JSON.parse(readFileSync(0, "utf8"));
  process.stdout.write(JSON.stringify(Object.fromEntries(histories.map((h) => [h.name, publicFigures(h)]))));
}
