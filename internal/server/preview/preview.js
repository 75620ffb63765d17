// What `glasspoll serve` adds to its pages while live reload is on: loads a page again when it has been built again,
// keeping what was typed and where one was; shows the problems of questionnaires and templates; fills forms in for
// testers; and keeps the frames of the side-by-side view in step.
(() => {
  "use strict";
  const script = document.currentScript;
  const here = new URL("./", script.src).pathname; // …/_preview/
  const root = new URL("../", script.src).pathname;
  const page = location.pathname.slice(root.length);
  const mark = script.dataset.mark; // none on a page that answers what was sent: to load that again would send it again
  const form = document.querySelector("form[data-survey]");
  const frames = [...document.querySelectorAll("iframe[data-src]")];
  const words = document.documentElement.lang.startsWith("zh")
    ? { preview: "预览", fill: "填入示例", nonsense: "填入错误", side: "并排预览", alone: "打开问卷", failed: "没有填成" }
    : { preview: "Preview", fill: "Fill in", nonsense: "Fill with mistakes", side: "Side by side", alone: "Open the form", failed: "Not filled in" };

  // Storage is the tab's, and so shared by the frames of the side-by-side view, which have names.
  const key = `glasspoll-preview:${window.name}:${page}`;
  addEventListener("beforeunload", (event) => event.stopImmediatePropagation()); // before the page's own: what is typed is kept here

  const store = {
    take: () => { try { const s = JSON.parse(sessionStorage.getItem(key)); sessionStorage.removeItem(key); return s; } catch { return null; } },
    put: (state) => { try { sessionStorage.setItem(key, JSON.stringify(state)); } catch { /* storage is blocked */ } },
  };

  // The form, by field name: what is typed and chosen.
  const controls = () => [...(form?.elements ?? [])].filter((c) => c.name && !c.name.startsWith("_"));
  const choice = (c) => c.type === "radio" || c.type === "checkbox";
  const typed = () => {
    const values = {};
    for (const c of controls()) {
      values[c.name] ??= [];
      if (choice(c) ? c.checked : c.value !== "") values[c.name].push(c.value);
    }
    return values;
  };
  const type = (values) => {
    const changed = controls().filter((c) => {
      const given = values[c.name];
      if (!given) return false;
      if (choice(c)) {
        const before = c.checked;
        c.checked = given.includes(c.value);
        return before !== c.checked;
      }
      const before = c.value;
      c.value = given[0] ?? "";
      return before !== c.value;
    });
    for (const c of changed) { // only now, so that nobody reacts to a form that is half filled
      c.dispatchEvent(new Event("input", { bubbles: true }));
      c.dispatchEvent(new Event("change", { bubbles: true }));
    }
  };

  const nth = (name, c) => controls().filter((o) => o.name === name).indexOf(c);
  const find = (place) => controls().filter((o) => o.name === place.name)[place.nth];
  let leaving = false;
  const reload = async (now) => {
    if (leaving) return;
    leaving = true;
    const fresh = mark === "waiting" || frames.length ? undefined : await anew();
    const active = document.activeElement;
    const seen = controls().find((c) => c.getClientRects().length && c.getBoundingClientRect().bottom > 0);
    const selection = (() => { try { return [active.selectionStart, active.selectionEnd]; } catch { return null; } })();
    store.put({
      for: now, typed: typed(), x: scrollX, y: scrollY, end: document.documentElement.style.paddingBlockEnd,
      seen: scrollY > 0 && seen ? { name: seen.name, nth: nth(seen.name, seen), top: seen.getBoundingClientRect().top } : null,
      focus: active?.form && active.form === form && active.name ? { name: active.name, nth: nth(active.name, active), selection } : null,
    });
    history.scrollRestoration = "manual";
    if (fresh === undefined) {
      location.reload();
      return;
    }
    quit();
    document.open();
    addEventListener("error", () => location.reload()); // a script that does not bear being run twice in one window
    document.write(fresh);
    document.close();
  };
  // anew is the page as it is now, to be written into this window, which takes a fraction of the time that going to its
  // address again does. Only a page with the same policy, which a window keeps, can be shown like that.
  const anew = async () => {
    try {
      const reply = await fetch(location.href, { cache: "no-cache", headers: { Accept: "text/html" } });
      const html = reply.headers.get("Content-Type")?.startsWith("text/html") && !reply.redirected;
      return html ? await reply.text() : undefined;
    } catch {
      return undefined;
    }
  };
  let events;
  const quit = () => events?.close();
  const state = store.take();
  if (state) {
    if (form) type(state.typed);
    document.documentElement.style.paddingBlockEnd = state.end; // else it may be too short to scroll to where one was
    const seen = state.seen ? find(state.seen) : undefined; // it may be gone
    scrollTo({ left: state.x, top: seen ? scrollY + seen.getBoundingClientRect().top - state.seen.top : state.y, behavior: "instant" });
    const focus = state.focus ? find(state.focus) : undefined;
    focus?.focus({ preventScroll: true });
    try { if (state.focus?.selection) focus?.setSelectionRange(...state.focus.selection); } catch { /* it has none */ }
    addEventListener("load", () => setTimeout(() => { history.scrollRestoration = "auto"; }));
  }
  requestAnimationFrame(() => setTimeout(() => performance.mark("glasspoll-preview:shown")));

  // The problems and the buttons stand apart from the page's own styles.
  const host = document.createElement("glasspoll-preview");
  const shadow = host.attachShadow({ mode: "open" });
  const make = (name, properties, ...children) => {
    const e = Object.assign(document.createElement(name), properties);
    e.append(...children);
    return e;
  };
  const style = make("link", { rel: "stylesheet", href: here + "preview.css" });
  const bar = make("div", { className: "bar" });
  const box = make("div", { className: "problems" });
  const slot = document.getElementById("glasspoll-problems") ?? box;
  host.hidden = true;
  style.onload = style.onerror = () => { host.hidden = false; };
  host.setAttribute("role", "complementary");
  host.setAttribute("aria-label", words.preview);
  slot.setAttribute("role", "alert"); // heard when it changes; the focus stays where it is
  shadow.append(style, bar, box);

  let shown = slot === box ? "" : undefined;
  const show = (problems) => {
    if (problems === shown) return;
    const first = shown === undefined; // the server has put the first ones there
    shown = problems;
    if (!first) slot.innerHTML = problems; // the server's own, which has escaped it
    for (const before of slot.querySelectorAll(".caret .before")) {
      const code = before.closest("pre");
      code.scrollLeft = before.offsetLeft + before.offsetWidth - code.clientWidth * .6;
    }
  };
  new ResizeObserver(() => { // so that the page's end is not behind it
    if (host.isConnected && !host.hidden) document.documentElement.style.paddingBlockEnd = `${host.offsetHeight}px`;
  }).observe(host);

  const fill = async (kind, seed) => {
    if (!form) return;
    const ask = new URLSearchParams({
      kind, seed, survey: form.dataset.survey, language: form.elements._language.value, channel: form.elements._channel.value,
    });
    for (const c of controls()) if (c.type === "hidden" && c.value) ask.append("link." + c.name, c.value);
    const reply = await fetch(here + "_fill?" + ask);
    if (!reply.ok) throw new Error(words.failed);
    type(await reply.json());
  };

  // Where frames stand side by side, the page around them hears the news for all of them, and shows the problems.
  const self = { page, mark, reload, fill, tried: state?.for };
  const followers = new Map([[window, self]]);
  const above = (() => { try { return parent !== window && parent.glasspollPreview; } catch { return false; } })();
  if (above) {
    above.follow(window, self);
    const own = crypto.randomUUID?.();
    if (own) form?.addEventListener("submit", () => { form.elements._id.value = own; }); // each frame is a respondent
    return;
  }
  document.body.append(host);

  if (form || frames.length) {
    const button = (label, kind) => {
      const b = make("button", { type: "button", textContent: label });
      b.onclick = async () => {
        const seed = String(crypto.getRandomValues(new Uint32Array(1))[0]); // alike in every frame
        try {
          await Promise.all([...followers.values()].map((f) => f.fill(kind, seed)));
        } catch {
          b.textContent = words.failed;
          setTimeout(() => { b.textContent = label; }, 2000);
        }
      };
      b.dataset.kind = kind;
      return b;
    };
    bar.append(button(words.fill, "plausible"), button(words.nonsense, "nonsense"));
    bar.append(form
      ? make("a", { href: here + form.dataset.survey + "/" + location.search, textContent: words.side })
      : make("a", { href: root + page.split("/")[1] + "/" + location.search, textContent: words.alone }));
  }

  let latest;
  const hear = (message) => {
    latest = JSON.parse(message.data);
    for (const f of followers.values()) {
      const now = latest.marks[f.page];
      if (f.mark === undefined || now === undefined || now === f.mark) continue;
      if (now !== f.tried) f.reload(now); // else loading it again has not helped: something between us keeps the old one
    }
    show(latest.problems);
  };
  const open = () => {
    quit();
    if (document.hidden) return; // a browser has few connections to one server for all its tabs
    const ask = new URLSearchParams({ language: document.documentElement.lang });
    for (const p of new Set([...followers.values()].map((f) => f.page))) ask.append("page", p);
    events = new EventSource(here + "_events?" + ask);
    events.onmessage = hear;
    events.onerror = () => { if (events.readyState === EventSource.CLOSED) setTimeout(open, 1000); };
  };
  addEventListener("pagehide", quit);
  addEventListener("pageshow", (e) => { if (e.persisted) open(); });
  document.addEventListener("visibilitychange", open);
  open();

  if (!frames.length) return;
  window.glasspollPreview = {
    follow: (who, follower) => {
      const known = followers.get(who)?.page === follower.page;
      followers.set(who, follower);
      // Known, it may still have been loaded before the latest change, or after it: ask again.
      if (!known || latest?.marks[follower.page] !== follower.mark) open();
    },
  };
  for (const f of frames) f.src = f.dataset.src + location.search;
  const fit = () => {
    for (const f of frames) {
      const pane = f.parentElement;
      const room = Math.max(document.documentElement.clientWidth - 32, 300);
      const beside = room - 360 - 24;
      const scale = f.width > 360 ? Math.min(1, (beside > 480 ? beside : room) / f.width) : Math.min(1, room / f.width);
      f.style.transform = `scale(${scale})`;
      pane.style.width = `${f.width * scale}px`;
      pane.style.height = `${f.height * (f.width > 360 ? 1 : scale)}px`;
      if (f.width > 360) f.style.height = `${f.height / scale}px`;
    }
  };
  fit();
  addEventListener("resize", fit);
})();
