// Short messages: a polite live region, eight seconds, paused while someone reads or holds the focus.
const LIFE = 8000;

const region = () => document.getElementById("toasts");

function close(toast) {
  const hadFocus = toast.contains(document.activeElement);
  toast.remove();
  if (hadFocus) document.getElementById("main")?.focus({ preventScroll: true });
}

function live(toast) {
  if ("sticky" in toast.dataset) return;
  let left = LIFE;
  let since = 0;
  let timer = 0;
  const run = () => {
    if (timer) return;
    since = performance.now();
    timer = setTimeout(() => close(toast), left);
  };
  const pause = () => {
    if (!timer) return;
    clearTimeout(timer);
    timer = 0;
    left = Math.max(1000, left - (performance.now() - since));
  };
  const resume = () => {
    if (!toast.matches(":hover, :focus-within")) run();
  };
  toast.addEventListener("pointerenter", pause);
  toast.addEventListener("pointerleave", resume);
  toast.addEventListener("focusin", pause);
  toast.addEventListener("focusout", () => setTimeout(resume));
  run();
}

// A live region speaks only of what is added after the page is there.
function announce(toast) {
  region().querySelector("ol").append(toast);
  live(toast);
}

/** Show `text`; a toast whose tone is "error" or "warning" stays until it is closed. */
export function showToast(text, tone = "info") {
  const toast = document.getElementById("toast-template").content.firstElementChild.cloneNode(true);
  toast.dataset.tone = tone;
  if (tone === "error" || tone === "warning") toast.dataset.sticky = "";
  toast.querySelector("p").textContent = text;
  announce(toast);
}

export function startToasts() {
  if (!region()) return;
  const waiting = [...region().querySelectorAll("ol > .toast")];
  requestAnimationFrame(() => waiting.forEach(announce));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-toast-close]");
    if (button) close(button.closest(".toast"));
  });
  // The server says one with the HX-Trigger header: {"chenu:toast": {"text": "…", "tone": "info"}}.
  document.addEventListener("chenu:toast", (event) => showToast(event.detail.text, event.detail.tone));
}
