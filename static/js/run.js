// A run on the page: its words as they are written, its clock, one announcement for each step (design 4.5, C6).
import { fragment } from "./stream.js";

const LOOK_AGAIN = 5000; // ms: what no news tells, such as an engine that is not running
const STAY_AWAY = 4400; // codes from here on say that coming back is no use
const NBSP = "\u00a0";

let socket = null;
let refused = false;
let words = "";

const run = () => document.querySelector("[data-run]");
const atWork = () => run()?.querySelector("[data-run-at-work]");

function showWords() {
  const box = run()?.querySelector("[data-words-box]");
  if (!box) return;
  box.hidden = !words;
  box.querySelector("[data-words]").textContent = words;
}

function forgetWords({ detail }) {
  if (detail.run !== run()?.dataset.run) return;
  words = "";
  showWords();
}

function listen() {
  if (socket || refused || !atWork() || !document.body.dataset.epoch) return;
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const query = new URLSearchParams({ epoch: document.body.dataset.epoch });
  socket = new WebSocket(`${scheme}://${location.host}/ws/pipeline/${run().dataset.run}/?${query}`);
  socket.addEventListener("message", ({ data }) => {
    const frame = JSON.parse(data);
    if (frame.kind !== "llm.call.delta") return;
    words += frame.text;
    showWords();
  });
  socket.addEventListener("close", ({ code }) => {
    socket = null;
    refused = code >= STAY_AWAY;
  });
}

async function lookAgain() {
  const region = atWork()?.closest("[data-run-region]");
  if (!region) return socket?.close();
  listen();
  const told = socket?.readyState === WebSocket.OPEN && atWork().dataset.state === "running";
  if (told || document.hidden) return;
  const found = await fragment(region.dataset.liveSrc);
  if (!found) return;
  const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
  region.replaceChildren(...found.childNodes);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

const open = new Map(); // data-keep → is it open: a fresh card keeps what a person opened

function drawn() {
  const card = run();
  card.querySelectorAll("details[data-keep]").forEach((part) => (part.open = open.get(part.dataset.keep) ?? part.open));
  const say = card.querySelector("[data-run-say]")?.textContent ?? "";
  const voice = card.querySelector("[data-run-voice]");
  if (voice.dataset.said !== undefined && voice.dataset.said !== say) voice.textContent = say;
  voice.dataset.said = say;
  showWords();
  listen();
}

function tick() {
  const clock = run()?.querySelector("[data-run-since]");
  if (!clock) return;
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(clock.dataset.runSince)) / 1000));
  const parts = seconds < 60 ? [`${seconds}`, "s"] : [Math.floor(seconds / 60), "min", `${seconds % 60}`.padStart(2, "0"), "s"];
  clock.textContent = parts.join(NBSP);
}

export function startRun() {
  if (!run()) return;
  document.addEventListener("chenu:message.created", forgetWords);
  run().addEventListener("toggle", ({ target }) => open.set(target.dataset.keep, target.open), { capture: true });
  new MutationObserver(drawn).observe(run().querySelector("[data-run-region]"), { childList: true });
  drawn();
  setInterval(lookAgain, LOOK_AGAIN);
  setInterval(tick, 1000);
  addEventListener("pagehide", () => socket?.close());
}
