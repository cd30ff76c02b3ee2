// The page's behaviour: delegated events only, no eval, no inline handler (strict content security policy).
import { startForms } from "./forms.js";
import { startLive } from "./live.js";
import { startRun } from "./run.js";
import { startShortcuts } from "./shortcuts.js";
import { startStream } from "./stream.js";
import { startTheme } from "./theme.js";
import { showToast, startToasts } from "./toasts.js";

// Every fragment request carries the two proofs that a form carries in hidden fields (design 2.2, M3).
document.addEventListener("htmx:configRequest", (event) => {
  const { headers } = event.detail;
  headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]').content;
  if (document.body.dataset.epoch) headers["X-Chenu-Epoch"] = document.body.dataset.epoch;
});

// A refusal is a problem document or the error page: either says in words what went wrong.
function problemText(request, fallback) {
  const type = request.getResponseHeader("Content-Type") ?? "";
  if (type.startsWith("application/problem+json")) {
    const problem = JSON.parse(request.responseText);
    return problem.detail || problem.title || fallback;
  }
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  const said = [...page.querySelectorAll("[data-problem]")].map((part) => part.textContent.trim());
  return said.at(-1) || fallback;
}

document.addEventListener("htmx:responseError", (event) => {
  showToast(problemText(event.detail.xhr, document.getElementById("toasts").dataset.refused), "error");
});
document.addEventListener("htmx:sendError", () => {
  showToast(document.getElementById("toasts").dataset.unreachable, "error");
});

startTheme();
startToasts();
startShortcuts();
startForms();
startStream();
startRun();
startLive();
