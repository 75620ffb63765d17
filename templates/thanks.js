// The thank-you page: the receipt, a copy of one's own answers, and what comes next on a machine that many people use.
import { all, kiosk, link, make, one, sameLink, tab } from "./page.js";

const page = document.querySelector("[data-thanks]");
const key = "glasspoll:" + page.dataset.thanks;

const said = new Map(tab(key + ":said") || []);
for (const pipe of all("[data-pipe]")) if (said.has(pipe.dataset.pipe)) pipe.textContent = said.get(pipe.dataset.pipe);
tab(key + ":said", null);
sameLink();

const name = location.hash.slice(1);
const receipt = one("receipt");
if (/^[\w-]{4,64}$/.test(name)) {
  receipt.querySelector("code").textContent = name;
  receipt.hidden = false;
}

// The copy is this tab's alone.
const [of, answers] = tab(key + ":copy") || [];
const copy = one("copy");
if (of && of === name && !kiosk) {
  for (const [question, lines] of answers) {
    copy.querySelector("dl").append(make("dt", {}, question), ...lines.map((line) => make("dd", {}, line)));
  }
  copy.querySelector("button").addEventListener("click", () => print());
  copy.hidden = false;
}

// What was said on the telephone is no business of the next caller.
const another = one("another");
if (another && link.get("c") === "phone") {
  another.firstElementChild.search = location.search;
  another.addEventListener("click", () => tab(key + ":copy", null));
  another.hidden = false;
}

// The next person finds an empty page, and no way back; nobody finds a way out.
if (kiosk) {
  const again = one("again");
  for (const out of all("footer, main p:not([id]) > .button")) out.hidden = true;
  const to = again.querySelector("a");
  to.search = location.search;
  const leave = () => location.replace(to.href);
  to.addEventListener("click", (event) => {
    event.preventDefault();
    leave();
  });
  let end;
  const stay = () => { end = Date.now() + 20_000; }; // whoever still reads, or writes the receipt down, touches the screen
  stay();
  for (const sign of ["pointerdown", "keydown"]) addEventListener(sign, stay, true);
  const tell = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    again.firstElementChild.textContent = again.dataset.say.replace("{n}", Math.max(left, 0));
    if (left <= 0) leave();
  };
  tell();
  setInterval(tell, 250);
  again.hidden = false;
  addEventListener("pageshow", (event) => { if (event.persisted) leave(); });
}
