/** Helen, who came by a provider, with a browser and an app: who loses what, and when, by a clock that the test moves. */
import { HTTPS, VERIFIER } from '../authorization.ts'
import { startProviderFlow } from '../providers/provider-flow.ts'

const MINUTE = 60_000
export const HELEN = { sub: 'helen', email: 'helen@acme.example', email_verified: true, preferred_username: 'helen' }

/** Helen has come by the provider, and an app acts for her. */
export async function comeIn(t: Parameters<typeof startProviderFlow>[0], env: Record<string, string> = {}) {
  const flow = await startProviderFlow(t, { ADMIT: '@acme.example', ...env })
  const { person, comeBy, send, issuer, clientId, app, clock, storage, url } = flow
  const ask = async (form: Record<string, string>) => {
    const response = await send(`${issuer}/token`, { method: 'POST', body: new URLSearchParams({ client_id: clientId, ...form }) })
    return { status: response.status, ...((await response.json()) as { access_token: string; refresh_token: string; expires_in: number }) }
  }
  const connect = async (browser = person()) => {
    const page = await comeBy(browser, HELEN, url({ scope: 'openid offline_access', prompt: 'consent' }))
    const { away } = await browser.submit(page, { decision: 'allow' })
    const code = away!.searchParams.get('code')!
    return { browser, tokens: await ask({ grant_type: 'authorization_code', code, redirect_uri: HTTPS, code_verifier: VERIFIER }) }
  }
  const refresh = (token: string) => ask({ grant_type: 'refresh_token', refresh_token: token })
  const helen = async () => (await storage.users.list()).find(({ origin }) => origin === 'provider')!
  const events = async () => (await storage.auditEvents.list({ since: 0, limit: 50 })).filter(({ name }) => name === 'identity.failed')
  /** The job, as often as it looks while the time passes. */
  const pass = async (ms: number, step = MINUTE) => {
    for (const end = clock.now + ms; clock.now < end;) {
      clock.now = Math.min(end, clock.now + step)
      while ((await app.checkIdentities()) > 0);
    }
  }
  return { ...flow, connect, refresh, helen, events, pass }
}
