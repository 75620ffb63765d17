// @ts-check
// What the scripts of all pages share: finding and making elements, and storage, which may be blocked.

/**
 * @param {string} selector
 * @param {ParentNode} [within]
 */
export const findAll = (selector, within = document) => /** @type {HTMLElement[]} */ ([...within.querySelectorAll(selector)]);

/**
 * The element with an id. The type leaves out null: only a few elements are not always there.
 * @param {string} id
 */
export const byID = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string>} attributes
 * @param {(Node | string)[]} children
 */
export const makeElement = (tag, attributes, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};

/** Whether a control is a radio button or a checkbox. @param {{type: string}} control */
export const isTick = (control) => control.type === "radio" || control.type === "checkbox";

/**
 * Lets a number or a truth value stand where the DOM's types ask for a text: the DOM converts it.
 * @param {number | boolean | string} value
 * @returns {string}
 */
export function asText(value) { return /** @type {any} */ (value); }

/** @param {"localStorage" | "sessionStorage"} area */
const storage = (area) => ({
  /**
   * The value of a key; null if there is none.
   * @param {string} key
   */
  get(key) {
    try {
      return JSON.parse(/** @type {string} */ (window[area].getItem(key)));
    } catch { // blocked
      return null;
    }
  },
  /**
   * Sets the value of a key, and returns whether it is there now; null removes it.
   * @param {string} key
   * @param {unknown} value
   */
  set(key, value) {
    try {
      const text = value === null ? null : JSON.stringify(value);
      if (text === null) window[area].removeItem(key);
      else window[area].setItem(key, text);
      return window[area].getItem(key) === text;
    } catch { // blocked, or full
      return false;
    }
  },
});
export const deviceStorage = storage("localStorage");
export const tabStorage = storage("sessionStorage");

// What is stored may be damaged, or another version's.
/** @param {unknown} value */
export const isText = (value) => typeof value === "string";
/** @param {unknown} value */
export const isTexts = (value) => Array.isArray(value) && value.every(isText);
/**
 * Whether a value is a list of pairs, each of a text and of what second is true of.
 * @param {unknown} value
 * @param {(value: unknown) => boolean} second
 */
export const isPairs = (value, second) =>
  Array.isArray(value) && value.every((pair) => Array.isArray(pair) && isText(pair[0]) && second(pair[1]));

export const query = new URLSearchParams(location.search);
export const kiosk = query.has("kiosk");

/** The links to other languages keep the query of this page, but where they alone lead to the form of an invitation. */
export const keepQuery = () => {
  for (const link of /** @type {HTMLAnchorElement[]} */ (findAll(".langs a"))) {
    if (query.has("invited") || !link.search.includes("invited=")) link.search = location.search;
  }
};
