// Small comforts; every page works without them.
(() => {
  "use strict";
  const store = {
    get: (key) => { try { return sessionStorage.getItem(key); } catch { return undefined; } },
    set: (key, value) => { try { sessionStorage.setItem(key, value); } catch { /* storage is blocked */ } },
    drop: (key) => { try { sessionStorage.removeItem(key); } catch { /* storage is blocked */ } },
  };

  const thanks = document.querySelector("[data-thanks]");
  if (thanks) {
    store.drop("glasspoll:" + thanks.dataset.thanks); // the next filled form is another submission
    const receipt = document.getElementById("receipt");
    const name = location.hash.slice(1);
    if (receipt && /^[\w-]{4,64}$/.test(name)) {
      receipt.querySelector("code").textContent = name;
      receipt.hidden = false;
    }
    return;
  }

  const form = document.querySelector("form[data-survey]");
  if (!form) return;
  const button = form.querySelector("button");
  const label = button.textContent;
  const key = "glasspoll:" + form.dataset.survey;
  let sent = 0;

  // One filled form is one submission: its id stays the same over retries and reloads, until it is received.
  const identify = () => {
    const field = form.elements._id;
    let id = store.get(key);
    if (id === undefined) id = field.value; // no storage: keep what the server gave back
    field.value = id || uuid();
    store.set(key, field.value);
  };
  const uuid = () => {
    if (crypto.randomUUID) return crypto.randomUUID();
    const b = crypto.getRandomValues(new Uint8Array(16)); // plain http has no randomUUID
    b[6] = b[6] & 15 | 64;
    b[8] = b[8] & 63 | 128;
    return [...b].map((x, i) => ([4, 6, 8, 10].includes(i) ? "-" : "") + x.toString(16).padStart(2, "0")).join("");
  };

  const ready = () => {
    sent = 0;
    button.removeAttribute("aria-disabled");
    button.textContent = label;
    identify();
  };
  ready();
  addEventListener("pageshow", ready); // also after the back button

  const channel = new URLSearchParams(location.search).get("c");
  if (channel && !form.elements._channel.value) form.elements._channel.value = channel;

  form.addEventListener("submit", (event) => {
    if (sent && Date.now() - sent < 10000) { // afterwards a dead network may be tried again, under the same id
      event.preventDefault();
      return;
    }
    sent = Date.now();
    button.setAttribute("aria-disabled", "true");
    button.textContent = button.dataset.busy;
    setTimeout(() => { if (sent) ready(); }, 10000);
  });

  const errors = document.getElementById("errors");
  if (errors) errors.focus();
})();
