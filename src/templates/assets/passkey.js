// Asks the browser for a passkey, and sends its answer by the form. Without it, the form stays hidden.
const { browserSupportsWebAuthn, browserSupportsWebAuthnAutofill, startAuthentication, startRegistration } = SimpleWebAuthnBrowser

async function offer(form) {
  const optionsJSON = JSON.parse(form.dataset.options)
  const problem = form.querySelector('[data-problem]')
  const send = (answer) => {
    form.elements.credential.value = JSON.stringify(answer)
    HTMLFormElement.prototype.submit.call(form)
  }
  form.hidden = false
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    problem.hidden = true
    try {
      send(await (form.dataset.passkey === 'create' ? startRegistration : startAuthentication)({ optionsJSON }))
    } catch {
      problem.hidden = false
    }
  })
  if (form.dataset.passkey !== 'autofill' || !(await browserSupportsWebAuthnAutofill())) return
  // It ends without an answer when the button is pressed, or the password is sent.
  startAuthentication({ optionsJSON, useBrowserAutofill: true }).then(send, () => undefined)
}

if (browserSupportsWebAuthn()) for (const note of document.querySelectorAll('[data-without-passkeys]')) note.hidden = true
if (browserSupportsWebAuthn()) for (const form of document.querySelectorAll('form[data-passkey]')) offer(form)
