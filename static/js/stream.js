// The conversation of a thread: what is said elsewhere joins the open page, once (design 4.5).

/** The answer of one of our own addresses as a document's body; null when there is none to show. */
export async function fragment(address) {
  try {
    const answer = await fetch(address, { headers: { "HX-Request": "true" } });
    // A redirect is the sign-in page, a refusal a stale one: neither belongs into the page.
    if (!answer.ok || answer.redirected) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html").body;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // unreachable: the next look tries again
    return null;
  }
}

async function addMessages({ detail }) {
  const stream = document.querySelector("[data-stream][data-live]");
  if (!stream || stream.closest("[data-thread]").dataset.thread !== detail.thread) return;
  const last = [...stream.querySelectorAll("[data-message]")].at(-1)?.dataset.message;
  const found = await fragment(stream.dataset.stream + (last ? `?after=${last}` : ""));
  const fresh = [...(found?.querySelectorAll("[data-message]") ?? [])].filter(({ id }) => !document.getElementById(id));
  stream.append(...fresh);
  if (fresh.length) document.querySelector("[data-stream-empty]")?.remove();
}

export function startStream() {
  document.addEventListener("chenu:message.created", addMessages);
}
