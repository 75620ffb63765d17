// Who is in which block, from the times of arrival and of runs, by the rules of what may be public.
import { Fraction, zero } from "./rational.mjs";
import { bands, bandOf, holds, residue, Survey } from "./survey.mjs";

const minute = 60000;

/** A Zone tells days and periods on the clock of a timezone. */
class Zone {
  constructor(name) { this.format = new Intl.DateTimeFormat("en-CA", { timeZone: name, year: "numeric", month: "2-digit", day: "2-digit" }); }
  day(at) { return this.format.format(at); }
}
function periodOf(kind, day) {
  const [year, month] = day.split("-");
  switch (kind) {
    case "month": return `${year}-${month}`;
    case "quarter": return `${year}-Q${Math.ceil(Number(month) / 3)}`;
    case "year": return year;
    default: return "all";
  }
}
function firstDay(survey, period) {
  if (period === "all") return survey.definition.window.from ?? "";
  if (period.includes("Q")) return period.replace(/Q(.)/, (_, q) => ["01", "04", "07", "10"][q - 1] + "-01");
  return period.length === 4 ? `${period}-01-01` : `${period}-01`;
}
const addDays = (day, n) => new Date(Date.parse(day + "T00:00:00Z") + n * 24 * 60 * minute).toISOString().slice(0, 10);

class Period {
  constructor(name) {
    Object.assign(this, { name, number: 0, date: null, k: 0, log: [], waiting: [], withdrawn: 0, blocks: [], pooledOn: new Map(), since: new Map(), partK: new Map(),
      pending: new Map(), rows: new Map(), steps: [], coded: new Map(), hidden: null, facts: { received: 0, withdrawn: 0, through: null }, perDay: new Map(), annulled: [] });
  }
}

/** Replays a history and returns its periods and the questionnaire in force. */
export function replay(history) {
  const forms = new Map(Object.entries(history.definitions).map(([v, d]) => [v, new Survey(d)]));
  const periods = new Map();
  const people = new Map();
  let inForce, now;
  for (const step of history.steps) {
    for (const a of step.answers ?? []) {
      if (!periods.has(a.period)) periods.set(a.period, new Period(a.period));
      const form = forms.get(a.version);
      const zone = new Zone(form.definition.timezone);
      const person = { ...a, form, answer: new Map(a.answers.map(([name, ...values]) => [name, values])), day: zone.day(new Date(a.arrived)) };
      person.look = (name) => name === "channel" ? (a.channel ? [a.channel] : undefined) : name === "language" ? [a.language] : person.answer.get(name);
      person.cohort = form.segments.map((f) => person.answer.get(f.name)?.[0] ?? "").join("/");
      const period = periods.get(a.period);
      period.waiting.push(person);
      period.perDay.set(person.day, (period.perDay.get(person.day) ?? 0) + 1);
      people.set(a.id, [person, period]);
    }
    if (step.erase) {
      const [person, period] = people.get(step.erase);
      period.waiting = period.waiting.filter((p) => p !== person);
      period.erased = (period.erased ?? 0) + 1;
    }
    if (step.run) {
      inForce = forms.get(step.run.version);
      now = new Date(step.run.now);
      for (const period of [...periods.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) run(period, inForce, now);
    }
  }
  return { periods: [...periods.values()].filter((p) => p.number > 0).sort((a, b) => (a.name < b.name ? -1 : 1)), survey: inForce, forms };
}

function isClosed(survey, period, now) {
  const zone = new Zone(survey.definition.timezone);
  const before = new Date(now.getTime() - 15 * minute);
  const kind = survey.definition.period;
  if (period.name !== periodOf(kind, zone.day(now)) && period.name !== periodOf(kind, zone.day(before))) return true;
  const until = survey.definition.window.until;
  return Boolean(until && zone.day(before) > until);
}

const grouped = (list, by) => { const m = new Map(); for (const x of list) { const key = by(x); if (!m.has(key)) m.set(key, []); m.get(key).push(x); } return m; };

/** isSensitive says whether a field of a form is sensitive there, or now. */
export function isSensitive(survey, form, name) {
  const was = form.field.get(name);
  if (was?.sensitive) return true;
  return [...(form.closure.get(name.split(".")[0]) ?? [])].some((id) => survey.questions.has(id) &&
    (survey.strict || [...survey.closure.get(id)].some((r) => survey.questions.get(r).sensitive)));
}

function run(period, survey, now) {
  const zone = new Zone(survey.definition.timezone);
  const today = zone.day(now);
  const closed = isClosed(survey, period, now);
  const number = period.number + 1;
  const k = Math.max(survey.k, period.k);
  const secret = [...survey.questions.keys()].filter((id) => [...survey.closure.get(id)].some((r) => survey.questions.get(r).private || survey.questions.get(r).unpublished));
  const asks = (n) => (n.endsWith(".*") ? survey.questions.has(n.slice(0, -2)) : survey.field.has(n));
  const hidden = [...new Set([...survey.fields.filter((f) => !f.counted).map((f) => f.name), ...secret.map((id) => `${id}.*`), ...(period.hidden ?? []).filter((n) => !asks(n))])].sort();
  const newDay = period.number === 0 || today > period.date;
  let changed = period.number > 0 && (k !== period.k || String(hidden) !== String(period.hidden));
  const block = (form, key, members) => {
    const b = { form, shape: form.shape, key, pool: key === "*", members, number, date: today, fields: new Set() };
    for (const f of form.fields) {
      if (!f.counted || (b.pool && form.readsSegment(f))) continue;
      const conditions = form.factConditions(f);
      if (conditions.length === 0) { b.fields.add(f.name); continue; }
      const at = JSON.stringify([form.shape, key, f.name]);
      if (!period.pending.has(at)) period.pending.set(at, []);
      period.pending.get(at).push({ b, f, classes: members.map((m) => JSON.stringify([form.condition(f).every((c) => residue(c, m.look, (n) => form.isFact(n)) !== false), ...conditions.map((c) => residue(c, m.look, (n) => form.isFact(n)))])) });
    }
    period.blocks.push(b);
    if (!period.since.has(form.shape)) { period.since.set(form.shape, today); period.partK.set(form.shape, Math.max(k, form.k)); }
    period.waiting = period.waiting.filter((p) => !members.includes(p));
    const signature = form.rowSignature;
    if (signature) {
      const keys = [signature];
      if (form.scoring.model === "mean_of_units" && !b.pool) {
        const unit = form.segments.findIndex((f) => f.name === form.scoring.unit);
        if (unit >= 0 && key.split("/")[unit]) keys.push(signature + "|" + key.split("/")[unit]);
      }
      for (const s of keys) period.rows.set(s, { held: [...(period.rows.get(s)?.held ?? []), ...members], out: period.rows.get(s)?.out ?? [] });
    }
    changed = true;
  };
  if (newDay || survey.definition.results.release !== "daily") {
    for (const [shape, waiting] of [...grouped(period.waiting, (p) => p.form.shape)].sort((a, b) => (a[0] < b[0] ? -1 : 1))) {
      const form = waiting[0].form;
      const least = Math.max(k, form.k);
      const rest = [];
      for (const [key, members] of [...grouped(waiting, (p) => p.cohort)].sort((a, b) => (a[0] < b[0] ? -1 : 1))) {
        if (members.length >= least) block(form, key, members);
        else rest.push(...members);
      }
      const after = survey.definition.results.pool_after ?? 0;
      let due = closed;
      if (!due && after > 0) {
        const since = period.pooledOn.get(shape) ?? (firstDay(survey, period.name) || [...period.perDay.keys()].sort()[0]);
        due = today >= addDays(since, after);
      }
      if (due && rest.length >= least) { block(form, "*", rest); period.pooledOn.set(shape, today); }
    }
    for (const [at, list] of period.pending) {
      const least = Math.max(k, period.partK.get(JSON.parse(at)[0]));
      const counts = new Map();
      list.flatMap((x) => x.classes).forEach((c) => counts.set(c, (counts.get(c) ?? 0) + 1));
      if ([...counts.values()].some((n) => n < least)) continue;
      list.forEach(({ b, f }) => b.fields.add(f.name));
      period.pending.delete(at);
      changed = true;
    }
    for (const [signature, rows] of [...period.rows].sort((a, b) => (a[0] < b[0] ? -1 : 1))) {
      if (rows.held.length === 0 || rows.held.filter((m) => ownIndex(m) !== null).length < Math.max(k, 30)) continue;
      period.steps.push({ signature, members: rows.held, date: today, number });
      rows.out.push(...rows.held);
      rows.held = [];
      changed = true;
    }
  }
  // What has become sensitive is taken back at once.
  period.taken ??= new Set();
  for (const b of period.blocks) for (const name of b.fields) {
    const at = JSON.stringify([b.number, b.shape, b.key, name]);
    if (period.taken.has(at) || !isSensitive(survey, b.form, name)) continue;
    period.taken.add(at);
    if (b.members.some((m) => m.answer.has(name))) changed = true;
  }
  if ((closed || (survey.definition.results.closes && today > survey.definition.results.closes)) && publishCoded(period, survey, k)) changed = true;
  const facts = { ...period.facts };
  const respondents = period.blocks.reduce((n, b) => n + b.members.length, 0);
  let received = Math.max(facts.received, respondents);
  if (newDay || closed) {
    facts.through = today;
    let days = 0;
    for (const [day, n] of period.perDay) if (day < today || closed) days += n;
    received = Math.max(received, days);
    if ((period.erased ?? 0) >= k) facts.withdrawn = Math.max(facts.withdrawn, period.erased);
  }
  if (received >= k) facts.received = received;
  if (facts.received !== period.facts.received || facts.withdrawn !== period.facts.withdrawn) changed = true;
  if (!changed) return;
  Object.assign(period, { number, date: today, k, hidden, facts, form: survey });
}

/** A respondent's own index, in thousandths, rounded half up; null without a score. Of a weighted count it is that for each answer. */
export function ownIndex(person) {
  if (person.index !== undefined) return person.index;
  const form = person.form;
  let over = zero, under = zero;
  for (const f of form.rowItems) {
    const score = scoreOf(f, person);
    if (score === null) continue;
    const against = { percent_of_max: f.max, graded_10: Fraction.of(10) }[form.model] ?? Fraction.of(1);
    over = over.plus(f.factor.times(score));
    under = under.plus(f.factor.times(against));
  }
  const tooLarge = form.model === "weighted_count" && form.rowItems.some((f) => f.max.compare(100) > 0);
  person.index = under.over === 0n || tooLarge ? null : Number(over.by(under).times(form.outOf100 ? 100000 : 1000).plus(new Fraction(1n, 2n)).floor);
  return person.index;
}
/** The score of a person's answer to a field as a Fraction, or null. */
export function scoreOf(f, person) {
  const chosen = person.answer.get(f.name)?.[0];
  if (chosen === undefined) return null;
  const option = f.options.find((o) => o.id === chosen);
  return option?.score === undefined ? null : (option.exact ??= Fraction.of(option.score));
}

/** Rounds counts to multiples of k in proportion, largest remainder first. */
function multiples(counts, k) {
  const total = counts.reduce((a, b) => a + b, 0);
  const units = Math.floor(total / k);
  const shares = counts.map((n, i) => ({ i, whole: Math.floor((n * units) / total), left: (n * units) % total }));
  let missing = units - shares.reduce((n, s) => n + s.whole, 0);
  for (const s of [...shares].sort((a, b) => b.left - a.left || a.i - b.i)) if (missing-- > 0) s.whole++;
  return shares.map((s) => s.whole * k);
}

function publishCoded(period, survey, k) {
  const items = new Map();
  for (const b of period.blocks) for (const f of b.form.fields) {
    if (!f.counted || !isSensitive(survey, b.form, f.name)) continue;
    const key = f.name + b.form.key(f);
    if (!items.has(key)) items.set(key, { f, blocks: [], k, key });
    const item = items.get(key);
    item.k = Math.max(item.k, period.partK.get(b.shape));
    item.form = b.form;
    if (b.pool && b.form.readsSegment(f)) continue;
    item.blocks.push(b);
  }
  let published = false;
  for (const item of items.values()) {
    if (period.coded.has(item.key)) continue;
    const coded = code(item, item.blocks);
    if (!coded) continue;
    if (survey.strict) {
      coded.by = new Map();
      item.form.segments.forEach((segment, i) => segment.options.forEach((o) => {
        const part = code(item, item.blocks.filter((b) => !b.pool && b.key.split("/")[i] === o.id));
        if (part) coded.by.set(`${segment.name}=${o.id}`, part);
      }));
    }
    period.coded.set(item.key, coded);
    published = true;
  }
  return published;
}
function code(item, blocks) {
  const members = blocks.flatMap((b) => b.members);
  if (members.length < Math.max(4 * item.k, 20)) return null;
  const f = item.f;
  const coded = { k: item.k, n: Math.floor(members.length / item.k) * item.k, counts: new Map() };
  const given = members.map((m) => m.answer.get(f.name));
  const left = given.filter((g) => g === undefined).length;
  const list = f.numeric ? bands(f) : [];
  const kinds = f.numeric ? list.map((_, i) => i) : f.options.map((o) => o.id);
  const count = (kind) => given.filter((g) => g && (f.numeric ? bandOf(list, f, Math.round(Number(g[0]) * 1000)) === kind : g.includes(kind))).length;
  const counts = kinds.map(count);
  if (f.q.type === "multi_choice") {
    counts.forEach((n, i) => coded.counts.set(kinds[i], multiples([n, members.length - n], item.k)[0]));
    coded.left = multiples([left, members.length - left], item.k)[0];
  } else {
    const all = multiples([...counts, left], item.k);
    kinds.forEach((kind, i) => coded.counts.set(kind, all[i]));
    coded.left = all.at(-1);
  }
  return coded;
}
