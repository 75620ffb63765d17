// What the scripts of all pages share: finding and making elements, and storage, which may be blocked.
export const all = (selector, within = document) => [...within.querySelectorAll(selector)];
export const one = (id) => document.getElementById(id);

export const make = (name, attributes, ...children) => {
  const element = document.createElement(name);
  for (const key of Object.keys(attributes)) element.setAttribute(key, attributes[key]);
  element.append(...children);
  return element;
};

// A storage gives what is under a key, or null; given a value, it keeps that; given null, it forgets.
const storage = (name) => (key, value) => {
  try {
    if (value === undefined) return JSON.parse(window[name].getItem(key));
    if (value === null) window[name].removeItem(key);
    else window[name].setItem(key, JSON.stringify(value));
  } catch { /* storage is blocked, or full */ }
  return null;
};
export const device = storage("localStorage");
export const tab = storage("sessionStorage");

export const link = new URLSearchParams(location.search);
export const kiosk = link.has("kiosk");

// The other languages are the same link.
export const sameLink = () => {
  for (const a of all(".langs a")) a.search = location.search;
};
