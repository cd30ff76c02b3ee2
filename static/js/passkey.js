// A passkey is made or shown: the browser speaks with the device, the form carries its answer.
const able = Boolean(window.PublicKeyCredential?.parseRequestOptionsFromJSON) && window.isSecureContext
  && !/^[\d.]+$|^\[/.test(location.hostname);

const options = async (form) => {
  if (form.dataset.passkeyUrl) {
    const answer = await fetch(form.dataset.passkeyUrl, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`no options: ${answer.status}`);
    return (await answer.json()).request_options.publicKey;
  }
  return JSON.parse(document.getElementById("passkey-options").textContent).publicKey;
};

const ask = async (form) => {
  const asked = await options(form);
  if (form.dataset.passkey === "create") {
    return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked) });
  }
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) });
};

for (const form of document.querySelectorAll("[data-passkey]")) {
  const go = form.querySelector("[data-passkey-go]");
  const failed = form.querySelector("[data-passkey-failed]");
  if (!able) { go.disabled = true; continue; }
  form.hidden = false;
  document.querySelector("[data-passkey-else]")?.classList.remove("btn--primary", "btn--lg");
  go.addEventListener("click", async () => {
    go.disabled = true;
    failed.hidden = true;
    try {
      form.elements.credential.value = JSON.stringify((await ask(form)).toJSON());
      form.submit();
    } catch {      // cancelled, timed out, or no such key: the browser does not say which
      failed.hidden = false;
      go.disabled = false;
    }
  });
}
