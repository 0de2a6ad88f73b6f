// Passkeys in a real browser, with its own authenticator (Web Authentication; threat-model.md T23).
import t from 'tap'
import type { CDPSession, Page } from 'playwright-core'
import { listen } from '#test/support/app.ts'
import { authorizeUrl, registerClient } from '#test/support/authorization.ts'
import { launch, logIn, openTab, withoutChromium } from '#test/support/processes/chromium.ts'

const AUTHENTICATOR = {
  protocol: 'ctap2',
  transport: 'internal',
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
} as const

const at = (page: Page, name: string) => page.locator(`body.page-${name}`).waitFor()

interface Credential {
  readonly credentialId: string
  readonly isResidentCredential: boolean
  readonly privateKey: string
  readonly signCount: number
  readonly rpId?: string
  readonly userHandle?: string
}

/** Gives a window an authenticator, which answers at once as long as its owner is there. */
async function withAuthenticator(cdp: CDPSession) {
  await cdp.send('WebAuthn.enable', { enableUI: false })
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: AUTHENTICATOR })
  return {
    setPresent: (enabled: boolean) => cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled }),
    async credential(): Promise<Credential> {
      const [credential] = (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials
      return credential!
    },
    add: (credential: Credential) => cdp.send('WebAuthn.addCredential', { authenticatorId, credential }),
    async replace(changes: { userHandle?: string; signCount?: number }) {
      const credential = await this.credential()
      await cdp.send('WebAuthn.removeCredential', { authenticatorId, credentialId: credential.credentialId })
      await cdp.send('WebAuthn.addCredential', { authenticatorId, credential: { ...credential, ...changes } })
      return credential
    },
  }
}

t.test('a passkey in Chromium', { skip: withoutChromium }, async (t) => {
  const { issuer, storage } = await listen(t, { RATE_LIMIT_LOGIN: 'off' })
  const browser = await launch(t)
  const { page, context, complaints } = await openTab(browser)
  const url = authorizeUrl(issuer, await registerClient(fetch, issuer))
  const authenticator = await withAuthenticator(await context.newCDPSession(page))
  const leave = () => context.clearCookies({ name: 'solar-session' })
  /** Posts a form as the page would; the status of the answer. */
  const post = (body: string) =>
    page.evaluate<number>(`fetch(${JSON.stringify(`${issuer}/login/passkey`)}, {
      method: 'POST',
      body: ${JSON.stringify(body)},
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }).then(({ status }) => status)`)
  const names = async () => (await storage.auditEvents.list({ since: 0, limit: 50 })).map(({ name }) => name)

  await t.test('is set up on the account page, with recovery codes', async (t) => {
    await page.goto(`${issuer}/account/factors/set-up`)
    await logIn(page)
    await at(page, 'factor-set-up')
    t.equal(await page.locator('[data-problem]').isVisible(), false, 'nothing went wrong yet')
    await page.getByLabel('Name, such as the device').fill('Laptop')
    await page.getByRole('button', { name: 'Create a passkey' }).click()
    await at(page, 'recovery-codes')
    t.equal(await page.locator('.recovery-codes li').count(), 10)
    await page.goto(`${issuer}/account/factors`)
    t.equal(await page.getByText('Laptop').first().isVisible(), true)
    t.match(await authenticator.credential(), { rpId: 'localhost', isResidentCredential: true })
  })

  await t.test('logs its owner in by autofill, before anything is typed or pressed', async () => {
    await leave()
    await page.goto(url)
    await at(page, 'consent')
  })

  await t.test('logs its owner in by the button, where the browser has no such autofill', async () => {
    await leave()
    const plain = await context.newPage()
    await plain.addInitScript('PublicKeyCredential.isConditionalMediationAvailable = undefined')
    const { add } = await withAuthenticator(await context.newCDPSession(plain))
    await add(await authenticator.credential())
    await plain.goto(url)
    await plain.getByRole('button', { name: /passkey/i }).click()
    await at(plain, 'consent')
    await plain.close()
    // The other window's authenticator has counted one signature less.
    await authenticator.replace({ signCount: 100 })
  })

  await t.test('is the second factor after a password', async () => {
    await leave()
    await authenticator.setPresent(false)
    await page.goto(url)
    await logIn(page)
    await at(page, 'second-factor')
    await authenticator.setPresent(true)
    await page.getByRole('button', { name: /passkey/i }).click()
    await at(page, 'consent')
  })

  await t.test('answers a challenge once', async (t) => {
    await leave()
    const posted = page.waitForRequest((request) => request.url().endsWith('/login/passkey'))
    await page.goto(url)
    const body = (await posted).postData()
    await at(page, 'consent')
    await leave()
    await page.goto(`${issuer}/healthz`)
    const again = await post(body!)
    t.equal(again, 403)
  })

  await t.test('says nothing to another origin that counts here, and nothing at all for another host', async (t) => {
    const other = await listen(t)
    await leave()
    await authenticator.setPresent(false)
    await page.goto(url)
    const options = (await page.locator('form[data-passkey]').getAttribute('data-options'))!
    const transaction = (await page.locator('form[data-passkey] [name=transaction]').getAttribute('value'))!
    await page.goto(`${other.issuer}/healthz`)
    await authenticator.setPresent(true)
    const { challenge } = JSON.parse(options) as { challenge: string }
    const ask = (rpId: string) =>
      page.evaluate<string>(`(async () => {
        const challenge = Uint8Array.from(atob(${JSON.stringify(Buffer.from(challenge, 'base64url').toString('base64'))}), (each) => each.charCodeAt(0))
        const publicKey = { challenge, rpId: ${JSON.stringify(rpId)}, userVerification: 'required' }
        return navigator.credentials.get({ publicKey }).then(JSON.stringify, (error) => error.name)
      })()`)
    t.equal(await ask('example.com'), 'SecurityError')
    const credential = await ask('localhost')
    t.match(JSON.parse(credential), { type: 'public-key' }, 'the host of both is the same')
    await page.goto(`${issuer}/healthz`)
    const status = await post(new URLSearchParams({ transaction, credential }).toString())
    t.equal(status, 403)
  })

  /** What the server says to what autofill sends, in a window of its own. */
  const tryAutofill = async (lie: Partial<Credential> = {}): Promise<number> => {
    await leave()
    const tab = await context.newPage()
    const { add } = await withAuthenticator(await context.newCDPSession(tab))
    await add({ ...(await authenticator.credential()), ...lie })
    const answered = tab.waitForResponse((response) => response.url().endsWith('/login/passkey'))
    await tab.goto(url, { waitUntil: 'commit' })
    return (await answered).status() // the window stays as it is until the browser ends
  }

  await t.test('of which there is a copy is refused, and the operator learns of it', async (t) => {
    const { credentialId } = await authenticator.credential()
    const id = Buffer.from(credentialId, 'base64').toString('base64url')
    t.ok(await storage.factors.usePasskey(id, { counter: 1000, backedUp: false }, Date.now()), 'the copy was used meanwhile')
    t.equal(await tryAutofill(), 403)
    t.ok((await names()).includes('passkey.copied'))
    t.equal(await tryAutofill({ signCount: 2000 }), 303, 'one that is ahead counts')
  })

  await t.test('that names somebody else as its owner is refused', async (t) => {
    const userHandle = Buffer.from('the id of somebody else').toString('base64')
    t.equal(await tryAutofill({ userHandle, signCount: 3000 }), 403)
    t.equal(await tryAutofill({ signCount: 4000 }), 303, 'the same key under its own name counts')
  })

  t.strictSame(
    complaints.filter((text) => !/status of 40[03]/.test(text)),
    [],
  )
})
