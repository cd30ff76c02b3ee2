// Keys (design C1). Never while writing; switched off by data-shortcuts="off" on the body (WCAG 2.1.4).
const PAIR = 1200; // ms between `g` and the letter that follows
const ROWS = "[data-row-link], .rows a.item__title, .queue__say a";

let pairUntil = 0;

const isWriting = (target) =>
  target.isContentEditable || target.closest?.("input, textarea, select, [role='textbox'], [role='combobox']");

const seen = (element) => element.checkVisibility();

function follow(selector) {
  const link = document.querySelector(selector);
  if (!link) return false;
  link.click();
  return true;
}

const goTo = (letter) => follow(`[data-go="${CSS.escape(letter)}"]`);
const goToSphere = (digit) => follow(`[data-sphere-key="${digit}"]`);

function capture() {
  const box = document.querySelector("[data-capture]");
  if (!box || !seen(box)) return goTo("c");
  box.focus();
  return true;
}

function stepSection(by) {
  const links = [...document.querySelectorAll("[data-section-nav] a[href]")];
  const here = links.findIndex((link) => link.hasAttribute("aria-current"));
  if (!links.length) return false;
  const next = here < 0 ? (by > 0 ? 0 : links.length - 1) : (here + by + links.length) % links.length;
  links[next].click();
  return true;
}

function stepRow(by) {
  const rows = [...document.querySelectorAll(ROWS)].filter(seen);
  if (!rows.length) return false;
  const here = rows.findIndex((row) => row === document.activeElement);
  const next = here < 0 ? (by > 0 ? 0 : rows.length - 1) : here + by;
  if (!rows[next]) return true;
  rows[next].focus();
  rows[next].scrollIntoView({ block: "nearest" });
  return true;
}

function openHelp() {
  const dialog = document.getElementById("shortcuts-dialog");
  if (!dialog || dialog.open) return false;
  document.querySelectorAll("[popover]:popover-open").forEach((menu) => menu.hidePopover());
  dialog.showModal();
  return true;
}

const SINGLE = {
  c: capture,
  j: () => stepRow(1),
  k: () => stepRow(-1),
  "[": () => stepSection(-1),
  "]": () => stepSection(1),
  "/": () => goTo("/"),
  "?": openHelp,
  g: () => ((pairUntil = Date.now() + PAIR), true),
};

function act(key) {
  if (Date.now() < pairUntil) {
    pairUntil = 0;
    return goTo(key);
  }
  if (/^[1-9]$/.test(key)) return goToSphere(key);
  return SINGLE[key]?.() ?? false;
}

function onKey(event) {
  if (event.defaultPrevented || event.isComposing || event.repeat && !/^[jk]$/.test(event.key)) return;
  if (document.querySelector("dialog[open]") || isWriting(event.target)) return;
  // On AZERTY the digits need Shift: Alt and the digit's place on the keyboard works everywhere.
  const altDigit = event.altKey && !event.ctrlKey && !event.metaKey && /^Digit([1-9])$/.exec(event.code);
  if (altDigit) {
    if (goToSphere(altDigit[1])) event.preventDefault();
    return;
  }
  // AltGr (Ctrl+Alt) is how many keyboards write the square brackets.
  const altGraph = event.getModifierState("AltGraph");
  if ((event.ctrlKey || event.altKey) && !altGraph || event.metaKey) return;
  if (act(event.key)) event.preventDefault();
}

export function startShortcuts() {
  if (!document.getElementById("shortcuts-dialog")) return;
  for (const opener of document.querySelectorAll("[data-shortcuts-open]")) {
    opener.hidden = false;
    opener.addEventListener("click", openHelp);
  }
  if (document.body.dataset.shortcuts !== "off") document.addEventListener("keydown", onKey);
}
