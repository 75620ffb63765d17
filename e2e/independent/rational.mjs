// Exact fractions of BigInts.

/** @param {bigint} a @param {bigint} b */
function gcd(a, b) {
  while (b) [a, b] = [b, a % b];
  return a < 0n ? -a : a;
}

export class Fraction {
  /** @param {bigint} over @param {bigint} under */
  constructor(over, under = 1n) {
    if (under < 0n) [over, under] = [-over, -under];
    const g = gcd(over, under) || 1n;
    this.over = over / g;
    this.under = under / g;
  }
  /** A fraction of a number as it is written, such as 0.125. */
  static of(x) {
    if (x instanceof Fraction) return x;
    const [whole, decimals = ""] = String(x).split(".");
    return new Fraction(BigInt(whole + decimals), 10n ** BigInt(decimals.length));
  }
  plus(x) { x = Fraction.of(x); return new Fraction(this.over * x.under + x.over * this.under, this.under * x.under); }
  minus(x) { x = Fraction.of(x); return new Fraction(this.over * x.under - x.over * this.under, this.under * x.under); }
  times(x) { x = Fraction.of(x); return new Fraction(this.over * x.over, this.under * x.under); }
  by(x) { x = Fraction.of(x); return new Fraction(this.over * x.under, this.under * x.over); }
  compare(x) { const d = this.minus(x).over; return d < 0n ? -1 : d > 0n ? 1 : 0; }
  get number() {
    // Scaled first: the parts may be too large for a double.
    const scaled = (this.over * 10n ** 15n) / this.under;
    return Number(scaled) / 1e15;
  }
  get text() { return this.under === 1n ? String(this.over) : `${this.over}/${this.under}`; }
  /** Rounded down to a whole number. */
  get floor() {
    const q = this.over / this.under;
    return this.over < 0n && q * this.under !== this.over ? q - 1n : q;
  }
}
export const zero = new Fraction(0n);
export const sum = (list) => list.reduce((a, b) => a.plus(b), zero);
