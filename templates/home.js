// @ts-check
// The search of a home page with many surveys. Without a script the page is a plain list.
import { byID, findAll } from "./page.js";

const box = /** @type {HTMLInputElement} */ (byID("find"));
const search = /** @type {HTMLElement} */ (box.closest(".find"));
const status = findAll("[role=status]", search)[0];

/** Shows the surveys whose text has every word that is searched for. */
const filter = () => {
  const words = box.value.toLowerCase().split(/\s+/);
  let found = 0;
  for (const group of findAll(".group")) {
    const shown = findAll(".surveys > li", group).filter((card) => {
      const text = (card.textContent || "").toLowerCase();
      card.hidden = !words.every((word) => text.includes(word));
      return !card.hidden;
    });
    group.hidden = shown.length === 0;
    found += shown.length;
  }
  status.textContent = found ? "" : status.dataset.none || "";
};

search.hidden = false;
box.addEventListener("input", filter);
if (box.value) filter(); // kept by the browser on the way back
