// @ts-check
// The work that the handler asks for when very many answers come from one network: see internal/limit. The page's script loads this one
// when it is needed. It sends in its place, and runs once more in a worker, which does the work. SHA-256 is written out, because
// crypto.subtle is missing on plain http, and slow for as many texts as short as these.

/**
 * What is asked for: to solve a challenge, saying meanwhile how far it is ({n} for percent), or to wait some seconds and send the seal.
 * @typedef {{challenge: string, say: string, seal: string, wait: number}} Task
 *
 * @typedef {[status: number, retryAfter: number, reply: {work?: Task}]} Outcome
 * @typedef {(submission: object) => Promise<Outcome>} Post
 */

const parts = 16, partsBits = 4;

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes, and of the square roots of the first eight.
/** @type {number[]} */
const K = [];
/** @type {number[]} */
const H = [];
for (let n = 2; K.length < 64; n++) {
  let isPrime = true;
  for (let d = 2; d * d <= n; d++) if (n % d === 0) isPrime = false;
  if (!isPrime) continue;
  if (H.length < 8) H.push(n ** (1 / 2) * 2 ** 32 | 0);
  K.push(n ** (1 / 3) * 2 ** 32 | 0);
}

const w = new Int32Array(64);
/**
 * The first 32 bits of the SHA-256 of a text of up to 55 bytes of ASCII.
 * @param {string} text
 */
const hash = (text) => {
  w.fill(0, 0, 16);
  for (let i = 0; i < text.length; i++) w[i >> 2] |= text.charCodeAt(i) << 24 - 8 * (i & 3);
  w[text.length >> 2] |= 128 << 24 - 8 * (text.length & 3);
  w[15] = text.length * 8;
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15], y = w[i - 2];
    w[i] = w[i - 16] + w[i - 7] + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3)
      + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10) | 0;
  }
  let [a, b, c, d, e, f, g, h] = H;
  for (let i = 0; i < 64; i++) {
    const t = h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + K[i] + w[i] | 0;
    h = g; g = f; f = e; e = d + t | 0; d = c;
    const u = t + ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c) | 0;
    c = b; b = a; a = u;
  }
  return H[0] + a | 0;
};

/** @param {Task} task */
const work = ({ challenge, say }) => {
  let solution = challenge;
  const zeros = parseInt(challenge, 10) - partsBits;
  for (let part = 0; part < parts; part++) {
    if (part % 4 === 0) postMessage({ say: say.replace("{n}", String(100 * part / parts)) });
    let n = 0;
    while (Math.clz32(hash(challenge + "." + part + "." + n)) < zeros) n++;
    solution += "." + n;
  }
  postMessage(solution);
};

const rounds = 4; // the handler asks for more once or twice, if far more answers have come meanwhile

/** Sends in the place of the page's script. */
const takeOver = () => {
  const { src } = /** @type {HTMLScriptElement} */ (document.currentScript);
  const state = /** @type {HTMLElement} */ (document.getElementById("state"));

  /**
   * The solution of a task; nothing if there is no worker, after the wait.
   * @param {Task} task
   * @returns {Promise<string | undefined>}
   */
  const solve = (task) => new Promise((resolve) => {
    const wait = () => setTimeout(resolve, task.wait * 1000);
    try {
      const worker = new Worker(src);
      worker.onerror = wait;
      worker.onmessage = ({ data }) => {
        if (data.say) state.textContent = data.say;
        else {
          worker.terminate();
          resolve(data);
        }
      };
      worker.postMessage(task);
    } catch { // not allowed
      wait();
    }
  });

  /** Answers cannot be changed while they are on their way. @param {boolean} fixed */
  const fix = (fixed) => {
    for (const section of document.querySelectorAll("form section")) /** @type {HTMLElement} */ (section).inert = fixed;
  };

  /** @param {object} submission @param {Post} post */
  const send = async (submission, post) => {
    let outcome = await post(submission);
    for (let round = 0; outcome[2].work && round < rounds; round++) {
      const task = outcome[2].work;
      fix(true);
      outcome = await post({ ...submission, work: await solve(task), seal: task.seal });
    }
    fix(false);
    delete outcome[2].work; // it is tried again later
    return outcome;
  };
  /** @type {any} */ (window).sendBlindly = send; // see send.js
  dispatchEvent(new Event("online")); // at which the page's script tries again at once
};

if (typeof document === "undefined") onmessage = (event) => work(event.data);
else takeOver();
