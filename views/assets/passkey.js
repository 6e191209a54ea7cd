// Asks the browser for a passkey, or for a new one, and sends its answer with the form in which the button stands.
(() => {
  const { browserSupportsWebAuthn, startAuthentication, startRegistration } = SimpleWebAuthnBrowser;
  const start = { get: startAuthentication, create: startRegistration };

  function ask(form, button) {
    const failed = form.querySelector('[data-passkey-failed]');
    const optionsJSON = JSON.parse(form.dataset.passkeyOptions);
    button.disabled = true;
    failed.hidden = true;
    start[form.dataset.passkey]({ optionsJSON })
      .then((answer) => {
        form.elements.passkey.value = JSON.stringify(answer);
        form.submit();
      })
      .catch(() => {
        // Cancelled, timed out, or no passkey here: the person may try again, or go another way.
        failed.hidden = false;
        button.disabled = false;
      });
  }

  for (const form of document.querySelectorAll('form[data-passkey]')) {
    const button = form.querySelector('[data-passkey-button]');
    const needsScripts = form.querySelector('[data-passkey-without-scripts]');
    if (needsScripts) needsScripts.hidden = true;
    if (!browserSupportsWebAuthn()) {
      form.querySelector('[data-passkey-unsupported]').hidden = false;
      continue;
    }
    button.hidden = false;
    button.addEventListener('click', (event) => {
      event.preventDefault();
      // What else the form asks for must be there; a code need not, as the passkey stands for it.
      const fields = [...form.elements].filter((field) => field.name !== 'code');
      if (fields.every((field) => field.reportValidity())) ask(form, button);
    });
  }
})();
