// The theme a person chooses. The server draws it before the first paint; here it changes at once and is kept.
const root = document.documentElement;
const YEAR = 31_536_000;

function showsDark() {
  const theme = root.dataset.theme;
  return theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
}

function keepInCookie(theme) {
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `theme=${theme}; path=/; max-age=${YEAR}; samesite=lax${secure}`;
}

async function keepInProfile(theme) {
  const { epoch, themeUrl } = document.body.dataset;
  const token = document.querySelector('meta[name="csrf-token"]').content;
  const answer = await fetch(themeUrl, {
    method: "POST",
    body: new URLSearchParams({ theme, epoch: epoch ?? "" }),
    headers: { "X-CSRFToken": token, "X-Chenu-Epoch": epoch ?? "", Accept: "application/json" },
  });
  // The choice already holds on this device through the cookie; only the profile did not take it.
  if (!answer.ok) console.warn(`theme not kept in the profile: ${answer.status}`);
}

export function setTheme(theme) {
  root.dataset.theme = theme;
  for (const button of document.querySelectorAll("[data-theme-form] [name='theme']")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
  keepInCookie(theme);
  if ("signedIn" in document.body.dataset) {
    keepInProfile(theme).catch((problem) => console.warn("theme not kept in the profile", problem));
  }
}

export function startTheme() {
  for (const toggle of document.querySelectorAll("[data-theme-toggle]")) toggle.hidden = false;
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-toggle]")) setTheme(showsDark() ? "light" : "dark");
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-theme-form]") || !event.submitter) return;
    event.preventDefault();
    setTheme(event.submitter.value);
  });
}
