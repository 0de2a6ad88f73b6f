// threat-model.md T5: an answer to the user's own machine, by https as well, may reach any program there.
import t from 'tap'
import { answerOf, pageOf, startFlow, textOf, whereabouts } from '#test/support/authorization.ts'
import { ADMIN } from '#test/support/app.ts'

t.test('T5: a consent for https on a host of this machine is asked each time, with the warning for programs', async (t) => {
  for (const uri of ['https://localhost:9443/cb', 'https://app.localhost/cb', 'https://127.0.0.1:9443/cb', 'https://[::1]/cb']) {
    const flow = await startFlow(t)
    const client_id = await flow.register({ redirect_uris: [uri] })
    const person = flow.person()
    const asked = flow.url({ client_id, redirect_uri: uri })
    const page = pageOf(await person.submit(pageOf(await person.open(asked)), ADMIN))
    t.match(textOf(page.html), /program on/i, uri)
    t.ok(answerOf(await person.submit(page, { decision: 'allow' }))['code'])
    t.match(answerOf(await person.open(flow.url({ client_id, redirect_uri: uri, prompt: 'none' }))), { error: 'consent_required' }, uri)
    t.equal(whereabouts(await person.open(asked)), 'consent')
  }
})

t.test('T1, T4: no client registers a scheme of the system, or a query that looks like an answer', async (t) => {
  const flow = await startFlow(t)
  const register = async (redirect_uri: string) => {
    const response = await flow.app.inject({ method: 'POST', url: '/register', payload: { redirect_uris: [redirect_uri] } })
    return [response.statusCode, response.json<{ error?: string }>().error] as const
  }
  const refused = ['ms-msdt:/id', 'search-ms:q', 'mailto:', 'tel:', 'intent://x', 'chrome://settings', 'https://a/cb?code[]=1']
  for (const uri of refused) t.strictSame(await register(uri), [400, 'invalid_redirect_uri'], uri)
  for (const uri of ['cursor://anysphere.cursor-mcp/oauth/callback', 'https://a/cb?tenant[]=1'])
    t.strictSame(await register(uri), [201, undefined], uri)
})
