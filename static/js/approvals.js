// Keys of one question (design C1): `y` approves a yellow one, `n` asks for the reason of a refusal.
// They are off while writing, under a dialog, and where single keys are switched off (WCAG 2.1.4).
const isWriting = (target) => target.isContentEditable || target.closest?.("input, textarea, select");

function approve() {
  const button = document.querySelector("[data-approve]");
  if (!button?.checkVisibility()) return false;
  button.click();
  return true;
}

function refuse() {
  const reason = document.querySelector("[data-reason]");
  if (!reason) return false;
  reason.open = true;
  reason.querySelector("textarea").focus();
  return true;
}

const KEYS = { y: approve, n: refuse };

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.repeat || event.isComposing) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.body.dataset.shortcuts === "off" || document.querySelector("dialog[open]")) return;
  if (!isWriting(event.target) && KEYS[event.key]?.()) event.preventDefault();
});
