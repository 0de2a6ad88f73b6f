// A refresh for somebody who came by a provider, and whom it was asked about a moment ago, asks the database no more than anybody's.
import t from 'tap'
import { HTTPS, VERIFIER } from '#test/support/authorization.ts'
import { comeIn } from '#test/support/people/provided-person.ts'

t.test('the provider costs a refresh no statement while the check is fresh, and one when it rested', async (t) => {
  const { connect, refresh, person, url, send, issuer, clientId, storage, pass, provider } = await comeIn(t)
  const { tokens } = await connect()
  const away = await person().authorize(url({ scope: 'openid offline_access' }))
  const form = { grant_type: 'authorization_code', code: away.searchParams.get('code')!, redirect_uri: HTTPS, client_id: clientId }
  const exchanged = await send(`${issuer}/token`, { method: 'POST', body: new URLSearchParams({ ...form, code_verifier: VERIFIER }) })
  const own = (await exchanged.json()) as { refresh_token: string }

  const calls: string[] = []
  for (const [name, store] of Object.entries(storage) as [string, Record<string, unknown>][]) {
    if (typeof store !== 'object' || store === null) continue
    for (const [method, run] of Object.entries(store)) {
      if (typeof run !== 'function') continue
      store[method] = (...given: unknown[]) => {
        calls.push(`${name}.${method}`)
        return (run as (...given: unknown[]) => unknown).apply(store, given)
      }
    }
  }
  const callsOf = async (token: string) => {
    calls.length = 0
    const { status, refresh_token: next } = await refresh(token)
    t.equal(status, 200)
    return { next, calls: calls.slice().sort() }
  }
  const local = await callsOf(own.refresh_token)
  const provided = await callsOf(tokens.refresh_token)
  t.ok(local.calls.length >= 2, `${local.calls.join(', ')}`)
  t.strictSame(provided.calls, local.calls)
  const asked = provider.requests.length
  await pass(60 * 60_000)
  const rested = await callsOf(provided.next)
  t.ok(rested.calls.includes('identityChecks.touch'))
  t.notOk(provided.calls.includes('identityChecks.touch'))
  t.equal(provider.requests.length > asked, true)
})
