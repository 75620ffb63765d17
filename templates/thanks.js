// @ts-check
// The thank-you page: the receipt, a copy of one's own answers, and what comes next on a kiosk.
import { byID, findAll, isPairs, isText, isTexts, keepQuery, kiosk, makeElement, query, tabStorage } from "./page.js";

const receipt = location.hash.slice(1);

/** Fills in the answers that the thanks repeat. */
const fillIn = () => {
  const said = tabStorage.get("glasspoll.said");
  /** @type {Map<string | undefined, string>} */
  const answers = new Map(isPairs(said, isText) ? said : []);
  for (const pipe of findAll("[data-pipe]")) {
    const answer = answers.get(pipe.dataset.pipe);
    if (answer !== undefined) pipe.textContent = answer;
  }
  tabStorage.set("glasspoll.said", null);
};

const showReceipt = () => {
  if (!/^([\dA-HJKMNP-TV-Z]{5}-){4}[\dA-HJKMNP-TV-Z]{6}$/.test(receipt)) return;
  const element = byID("receipt");
  /** @type {HTMLElement} */ (element.querySelector("code")).textContent = receipt;
  element.hidden = false;
};

/** Shows the copy of the answers, which is kept in this tab alone. */
const showCopy = () => {
  const kept = tabStorage.get("glasspoll.copy");
  if (!Array.isArray(kept) || kept[0] !== receipt || !isPairs(kept[1], isTexts) || kiosk) return;
  /** @type {[string, string[]][]} */
  const answers = kept[1];
  const copy = byID("copy");
  for (const [question, lines] of answers) {
    /** @type {HTMLElement} */ (copy.querySelector("dl"))
      .append(makeElement("dt", {}, question), ...lines.map((line) => makeElement("dd", {}, makeElement("bdi", {}, line))));
  }
  /** @type {HTMLElement} */ (copy.querySelector("button")).addEventListener("click", () => print());
  copy.hidden = false;
};

/** Leads staff who fill in forms on the telephone to the next one, without the answers of this one. */
const offerAnother = () => {
  const another = byID("another");
  if (!another || query.get("c") !== "phone") return;
  /** @type {HTMLAnchorElement} */ (another.firstElementChild).search = location.search;
  another.addEventListener("click", () => tabStorage.set("glasspoll.copy", null));
  another.hidden = false;
};

/** Leads on to an empty form after a while, without a way back to this page or out of the survey. */
const restartKiosk = () => {
  const again = byID("again");
  for (const out of findAll("footer, main p:not([id]) > .button, #receipt a")) out.hidden = true;
  const link = /** @type {HTMLAnchorElement} */ (again.querySelector("a"));
  link.search = location.search;
  const leave = () => location.replace(link.href);
  link.addEventListener("click", (event) => {
    event.preventDefault();
    leave();
  });
  let end = 0;
  const stay = () => { end = Date.now() + 20_000; }; // a touch means that the thanks, or the receipt, are still being read
  stay();
  for (const type of ["pointerdown", "keydown"]) addEventListener(type, stay, true);
  const countDown = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    const text = (again.dataset.say || "").replace("{n}", `${Math.max(left, 0)}`);
    /** @type {HTMLElement} */ (again.firstElementChild).textContent = text;
    if (left <= 0) leave();
  };
  countDown();
  setInterval(countDown, 250);
  again.hidden = false;
  addEventListener("pageshow", (event) => { if (event.persisted) leave(); });
};

fillIn();
keepQuery();
showReceipt();
showCopy();
offerAnother();
if (kiosk) restartKiosk();
