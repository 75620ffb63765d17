// @ts-check
// What lies over the page: problems of questionnaires and templates, and buttons for testers. It is in a shadow tree, so
// that its styles and the page's stay apart.
import { byID, findAll, makeElement } from "../../../templates/page.js";

/** @param {string} label @param {string} language of it, and of the problems @param {string} stylesheet */
export const makeOverlay = (label, language, stylesheet) => {
  const host = document.createElement("glasspoll-preview");
  const style = makeElement("link", { rel: "stylesheet", href: stylesheet });
  const bar = makeElement("div", { class: "bar" });
  const box = makeElement("div", { class: "problems" });
  host.hidden = true; // until it has its styles
  style.onload = style.onerror = () => { host.hidden = false; };
  host.setAttribute("role", "complementary");
  host.setAttribute("aria-label", label);
  host.lang = language;
  host.dir = "ltr"; // whatever the page's language
  host.attachShadow({ mode: "open" }).append(style, bar, box);
  new ResizeObserver(() => { // keeps the page's end from being covered
    if (host.isConnected && !host.hidden) document.documentElement.style.paddingBlockEnd = `${host.offsetHeight}px`;
  }).observe(host);
  return { host, bar, showProblems: problemsIn(box) };
};

/**
 * Returns what shows problems, given as HTML by the server, which has escaped it: in the page itself where it is made for
 * that and so has the first of them, else in a box.
 * @param {HTMLElement} box
 * @returns {(html: string) => void}
 */
const problemsIn = (box) => {
  const own = byID("glasspoll-problems");
  const target = own ?? box;
  let shown = own ? null : "";
  target.setAttribute("role", "alert"); // read out when it changes; the focus stays where it is
  return (html) => {
    if (html === shown) return;
    if (shown !== null) target.innerHTML = html;
    shown = html;
    for (const before of findAll(".caret .before", target)) {
      const code = /** @type {HTMLElement} */ (before.closest("pre"));
      code.scrollLeft = before.offsetLeft + before.offsetWidth - code.clientWidth * .6;
    }
  };
};
