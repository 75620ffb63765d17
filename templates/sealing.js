// @ts-check
// Sealed answers, in the form that internal/seal describes. Nothing here knows the page.
import { bytesOf, encrypt, encryptTo, join, subtle, view } from "./hpke.js";

/** @import { Bytes } from "./hpke.js" */

/** Bounds an answer that can be sealed, in bytes. */
export const most = 65536;

/**
 * The id under which answers are stored, which follows from what the page has made: a "key", as answer.IDOf has it, or the nonce of a
 * "token", as blind.Token.ID has it.
 * @param {string} kind
 * @param {string} survey
 * @param {ArrayLike<number>} made
 */
export const idOf = async (kind, survey, made) => {
  const hash = view(await subtle.digest("SHA-256", join(bytesOf(`glasspoll ${kind} 1\n${survey}\n`), made)));
  hash[6] = hash[6] & 15 | 128;
  hash[8] = hash[8] & 63 | 128;
  const digits = Array.from(hash.slice(0, 16), (b) => b.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
};

/**
 * Seals an answer to keys, each a point.
 * @param {Bytes[]} keys
 * @param {string[]} place the survey, its version, the response's id, and the field
 * @param {Bytes} message
 */
export const seal = async (keys, place, message) => {
  const info = bytesOf(["glasspoll seal 1", ...place].join("\n"));
  const content = crypto.getRandomValues(new Uint8Array(32));
  let box = join([keys.length]);
  for (const key of keys) box = join(box, view(await subtle.digest("SHA-256", key)).slice(0, 8), await encryptTo(key, info, content));
  let size = 128;
  while (size < message.length) size *= 2;
  const padded = new Uint8Array(size);
  padded.set(message);
  box = join(box, await encrypt(content, new Uint8Array(12), padded));
  const text = btoa(Array.from(box, (b) => String.fromCharCode(b)).join(""));
  return "seal1." + text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
};
