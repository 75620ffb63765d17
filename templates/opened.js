// @ts-check
// Reports an invitee's form as opened, once in this tab. Only these forms load it.
import { tabStorage } from "./page.js";

const form = /** @type {HTMLFormElement} */ (document.querySelector("form[data-survey]"));
const invitation = /** @type {HTMLInputElement} */ (form.querySelector("[name=_invitation]"));
const address = new URL(/** @type {string} */ (form.getAttribute("action")), document.baseURI);
const key = `glasspoll:${form.dataset.survey}.opened`;
if (!tabStorage.get(key)) {
  tabStorage.set(key, true);
  navigator.sendBeacon(new URL("../../../i/opened", address), new URLSearchParams({ _invitation: invitation.value }));
}
