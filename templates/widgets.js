// @ts-check
// Easier ways to fill in what plain lists and boxes ask for: sliders, sums, rankings by tapping.
import { formatNumber, readNumber } from "./rules.js";
import { asText, findAll, makeElement } from "./page.js";
import { form, reorder } from "./form.js";

/** @import { Control } from "./form.js" */

/** @param {HTMLElement} element */
const dispatchChange = (element) => element.dispatchEvent(new Event("change", { bubbles: true }));

/**
 * Adds a slider beside a box, unset until it is touched, and returns what shows the box's value on it.
 * @param {HTMLInputElement} box
 */
const addSlider = (box) => {
  const [min, max, step] = /** @type {string} */ (box.dataset.slide).split(" ");
  const label = /** @type {NodeListOf<HTMLElement>} */ (box.labels)[0].querySelector(".t");
  const range = makeElement("input", { type: "range", min, max, step, "aria-label": /** @type {Element} */ (label).textContent });
  const row = makeElement("div", { class: "slide" });
  box.before(row);
  row.append(range, box, ...findAll(".unit", /** @type {HTMLElement} */ (row.parentNode)));
  const take = () => { box.value = range.value; };
  range.addEventListener("keydown", (event) => { // some browsers move it the same way in both writing directions
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    const isForward = (event.key === "ArrowRight") !== (document.dir === "rtl");
    range.value = asText(+range.value + (isForward ? 1 : -1) * +step);
    range.dispatchEvent(new Event("input", { bubbles: true }));
    dispatchChange(box);
  });
  range.addEventListener("input", take);
  for (const type of ["click", "touchend", "keyup"]) {
    range.addEventListener(type, (event) => {
      if (box.value !== "" || type === "keyup" && /** @type {KeyboardEvent} */ (event).key !== " ") return;
      take(); // touched without moving it: its position is the answer
      dispatchChange(box);
    });
  }
  return () => {
    const n = readNumber(box.value);
    range.value = asText(isNaN(n) ? (+min + +max) / 2 : n / 1000);
    range.classList.toggle("unset", isNaN(n));
    range.setAttribute("aria-valuetext", /** @type {string} */ (isNaN(n) ? box.dataset.unset : box.value));
  };
};
const showSliders = /** @type {HTMLInputElement[]} */ (findAll("[data-slide]", form)).map(addSlider);

const showSums = findAll("[data-total]", form).map((total) => () => {
  const boxes = /** @type {Control[]} */ (findAll("input", /** @type {HTMLElement} */ (total.parentNode)));
  const values = boxes.filter((box) => !box.disabled).map((box) => readNumber(box.value));
  const sum = values.reduce((n, value) => n + (value || 0), 0);
  total.hidden = values.every(isNaN);
  total.textContent = /** @type {string} */ (total.dataset.say).replace("{sum}", formatNumber(sum));
  total.classList.toggle("done", sum === readNumber(/** @type {string} */ (total.dataset.total)));
});

/**
 * An option of a ranking.
 * @typedef {object} RankedOption
 * @property {HTMLElement} line with buttons to pick it, to move it up, and to move it down
 * @property {HTMLSelectElement} select the list of ranks, which is what is posted
 * @property {string} name
 * @property {HTMLElement} badge with its rank
 */

/**
 * Makes a ranking by tapping: the first tap is the first rank; what is ranked can be moved.
 * @param {HTMLElement} box
 */
const addRanking = (box) => {
  const most = +/** @type {string} */ (box.dataset.rank);
  const status = makeElement("p", { class: "vh", role: "status" });
  box.classList.add("ranking");
  box.before(makeElement("p", { class: "help" }, /** @type {string} */ (box.dataset.tap)));
  box.after(status);

  const ranked = () => options.filter((o) => o.select.value && !o.line.hidden).sort((a, b) => +a.select.value - +b.select.value);
  /** @param {RankedOption[]} order */
  const setRanks = (order) => {
    for (const o of options) o.select.value = asText(order.indexOf(o) + 1 || "");
  };
  /** @param {RankedOption} option @param {number} way up (-1), down (1), or in or out (0) */
  const move = (option, way) => {
    const order = ranked();
    const at = order.indexOf(option);
    if (way === 0) {
      if (at >= 0) order.splice(at, 1);
      else if (order.length < most) order.push(option);
    } else if (order[at + way]) {
      order.splice(at, 1);
      order.splice(at + way, 0, option);
    }
    setRanks(order);
    dispatchChange(box);
    status.textContent = order.map((o, i) => `${i + 1} ${o.name}`).join(" ");
  };
  const options = findAll(".line", box).map((line) => rankedOption(box, line, move));
  const show = () => {
    const order = ranked();
    for (const o of options) showRank(o, order.indexOf(o), order.length, most);
    const rest = findAll(".line", box).filter((line) => !order.some((o) => o.line === line)); // as they are
    reorder(order.map((o) => o.line).concat(rest));
  };
  /** Gives up the ranks of options that are no longer offered, and closes the gaps; true if that changed any. */
  const closeGaps = () => {
    const order = ranked();
    const gaps = options.some((o) => +o.select.value !== order.indexOf(o) + 1); // 0 is none
    setRanks(order);
    return gaps;
  };
  return { show, closeGaps };
};

/**
 * Replaces what a line shows by buttons.
 * @param {HTMLElement} box
 * @param {HTMLElement} line
 * @param {(option: RankedOption, way: number) => void} move
 */
const rankedOption = (box, line, move) => {
  const select = /** @type {HTMLSelectElement} */ (line.querySelector("select"));
  const label = /** @type {HTMLElement} */ (line.querySelector("label"));
  const name = /** @type {HTMLElement} */ (label.querySelector(".t")).textContent;
  /** @type {RankedOption} */
  const option = { line, select, name, badge: makeElement("b", {}) };
  /** @param {number} way @param {Record<string, string>} attributes @param {(Node | string)[]} children */
  const addButton = (way, attributes, ...children) => {
    const button = makeElement("button", { type: "button", class: way ? "move" : "pick", ...attributes }, ...children);
    button.addEventListener("click", () => move(option, way));
    line.append(button);
  };
  addButton(0, { id: select.id }, option.badge, ...label.childNodes);
  addButton(-1, { "aria-label": /** @type {string} */ (box.dataset.up).replace("{label}", name) }, "↑");
  addButton(1, { "aria-label": /** @type {string} */ (box.dataset.down).replace("{label}", name) }, "↓");
  label.remove();
  select.removeAttribute("id");
  select.hidden = true;
  return option;
};

/**
 * @param {RankedOption} option
 * @param {number} at its place, -1 if it has none
 * @param {number} count of those that are ranked
 * @param {number} most that may be
 */
const showRank = ({ line, badge }, at, count, most) => {
  const [pick, up, down] = findAll("button", line);
  /** @param {HTMLElement} button @param {boolean} is */
  const disable = (button, is) => button.setAttribute("aria-disabled", asText(is));
  badge.textContent = at < 0 ? "" : asText(at + 1);
  pick.setAttribute("aria-pressed", asText(at >= 0));
  up.hidden = down.hidden = at < 0;
  disable(up, at <= 0);
  disable(down, at === count - 1);
  disable(pick, at < 0 && count >= most);
};
const rankings = findAll("[data-rank]", form).map(addRanking);

/** @type {import("./survey.js").Widgets} */
export const widgets = {
  closeGaps: () => rankings.filter((r) => r.closeGaps()).length > 0,
  show() {
    for (const ranking of rankings) ranking.show();
    for (const show of [...showSliders, ...showSums]) show();
  },
};
