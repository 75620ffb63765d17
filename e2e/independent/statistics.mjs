// Distributions, intervals and tests, in plain doubles.

/** Lanczos' approximation of ln Γ(x). */
function lnGamma(x) {
  const c = [676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7];
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - lnGamma(1 - x);
  let a = 0.99999999999980993;
  c.forEach((v, i) => { a += v / (x + i); });
  const t = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(a);
}
/** The regularized incomplete beta function, by Lentz's continued fraction. */
export function beta(x, a, b) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - beta(1 - x, b, a);
  const front = Math.exp(lnGamma(a + b) - lnGamma(a) - lnGamma(b) + a * Math.log(x) + b * Math.log(1 - x)) / a;
  let f = 1, c = 1, d = 0;
  for (let i = 0; i <= 500; i++) {
    const m = Math.floor(i / 2);
    const term = i === 0 ? 1 : i % 2 === 0 ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)) : -((a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 + term * d; d = 1 / (Math.abs(d) < 1e-300 ? 1e-300 : d);
    c = 1 + term / c; if (Math.abs(c) < 1e-300) c = 1e-300;
    f *= c * d;
    if (Math.abs(1 - c * d) < 1e-15) break;
  }
  return front * (f - 1);
}
/** The probability of |t| or more by Student's distribution. */
export const twoSided = (t, degrees) => beta(degrees / (degrees + t * t), degrees / 2, 0.5);

const quantiles = new Map();
/** The 97.5 % quantile of Student's distribution, by bisection. */
export function student(degrees) {
  if (!quantiles.has(degrees)) {
    let low = 1.9, high = 1000;
    for (let i = 0; i < 200; i++) { const mid = (low + high) / 2; if (twoSided(mid, degrees) > 0.05) low = mid; else high = mid; }
    quantiles.set(degrees, low);
  }
  return quantiles.get(degrees);
}
export const z = 1.959963984540054;
/** The probability of |x| or more by the normal distribution. */
export function normalTail(x) {
  x = Math.abs(x);
  if (x > 6) { // continued fraction of Mills' ratio
    let f = x;
    for (let i = 60; i > 0; i--) f = x + i / f;
    return (2 * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI) / f;
  }
  let term = x, total = x; // Φ by its series
  for (let i = 1; i < 300; i++) { term *= (x * x) / (2 * i + 1); total += term; }
  return Math.max(0, 1 - 2 * total * Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI));
}

/** All x with (p - x)² ≤ c·x·(1 - x): the two solutions of a square equation. */
export function scoreInterval(p, c) {
  const root = Math.sqrt(c * (c + 4 * p * (1 - p)));
  return [Math.max(0, (2 * p + c - root) / (2 * (1 + c))), Math.min(1, (2 * p + c + root) / (2 * (1 + c)))];
}
/** What those who were not asked can make of a mean p of n, between 0 and 1. */
function reach([low, high], p, n, population) {
  if (population) [low, high] = [Math.max(low, (p * n) / population), Math.min(high, (p * n + population - n) / population)];
  return [Math.min(low, p), Math.max(high, p)];
}
/** Wilson's interval of a share; population is 0 if it is not known. */
export function wilson(count, n, population = 0) {
  if (n === 0 || (population && n > population)) return null;
  const left = population ? (population - n) / Math.max(1, population - 1) : 1;
  return reach(scoreInterval(count / n, (z * z * left) / n), count / n, n, population);
}

/**
 * The interval of a mean. e has mean, n, squares (Σ(x-mean)²), low, high (of the scale), population and asked; isIndex and
 * isWeighted are of composites.
 */
export function meanInterval(e) {
  const { mean, n, squares, low, high, population = 0, asked = n } = e;
  if (!(n >= 2) || (population && asked > population) || population < 0) return null;
  const left = population ? (population - asked) / population : 1;
  if (!Number.isFinite(high - low)) {
    if (!(squares > 0)) return null;
    const half = student(n - 1) * Math.sqrt((squares * left) / (n * (n - 1)));
    return [Math.max(low, mean - half), Math.min(high, mean + half)];
  }
  if (!(high > low)) return null;
  const width = high - low;
  const p = Math.min(1, Math.max(0, (mean - low) / width));
  // Spread by that of shares with this mean, with imagined answers of half 0 and half 1.
  const middle = (n * p + 2) / (n + 4);
  const imagined = (e.isIndex ? 1 : 4) * middle * (1 - middle);
  const ratio = ((squares / width ** 2 + imagined) / (n * p * (1 - p) + imagined)) * (n / (n - 1));
  const between = scoreInterval(p, ((student(n - 1) ** 2 * ratio) / n) * left);
  const [a, b] = reach(between, p, asked, e.isIndex || e.isWeighted ? 0 : population);
  return [low + width * a, low + width * b];
}

/** An index, or a dimension, as a weighted sum of its items' means; of a weighted count it is that for each answer. */
export function composite(model, items, weightOf) {
  const factor = model === "percent_of_max" || model === "graded_10" ? 100 : 1;
  const list = items.map((i) => ({ e: i.estimate, n: i.scored, w: weightOf(i.f) * (model === "weighted_count" ? i.scored : 1), against: { percent_of_max: i.f.max.number, graded_10: 10 }[model] ?? 1 }));
  const add = (of) => list.reduce((a, x) => a + of(x), 0);
  const divisor = add((x) => x.w * x.against);
  const scale = factor / divisor;
  const most = Math.max(...list.map((x) => x.n)), fewest = Math.min(...list.map((x) => x.n));
  return {
    divisor, most,
    isKnown: list.length > 0 && divisor > 0 && list.every((x) => x.e.n >= 2 && x.e.population >= 0 && (!x.e.population || (x.e.asked ?? x.e.n) <= x.e.population)),
    /** As if the items moved together, which has the largest spread that there can be. */
    widest(population) {
      const deviations = list.map((x) => x.w * Math.max(Math.sqrt(x.e.squares / (x.e.n - 1)), 1e-9 * (x.e.high - x.e.low)));
      const one = deviations.reduce((a, b) => a + b, 0);
      const mean = list.reduce((a, x, i) => a + deviations[i] / Math.sqrt(x.e.n), 0);
      const n = mean > 0 ? (one / mean) ** 2 : 2;
      return { mean: scale * add((x) => x.w * x.e.mean), n, squares: (one * scale) ** 2 * (n - 1), low: scale * add((x) => x.w * x.e.low), high: scale * add((x) => x.w * x.e.high), isIndex: true, population, asked: fewest };
    },
  };
}

/** What a test needs of an estimate: its variance is guarded by one imagined answer, half of it at each end. */
export function figureOf(e) {
  const { mean, n, squares, low, high, population = 0, asked = n } = e;
  if (!(n >= 2) || population < 0 || (population && asked > population)) return null;
  let variance = squares / (n - 1);
  const width = high - low;
  if (width > 0 && Number.isFinite(width)) {
    const m = (((mean - low) / width) * n + 0.5) / (n + 1);
    variance = (squares + m * (1 - m) * width ** 2) / n;
  }
  if (!(variance > 0)) return null;
  return { isKnown: true, value: mean, variance: (variance / n) * (population ? (population - asked) / population : 1), degrees: n - 1, deviation: Math.sqrt(variance), n };
}

/** Welch's test, or that of two shares. */
export function compare(a, b) {
  if (!a?.isKnown || !b?.isKnown) return null;
  const difference = a.value - b.value;
  const both = a.variance + b.variance;
  if (a.width > 0 && a.width === b.width && a.low === b.low) {
    const [p, q] = [(a.value - a.low) / a.width, (b.value - b.low) / b.width];
    const angle = (x) => 2 * Math.asin(Math.sqrt(Math.min(1, Math.max(0, x))));
    const pooled = (p * a.n + q * b.n) / (a.n + b.n);
    const variance = pooled * (1 - pooled) * (1 / a.n + 1 / b.n);
    const half = z * Math.sqrt(both);
    return { difference, interval: [Math.max(-a.width, difference - half), Math.min(a.width, difference + half)], effect: angle(p) - angle(q),
      p: both <= 0 ? Number(difference === 0) : variance <= 0 ? 1 : normalTail((p - q) / Math.sqrt(variance)) };
  }
  const deviation = Math.sqrt((a.deviation ** 2 + b.deviation ** 2) / 2);
  const effect = deviation > 0 ? difference / deviation : 0;
  if (both <= 0) return { difference, interval: [difference, difference], p: Number(difference === 0), effect };
  const degrees = both ** 2 / (a.variance ** 2 / a.degrees + b.variance ** 2 / b.degrees);
  const half = student(degrees) * Math.sqrt(both);
  return { difference, interval: [difference - half, difference + half], p: twoSided(difference / Math.sqrt(both), degrees), effect };
}

/** Corrects the tests of a page together (Holm). */
export function holm(tests) {
  const sorted = [...tests].sort((a, b) => a.p - b.p);
  let adjusted = 0;
  sorted.forEach((t, i) => {
    adjusted = Math.max(adjusted, Math.min(1, t.p * (sorted.length - i)));
    const size = Math.abs(t.effect);
    t.json = { difference: t.difference, interval: t.interval, p: t.p, adjusted_p: adjusted, effect: t.effect, size: size < 0.2 ? "none" : size < 0.5 ? "small" : size < 0.8 ? "medium" : "large",
      result: adjusted > 0.05 || t.difference === 0 ? "unclear" : t.difference > 0 ? "higher" : "lower" };
  });
}

/** The interval of a correlation (Fisher); one that was rounded to 1 may be less. */
export function fisher(r, n) {
  const middle = Math.atanh(Math.min(0.995, Math.max(-0.995, r)));
  return [Math.tanh(middle - z / Math.sqrt(n - 3)), Math.tanh(middle + z / Math.sqrt(n - 3))];
}
