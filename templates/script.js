// Comforts, and the conditions of a questionnaire while it is filled in; every page works without them.
import { decimal, fieldsOf, fill, legible, look, piped, share, shuffled } from "./rules.js";

(() => {
  "use strict";
  const store = {
    get: (key) => { try { return sessionStorage.getItem(key); } catch { return undefined; } },
    set: (key, value) => { try { sessionStorage.setItem(key, value); } catch { /* storage is blocked */ } },
    drop: (key) => { try { sessionStorage.removeItem(key); } catch { /* storage is blocked */ } },
  };
  const all = (selector, within) => [...(within || document).querySelectorAll(selector)];
  const make = (name, attributes, ...children) => {
    const element = document.createElement(name);
    for (const key of Object.keys(attributes)) element.setAttribute(key, attributes[key]);
    element.append(...children);
    return element;
  };

  const thanks = document.querySelector("[data-thanks]");
  if (thanks) {
    const key = "glasspoll:" + thanks.dataset.thanks;
    const said = new Map(JSON.parse(store.get(key + ":said") || "[]"));
    for (const pipe of all("[data-pipe]")) if (said.has(pipe.dataset.pipe)) pipe.textContent = said.get(pipe.dataset.pipe);
    store.drop(key + ":said");
    const receipt = document.getElementById("receipt");
    const name = location.hash.slice(1);
    if (receipt && /^[\w-]{4,64}$/.test(name)) {
      receipt.querySelector("code").textContent = name;
      receipt.hidden = false;
    }
    return;
  }

  const form = document.querySelector("form[data-survey]");
  if (!form || !form.querySelector(".send button")) return; // closed: there is nothing to send
  const button = form.querySelector(".send button");
  const label = button.textContent;
  const key = "glasspoll:" + form.dataset.survey;
  const data = document.getElementById("rules");
  const rules = data && JSON.parse(data.textContent);
  const named = (name) => all(`[name="${name}"]`, form);
  let sent = 0;

  // One filled form is one submission: its id goes with the page's entry in the history, so that it stays the same over
  // retries, reloads and the way back from the thanks, and another tab or visit has another. What the server gave back
  // stands.
  const identify = () => {
    const field = form.elements._id;
    field.value = (history.state && history.state.submission) || field.value || uuid();
    history.replaceState({ ...history.state, submission: field.value }, "");
  };
  const uuid = () => {
    if (crypto.randomUUID) return crypto.randomUUID();
    const b = crypto.getRandomValues(new Uint8Array(16)); // plain http has no randomUUID
    b[6] = b[6] & 15 | 64;
    b[8] = b[8] & 63 | 128;
    return [...b].map((x, i) => ([4, 6, 8, 10].includes(i) ? "-" : "") + x.toString(16).padStart(2, "0")).join("");
  };

  // place puts siblings into an order, where they are.
  const place = (items) => {
    if (!items.length) return;
    const parent = items[0].parentNode;
    const siblings = [...parent.children];
    const end = siblings[Math.max(...items.map((item) => siblings.indexOf(item))) + 1] || null;
    const focused = document.activeElement;
    for (const item of items) parent.insertBefore(item, end);
    if (parent.contains(focused) && focused !== document.activeElement) focused.focus();
  };

  // choice is what shows one option: a label, an entry of a list, or a line.
  const choice = (q, option) => {
    const [line] = named(`${q}.${option}`);
    if (line && option !== "_other") return line.closest(".line");
    const [control] = all(`[name="${q}"][value="${option}"], [name="${q}"] > [value="${option}"]`, form);
    return control && (control.closest("label") || control);
  };

  const shuffle = () => {
    for (const q of rules ? rules.questions : []) {
      if (q.shuffle) place(shuffled(q, form.elements._id.value).map((option) => choice(q.id, option)).filter(Boolean));
    }
    for (const ranking of rankings) ranking.show();
  };

  // Values that come with the link.
  const link = new URLSearchParams(location.search);
  const channel = form.elements._channel;
  if (!channel.value) channel.value = link.get("c") || "";
  for (const field of all("[data-link]", form)) {
    const text = link.get(field.name) || "";
    if (!field.value) field.value = rules ? legible(rules, field.name, text) : text;
  }

  // The box of "other" is there when other is chosen.
  const others = all(".other input", form).map((box) => ({ box, question: box.name.slice(0, -"._other".length) }));
  const chosen = (name) => named(name).filter((c) => (c.tagName === "SELECT" ? c.value : c.checked)).map((c) => c.value);
  for (const o of others) {
    const before = chosen(o.question);
    const [control] = named(o.question);
    if (o.box.value && !before.includes("_other") && (!before.length || control.type === "checkbox")) {
      if (control.tagName === "SELECT") control.value = "_other";
      else named(o.question).forEach((c) => { if (c.value === "_other") c.checked = true; });
    }
    o.kept = o.box.value !== ""; // a text beside another choice stays in sight until the choice changes
  }
  const settleOthers = () => {
    for (const o of others) o.box.parentNode.hidden = !chosen(o.question).includes("_other") && !o.kept;
  };

  // A slider beside its box, unset until it is touched.
  const sliders = all("[data-slide]", form).map((box) => {
    const [min, max, step] = box.dataset.slide.split(" ");
    const name = box.labels[0].querySelector(".t").textContent;
    const range = make("input", { type: "range", min, max, step, "aria-label": name });
    const row = make("div", { class: "slide" });
    box.before(row);
    row.append(range, box, ...all(".unit", row.parentNode));
    const show = () => {
      const n = share(box.value);
      range.value = isNaN(n) ? (+min + +max) / 2 : n / 1000;
      range.classList.toggle("unset", isNaN(n));
      range.setAttribute("aria-valuetext", isNaN(n) ? box.dataset.unset : box.value);
    };
    range.addEventListener("input", () => { box.value = range.value; });
    for (const touch of ["click", "keyup"]) {
      range.addEventListener(touch, (event) => {
        if (box.value !== "" || touch === "keyup" && event.key !== " ") return;
        box.value = range.value; // where it stood is what was meant
        box.dispatchEvent(new Event("change", { bubbles: true }));
      });
    }
    return show;
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
    const lines = all(".line", box).map((line, written) => {
      const select = line.querySelector("select");
      const text = line.querySelector("label");
      const badge = make("b", {});
      const name = text.querySelector(".t").textContent;
      const pick = make("button", { type: "button", class: "pick", id: select.id }, badge, ...text.childNodes);
      const [up, down] = ["up", "down"].map((way) =>
        make("button", { type: "button", class: "move", "aria-label": box.dataset[way].replace("{label}", name) }, way === "up" ? "↑" : "↓"));
      text.remove();
      select.removeAttribute("id");
      select.hidden = true;
      line.append(pick, up, down);
      const l = { line, select, badge, pick, up, down, name, written };
      pick.addEventListener("click", () => act(l, 0));
      up.addEventListener("click", () => act(l, -1));
      down.addEventListener("click", () => act(l, 1));
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
      box.dispatchEvent(new Event("change", { bubbles: true }));
      status.textContent = ranked().map((r, i) => `${i + 1} ${r.name}`).join(" ");
    };
    const show = () => {
      const order = ranked();
      const rest = all(".line", box).map((line) => lines.find((l) => l.line === line)).filter((l) => !order.includes(l));
      for (const l of lines) {
        const at = order.indexOf(l);
        l.badge.textContent = at < 0 ? "" : at + 1;
        l.pick.setAttribute("aria-pressed", at >= 0);
        l.up.hidden = l.down.hidden = at < 0;
        l.up.setAttribute("aria-disabled", at <= 0);
        l.down.setAttribute("aria-disabled", at === order.length - 1);
        l.pick.setAttribute("aria-disabled", at < 0 && order.length >= box.dataset.rank);
      }
      place([...order, ...rest.sort((a, b) => a.written - b.written)].map((l) => l.line));
    };
    // An option that is no longer offered gives up its rank, and the others close up.
    const close = () => {
      const order = ranked();
      const before = lines.map((l) => l.select.value).join();
      if (lines.some((l) => l.select.value && (l.line.hidden || +l.select.value !== order.indexOf(l) + 1))) write(order);
      return before !== lines.map((l) => l.select.value).join();
    };
    return { show, close };
  });

  // What is typed so far, also where it is not asked at the moment: it comes back with its question.
  const read = () => {
    const typed = new Map();
    for (const c of form.elements) {
      const on = c.type === "radio" || c.type === "checkbox" ? c.checked : c.name;
      if (!on || !c.name || c.name.startsWith("_") || c.closest(".other[hidden]")) continue;
      typed.set(c.name, (typed.get(c.name) || []).concat(c.value));
    }
    return typed;
  };

  const touched = new Set();
  let keep = () => {}; // what the thank-you page will say of the answers
  const apply = () => {
    const typed = read();
    const known = (rules.channels || []).includes(channel.value) ? channel.value : "";
    const state = look(rules, typed, known, form.elements._language.value);
    for (const q of rules.questions) {
      const asked = state.asked.has(q.id);
      const withheld = state.withheld.get(q.id) || [];
      for (const [option] of q.option_if || []) {
        const shown = !q.rows && choice(q.id, option);
        if (shown) shown.hidden = shown.disabled = withheld.includes(option);
      }
      const [element] = all(`[data-q="${q.id}"]`, form);
      for (const c of element ? all("input, select, textarea", element) : named(q.id)) {
        if (c.name === q.id && c.tagName === "SELECT" && withheld.includes(c.value)) c.value = "";
        const option = c.name.startsWith(q.id + ".") ? c.name.slice(q.id.length + 1) : c.value;
        c.disabled = !asked || !q.rows && c.tagName !== "TEXTAREA" && withheld.includes(option) || !!c.closest(".other[hidden]");
      }
      if (!element) continue;
      element.hidden = !asked;
      const required = state.required.has(q.id) || fieldsOf(q).every((f) => f.other || state.required.has(f.name));
      for (const mark of all("[data-req]", element)) mark.hidden = !required;
      if (q.checks) complain(q, element, state.failed.get(q.id) || []);
    }
    for (const section of all("section", form)) {
      section.hidden = all("[data-q]", section).every((element) => element.hidden) && !!all("[data-q]", section).length;
    }
    for (const pipe of all("[data-pipe]")) pipe.textContent = piped(rules, state, typed, pipe.dataset.pipe);
    for (const option of all("[data-text]", form)) option.textContent = fill(rules, state, typed, option.dataset.text);
    if (rules.keep) keep = () => store.set(key + ":said", JSON.stringify(rules.keep.map((name) => [name, piped(rules, state, typed, name)])));
  };

  // complain says which checks an answer does not meet, once it has been given.
  const complain = (q, element, failed) => {
    const messages = q.checks.map((c) => c.message);
    let p = document.getElementById("e-" + q.id);
    if (p && messages.includes(p.textContent)) touched.add(q.id); // said by the handler
    else if (p && !p.dataset.check && p.textContent) return; // something else is wrong
    const text = touched.has(q.id) ? failed.map((i) => messages[i]).join(" ") : "";
    if (!p && !text) return;
    if (!p) {
      p = make("p", { class: "err", id: "e-" + q.id, role: "alert" });
      const above = [...element.children].filter((c) => c.matches("legend, .l, .help")).pop();
      if (above) above.after(p);
      else element.prepend(p);
    }
    p.dataset.check = "";
    p.hidden = !text;
    if (p.textContent !== text) p.textContent = text;
    element.classList.toggle("bad", text !== "");
  };

  const refresh = () => {
    settleOthers();
    if (rules) apply();
    if (rankings.map((r) => r.close()).includes(true) && rules) apply();
    for (const ranking of rankings) ranking.show();
    for (const show of sliders.concat(sums)) show();
  };

  form.addEventListener("input", refresh);
  form.addEventListener("change", ({ target }) => {
    if (target.type === "checkbox" && target.checked) {
      for (const c of named(target.name)) {
        if (c !== target && ("alone" in c.dataset || "alone" in target.dataset)) c.checked = false;
      }
    }
    for (const o of others) if (o.question === target.name) o.kept = false;
    refresh();
    const element = target.closest("[data-q]");
    if (element && rules) { // a message may push things down: not under the finger that leaves the box for them
      setTimeout(() => { touched.add(element.dataset.q); apply(); }, 200);
    }
  });

  const ready = () => {
    sent = 0;
    button.removeAttribute("aria-disabled");
    button.textContent = label;
    identify();
    shuffle();
    refresh();
  };
  if (rules) for (const sentence of all(".when")) sentence.remove();
  ready();
  addEventListener("pageshow", ready); // also after the back button

  form.addEventListener("submit", (event) => {
    if (sent && Date.now() - sent < 10000) { // afterwards a dead network may be tried again, under the same id
      event.preventDefault();
      return;
    }
    sent = Date.now();
    keep();
    button.setAttribute("aria-disabled", "true");
    button.textContent = button.dataset.busy;
    setTimeout(() => { if (sent) ready(); }, 10000);
  });

  const errors = document.getElementById("errors");
  if (errors) errors.focus();
})();
