// Forms: Ctrl+Enter sends, one submit at a time, and how many characters are left.
const COUNTER_FROM = 0.8; // of the limit: below it the count is not news

function sendFromKey(event) {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  const form = event.target.form;
  if (!form) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("[data-default-submit]") ?? undefined);
}

function release(form) {
  delete form.dataset.sending;
  form.querySelectorAll("[aria-busy='true']").forEach((button) => button.removeAttribute("aria-busy"));
}

// The button is not disabled: its name and value must still travel with the form.
function submitOnce(event) {
  const form = event.target;
  if (form.method !== "post") return;
  if ("sending" in form.dataset) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  form.dataset.sending = "";
  (event.submitter ?? form.querySelector("[type='submit'], button:not([type])"))?.setAttribute("aria-busy", "true");
  // Another module may keep the form on the page; htmx says itself when it is done.
  setTimeout(() => event.defaultPrevented && form.dataset.sending !== "htmx" && release(form));
}

function releaseAll() {
  document.querySelectorAll("form[data-sending]").forEach(release);
}

const plural = new Intl.PluralRules(document.documentElement.lang || "fr");

function count(field) {
  const counter = document.querySelector(`[data-counter-for="${CSS.escape(field.id)}"]`);
  if (!counter) return;
  const left = Math.max(0, field.maxLength - field.value.length);
  const words = plural.select(left) === "one" ? counter.dataset.one : counter.dataset.other;
  counter.setAttribute("aria-live", field.value.length >= field.maxLength * COUNTER_FROM ? "polite" : "off");
  counter.textContent = words.replace("{n}", String(left));
}

export function startForms() {
  document.addEventListener("keydown", sendFromKey);
  // Capturing, so that a second submit is stopped before htmx sees it.
  document.addEventListener("submit", submitOnce, { capture: true });
  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (detail.elt.matches("form[data-sending]")) detail.elt.dataset.sending = "htmx";
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.elt.matches("form")) release(detail.elt);
  });
  addEventListener("pageshow", (event) => event.persisted && releaseAll());
  document.addEventListener("input", (event) => {
    if (event.target.maxLength > 0 && event.target.id) count(event.target);
  });
}
