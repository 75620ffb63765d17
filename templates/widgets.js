// Easier ways to fill in what plain lists and boxes ask for: the box of "other", sliders, sums, rankings by tapping.
import { decimal, share } from "./rules.js";
import { all, make } from "./page.js";
import { form, named, place, ticks } from "./form.js";

const say = (box) => box.dispatchEvent(new Event("change", { bubbles: true }));

// The box of "other" is there when other is chosen. A text beside another choice stays in sight until the choice changes.
const others = all(".other input", form).map((box) => ({ box, question: box.name.split(".")[0] }));
export const begin = () => { for (const o of others) o.kept = o.box.value !== ""; };
export const settle = (changed) => {
  for (const o of others) {
    if (o.question === changed) o.kept = false;
    o.box.parentNode.hidden = !o.kept && !named(o.question).some((c) => (!ticks(c) || c.checked) && c.value === "_other");
  }
};

// A slider beside its box, unset until it is touched.
const sliders = all("[data-slide]", form).map((box) => {
  const [min, max, step] = box.dataset.slide.split(" ");
  const name = box.labels[0].querySelector(".t").textContent;
  const range = make("input", { type: "range", min, max, step, "aria-label": name });
  const row = make("div", { class: "slide" });
  box.before(row);
  row.append(range, box, ...all(".unit", row.parentNode));
  range.addEventListener("input", () => { box.value = range.value; });
  for (const touch of ["click", "touchend", "keyup"]) {
    range.addEventListener(touch, (event) => {
      if (box.value !== "" || touch === "keyup" && event.key !== " ") return;
      box.value = range.value; // where it stood is what was meant
      say(box);
    });
  }
  return () => {
    const n = share(box.value);
    range.value = isNaN(n) ? (+min + +max) / 2 : n / 1000;
    range.classList.toggle("unset", isNaN(n));
    range.setAttribute("aria-valuetext", isNaN(n) ? box.dataset.unset : box.value);
  };
});

const sums = all("[data-total]", form).map((p) => () => {
  const values = all("input", p.parentNode).filter((box) => !box.disabled).map((box) => share(box.value));
  const sum = values.reduce((n, value) => n + (value || 0), 0);
  p.hidden = values.every(isNaN);
  p.textContent = p.dataset.say.replace("{sum}", decimal(sum));
  p.classList.toggle("done", sum === share(p.dataset.total));
});

// A ranking by tapping: the first tap is the first rank; what is ranked can be moved. The lists of ranks stay what is posted.
const rankings = all("[data-rank]", form).map((box) => {
  const status = make("p", { class: "vh", role: "status" });
  const lines = all(".line", box).map((line) => {
    const [select, text] = ["select", "label"].map((name) => line.querySelector(name));
    const l = { line, select, badge: make("b", {}), name: text.querySelector(".t").textContent };
    const button = (way, attributes, ...inside) => {
      const b = make("button", { type: "button", class: way ? "move" : "pick", ...attributes }, ...inside);
      b.addEventListener("click", () => act(l, way));
      return b;
    };
    l.buttons = [
      button(0, { id: select.id }, l.badge, ...text.childNodes),
      button(-1, { "aria-label": box.dataset.up.replace("{label}", l.name) }, "↑"),
      button(1, { "aria-label": box.dataset.down.replace("{label}", l.name) }, "↓"),
    ];
    text.remove();
    select.removeAttribute("id");
    select.hidden = true;
    line.append(...l.buttons);
    return l;
  });
  box.classList.add("ranking");
  box.before(make("p", { class: "help" }, box.dataset.tap));
  box.after(status);
  const ranked = () => lines.filter((l) => l.select.value && !l.line.hidden).sort((a, b) => a.select.value - b.select.value);
  const write = (order) => {
    for (const l of lines) l.select.value = order.includes(l) ? order.indexOf(l) + 1 : "";
  };
  const act = (l, way) => {
    const order = ranked();
    const at = order.indexOf(l);
    if (way === 0) {
      if (at >= 0) order.splice(at, 1);
      else if (order.length < box.dataset.rank) order.push(l);
    } else if (order[at + way]) {
      order.splice(at, 1);
      order.splice(at + way, 0, l);
    }
    write(order);
    say(box);
    status.textContent = order.map((r, i) => `${i + 1} ${r.name}`).join(" ");
  };
  const show = () => {
    const order = ranked();
    const rest = all(".line", box).map((line) => lines.find((l) => l.line === line)).filter((l) => !order.includes(l));
    for (const l of lines) {
      const at = order.indexOf(l);
      const [pick, up, down] = l.buttons;
      const off = (button, is) => button.setAttribute("aria-disabled", is);
      l.badge.textContent = at < 0 ? "" : at + 1;
      pick.setAttribute("aria-pressed", at >= 0);
      up.hidden = down.hidden = at < 0;
      off(up, at <= 0);
      off(down, at === order.length - 1);
      off(pick, at < 0 && order.length >= box.dataset.rank);
    }
    place(order.concat(rest).map((l) => l.line));
  };
  // An option that is no longer offered gives up its rank, and the others close up.
  const close = () => {
    const order = ranked();
    const before = lines.map((l) => l.select.value).join();
    write(order);
    return before !== lines.map((l) => l.select.value).join();
  };
  return { show, close };
});

// settle is done before what is typed is read, show afterwards; close reports whether it has to be read once more.
export const close = () => rankings.map((r) => r.close()).includes(true);
export const show = () => {
  for (const ranking of rankings) ranking.show();
  for (const draw of sliders.concat(sums)) draw();
};

// A choice that excludes all others does.
export const exclude = (target) => {
  if (target.type !== "checkbox" || !target.checked) return;
  for (const c of named(target.name)) {
    if (c !== target && ("alone" in c.dataset || "alone" in target.dataset)) c.checked = false;
  }
};
