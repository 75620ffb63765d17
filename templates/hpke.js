// @ts-check
// HPKE (RFC 9180), the sender's part of one message: mode base, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. Nothing here
// knows the page. WebCrypto's HKDF does not give what is between its two steps, so they are written out with HMAC.

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

/** What plain http has not. @type {SubtleCrypto | undefined} */
const available = (window.crypto || {}).subtle;
export const isAble = !!available;
export const subtle = /** @type {SubtleCrypto} */ (available);

/** @param {string} text @returns {Bytes} */
export const bytesOf = (text) => new TextEncoder().encode(text);
/** @param {ArrayLike<number>[]} parts @returns {Bytes} */
export const join = (...parts) => Uint8Array.from(parts.flatMap((p) => Array.from(p)));
/** @param {ArrayBuffer} buffer @returns {Bytes} */
export const view = (buffer) => new Uint8Array(buffer);

/** AES-256-GCM. @param {Bytes} key @param {Bytes} iv @param {Bytes} message */
export const encrypt = async (key, iv, message) =>
  view(await subtle.encrypt({ name: "AES-GCM", iv }, await subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]), message));

const curve = { name: "ECDH", namedCurve: "P-256" };
const kem = bytesOf("KEM\0\x10"), suite = bytesOf("HPKE\0\x10\0\x01\0\x02");
const none = new Uint8Array(32); // as a key of HMAC the same as no bytes, which WebCrypto does not take

/** @param {Bytes} key @param {ArrayLike<number>[]} parts of the message */
const hmac = async (key, ...parts) =>
  view(await subtle.sign("HMAC", await subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]), join(...parts)));
/** LabeledExtract. @param {Bytes} salt @param {Bytes} id @param {string} label @param {ArrayLike<number>} [material] */
const extract = (salt, id, label, material = []) => hmac(salt, bytesOf("HPKE-v1"), id, bytesOf(label), material);
/** LabeledExpand, to at most 32 bytes. @param {Bytes} key @param {Bytes} id @param {string} label @param {Bytes} info @param {number} length */
const expand = async (key, id, label, info, length) =>
  (await hmac(key, [0, length], bytesOf("HPKE-v1"), id, bytesOf(label), info, [1])).slice(0, length);

/**
 * Encrypts a message to a public key, an uncompressed point. The result is the encapsulated key and the ciphertext.
 * @param {Bytes} to
 * @param {Bytes} info
 * @param {Bytes} message
 */
export const encryptTo = async (to, info, message) => {
  const pair = await subtle.generateKey(curve, false, ["deriveBits"]);
  const sent = view(await subtle.exportKey("raw", pair.publicKey));
  const secret = await subtle.deriveBits({ name: "ECDH", public: await subtle.importKey("raw", to, curve, false, []) }, pair.privateKey, 256);
  const shared = await expand(await extract(none, kem, "eae_prk", view(secret)), kem, "shared_secret", join(sent, to), 32);
  const context = join([0], await extract(none, suite, "psk_id_hash"), await extract(none, suite, "info_hash", info));
  const base = await extract(shared, suite, "secret");
  const key = await expand(base, suite, "key", context, 32), iv = await expand(base, suite, "base_nonce", context, 12);
  return join(sent, await encrypt(key, iv, message));
};
