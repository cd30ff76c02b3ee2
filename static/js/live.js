// News from the server: one socket per page, bound to the identity the page shows (design 4.5).
// The socket is a hint; what is shown is always fetched from the page's own addresses.
const CODE = { signIn: 4401, foreign: 4403, stale: 4409, factor: 4428, tooMany: 4429 };
const PAUSE = { first: 500, longest: 30000, tooMany: 30000 };
const GATHER = 120; // ms: several pieces of news, one request

let socket = null;
let lastSeq = null;
let failures = 0;
let timer = 0;
let over = false;

function address() {
  const query = new URLSearchParams();
  // Proves which visible context this page was made for: after a switch it must not show the new one's news.
  if (document.body.dataset.epoch) query.set("epoch", document.body.dataset.epoch);
  if (lastSeq !== null) query.set("last_seq", lastSeq);
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/live/?${query}`;
}

function indicate(connected) {
  document.querySelectorAll("[data-live-indicator]").forEach((mark) => (mark.hidden = !connected));
}

function connect() {
  clearTimeout(timer);
  if (over || socket) return;
  const own = (socket = new WebSocket(address()));
  own.addEventListener("message", ({ data }) => own === socket && receive(JSON.parse(data)));
  own.addEventListener("close", ({ code }) => own === socket && closed(code));
}

function closed(code) {
  socket = null;
  indicate(false);
  if ([CODE.stale, CODE.foreign, CODE.factor].includes(code)) showStale();
  over ||= [CODE.signIn, CODE.foreign, CODE.stale, CODE.factor].includes(code);
  if (over) return;
  const pause = code === CODE.tooMany ? PAUSE.tooMany : Math.min(PAUSE.first * 2 ** failures++, PAUSE.longest);
  timer = setTimeout(connect, pause * (0.75 + Math.random() / 2)); // not all pages at the same moment
}

function showStale() {
  const notice = document.getElementById("stale");
  if (notice) notice.hidden = false;
}

function receive(frame) {
  if (frame.kind === "hello") {
    failures = 0;
    lastSeq ??= frame.seq;
    indicate(true);
  } else if (frame.kind === "reset") {
    lastSeq = null;
    startAnew();
  } else if (frame.seq !== undefined) {
    lastSeq = Math.max(lastSeq ?? 0, frame.seq);
  }
  document.dispatchEvent(new CustomEvent(`chenu:${frame.kind}`, { detail: frame }));
  document.querySelectorAll("[data-live-src]").forEach((region) => concerns(region, frame) && refresh(region));
}

// Too much was missed to tell it apart; what somebody is typing is worth more than the news.
function startAnew() {
  if (isTyping(document.body)) showStale();
  else location.reload();
}

// data-live-kinds: "message.created run.*"; data-live-id: only news that name this object.
function concerns({ dataset }, frame) {
  const kinds = (dataset.liveKinds ?? "").split(/\s+/);
  const family = frame.kind.replace(/\..*$/, ".*");
  if (!kinds.includes(frame.kind) && !kinds.includes(family)) return false;
  return !dataset.liveId || Object.values(frame).includes(dataset.liveId);
}

function isTyping(region) {
  const field = document.activeElement;
  return region.contains(field) && field.matches("input:not([type=checkbox], [type=radio]), textarea, [contenteditable]");
}

const states = new WeakMap(); // region → { wanted, due: timer, busy, waits }

function refresh(region) {
  const state = states.get(region) ?? {};
  states.set(region, state);
  state.wanted = true;
  if (!state.due && !state.busy) state.due = setTimeout(load, GATHER, region, state);
}

async function load(region, state) {
  state.due = 0;
  if (isTyping(region)) return afterTyping(region, state);
  state.busy = true;
  state.wanted = false;
  try {
    const answer = await fetch(source(region), { headers: { "HX-Request": "true", "X-Chenu-Live": "1" } });
    // A redirect is the sign-in page, a refusal a stale one: neither belongs into a region.
    if (answer.ok && !answer.redirected && answer.status !== 204) place(region, state, await answer.text());
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // unreachable: the next news or the reconnect tries again
  } finally {
    state.busy = false;
    if (state.wanted) refresh(region);
  }
}

function source(region) {
  const url = new URL(region.dataset.liveSrc, location.href);
  const last = [...region.querySelectorAll(":scope > [data-id]")].at(-1);
  if (region.dataset.liveMode === "append" && last) url.searchParams.set("after", last.dataset.id);
  return url;
}

function afterTyping(region, state) {
  if (state.waits) return;
  state.waits = true;
  region.addEventListener("focusout", () => ((state.waits = false), refresh(region)), { once: true });
}

function place(region, state, text) {
  const found = new DOMParser().parseFromString(text, "text/html").body;
  if (region.dataset.liveMode === "append") {
    region.append(...found.childNodes);
  } else if (isTyping(region)) {
    state.wanted = true; // begun while it was fetched
  } else {
    const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
    region.replaceChildren(...found.childNodes);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }
  window.htmx?.process(region);
}

export function startLive() {
  if (document.body.dataset.live !== "on") return;
  const start = Number.parseInt(document.body.dataset.liveSeq ?? "", 10);
  if (Number.isSafeInteger(start)) lastSeq = start;
  connect();
  addEventListener("online", connect);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && connect());
  // A page kept for “back” has missed an unknown part: its socket is closed, and asks again when it returns.
  addEventListener("pagehide", () => socket?.close());
  addEventListener("pageshow", (event) => event.persisted && connect());
}
