// @ts-check
// RSABSSA-SHA384-PSS-Randomized (RFC 9474), the client's part. Nothing here knows the page: random bytes and SHA-384 are handed in.

/** @typedef {(bytes: Uint8Array) => Promise<ArrayBuffer>} Digest */

const big = (/** @type {number} */ n) => BigInt(n);
export const exponent = 65537;
const hashSize = 48;

/** The number that bytes are, the first being the highest. @param {Uint8Array} bytes */
export const numberOf = (bytes) => BigInt("0x0" + [...bytes].map((b) => b.toString(16).padStart(2, "0")).join(""));
/** @param {bigint} n @param {number} size */
export const bytesOf = (n, size) => Uint8Array.from(/** @type {string[]} */ (n.toString(16).padStart(2 * size, "0").match(/../g)), (b) => parseInt(b, 16));

/** @param {bigint} n @param {number} e @param {bigint} modulus */
export const power = (n, e, modulus) => {
  let result = big(1);
  for (; e; e = Math.floor(e / 2)) {
    if (e % 2) result = result * n % modulus;
    n = n * n % modulus;
  }
  return result;
};

/** The inverse of a number; 0 if it has none. @param {bigint} n @param {bigint} modulus */
export const inverse = (n, modulus) => {
  let a = n, b = modulus, x = big(1), y = big(0);
  while (b) {
    const q = a / b;
    [a, b, x, y] = [b, a - q * b, y, x - q * y];
  }
  return a === big(1) ? (x + modulus) % modulus : big(0);
};

/** @param {Uint8Array[]} parts */
const join = (...parts) => Uint8Array.from(parts.flatMap((p) => [...p]));

/**
 * EMSA-PSS-ENCODE (RFC 8017, section 9.1.1) for a modulus of a number of bytes, whose highest bit is set.
 * @param {Uint8Array} message
 * @param {Uint8Array} salt
 * @param {number} size
 * @param {Digest} digest
 */
export const encode = async (message, salt, size, digest) => {
  const sha = async (/** @type {Uint8Array[]} */ ...parts) => new Uint8Array(await digest(join(...parts)));
  const hash = await sha(new Uint8Array(8), await sha(message), salt);
  const block = join(new Uint8Array(size - salt.length - hashSize - 2), Uint8Array.of(1), salt);
  for (let i = 0; i * hashSize < block.length; i++) {
    const mask = await sha(hash, Uint8Array.of(0, 0, 0, i));
    mask.forEach((b, j) => { block[i * hashSize + j] ^= b; });
  }
  block[0] &= 127;
  return numberOf(join(block, hash, Uint8Array.of(188)));
};
