// How often intervals hold what they are of, by simulation: node coverage.mjs prints the share as JSON. Seeds are fixed.
import { composite, meanInterval, wilson } from "./statistics.mjs";

/** Two 32-bit generators added: Marsaglia's xorshift, and a congruential one. */
class Random {
  constructor(seed) { [this.a, this.b] = [Math.imul(seed, 0x9e3779b1) | 1, Math.imul(seed, 0x85ebca6b)]; for (let i = 0; i < 20; i++) this.get(); }
  /** From 0 to 1. */
  get() {
    let x = this.a;
    x ^= x << 13; x ^= x >>> 17; x ^= x << 5;
    this.a = x;
    this.b = (Math.imul(this.b, 1664525) + 1013904223) | 0;
    return ((x + this.b) >>> 0) / 4294967296;
  }
}

const scales = {
  spread: [0.1, 0.15, 0.2, 0.3, 0.25],
  skewed: [0.02, 0.03, 0.1, 0.35, 0.5],
  ends: [0.3, 0.05, 0.05, 0.1, 0.5],
  ceiling: [0.01, 0.01, 0.03, 0.05, 0.9],
};
const draw = (random, shares) => { let x = random.get(), i = 0; while (i < shares.length - 1 && (x -= shares[i]) >= 0) i++; return i + 1; };
const meanOf = (list) => list.reduce((a, b) => a + b, 0) / list.length;
const squaresOf = (list, mean) => list.reduce((a, b) => a + (b - mean) ** 2, 0);
const shuffled = (random, list, n) => { const copy = Float64Array.from(list); for (let i = 0; i < n; i++) { const j = i + Math.floor(random.get() * (copy.length - i)); [copy[i], copy[j]] = [copy[j], copy[i]]; } return Array.from(copy.subarray(0, n)); };

const cases = [];
function simulate(name, runs, one) {
  let held = 0, width = 0;
  for (let i = 0; i < runs; i++) { const [interval, truth] = one(); if (interval[0] - 1e-9 <= truth && truth <= interval[1] + 1e-9) held++; width += interval[1] - interval[0]; }
  cases.push({ name, runs, coverage: held / runs, width: width / runs });
}
const runs = Number(process.argv[2] ?? 4000);
let seed = 1;
for (const [name, shares] of Object.entries(scales)) {
  const truth = shares.reduce((a, p, i) => a + p * (i + 1), 0);
  for (const n of [5, 10, 30, 100]) {
    const random = new Random(seed++);
    simulate(`mean ${name} n=${n}`, runs, () => {
      const values = Array.from({ length: n }, () => draw(random, shares));
      const mean = meanOf(values);
      return [meanInterval({ mean, n, squares: squaresOf(values, mean), low: 1, high: 5 }), truth];
    });
  }
  for (const [size, n] of [[20, 10], [60, 30], [200, 100], [120, 100]]) { // of a finite population, which is drawn once
    const random = new Random(seed++);
    const people = Array.from({ length: size }, (_, i) => { let at = (i + 0.5) / size, k = 0; while (k < 4 && (at -= shares[k]) >= 0) k++; return k + 1; });
    simulate(`mean ${name} n=${n} of ${size}`, runs, () => {
      const values = shuffled(random, people, n);
      const mean = meanOf(values);
      return [meanInterval({ mean, n, squares: squaresOf(values, mean), low: 1, high: 5, population: size }), meanOf(people)];
    });
  }
  for (const n of [5, 10, 30, 100]) { // the index of four items; what a respondent answers depends on a mood in part
    const random = new Random(seed++);
    const answers = () => { const mood = draw(random, shares); return Array.from({ length: 4 }, () => (random.get() < 0.6 ? mood : draw(random, shares))); };
    simulate(`index ${name} n=${n}`, runs / 2, () => {
      const rows = Array.from({ length: n }, answers);
      const items = [0, 1, 2, 3].map((i) => { const values = rows.map((r) => r[i]); const mean = meanOf(values); return { scored: n, f: { max: { number: 5 } }, estimate: { mean, n, squares: squaresOf(values, mean), low: 1, high: 5, population: 0 } }; });
      const c = composite("percent_of_max", items, () => 1);
      let e = c.widest(0);
      if (n >= 30) {
        const own = rows.map((r) => meanOf(r) * 20);
        e = { ...e, n, squares: squaresOf(own, meanOf(own)) };
      }
      return [meanInterval(e), truth * 20];
    });
  }
}
for (const n of [5, 10, 30, 100]) for (const p of [0.5, 0.8, 0.9]) {
  const random = new Random(seed++);
  simulate(`share ${p} n=${n}`, runs, () => { let count = 0; for (let i = 0; i < n; i++) if (random.get() < p) count++; return [wilson(count, n), p]; });
}
process.stdout.write(JSON.stringify(cases));
