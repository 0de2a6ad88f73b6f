// T28: an app that passes for one that may come: by its name, its addresses, or an approval that was meant for something else.
import t from 'tap'
import { approveClient } from '#src/operations/clients/client-approval.ts'
import { problemOf, setScene, valueOf } from '#test/operations/scene.ts'
import { startFlow } from '#test/support/authorization.ts'

const EVIL = 'https://evil.example/callback'
const VENDOR = 'https://chatgpt.com/connector/oauth/a'

type Flow = Awaited<ReturnType<typeof startFlow>>

/** What becomes of a request: a login, or an error. */
async function outcome(
  { app, issuer, url }: Flow,
  client_id: string,
  redirect_uri: string,
  more: Record<string, string> = {},
): Promise<string> {
  const asked = url({ client_id, redirect_uri, ...more }).slice(issuer.length)
  const answer = await app.inject({ url: asked, headers: { accept: 'application/json' } })
  return answer.statusCode === 200 ? 'login' : answer.json<{ error: string }>().error
}

t.test('neither a vendor’s name nor an address that looks like a vendor’s lets an app in', async (t) => {
  const flow = await startFlow(t, { CLIENTS: 'known' })
  const uris = [
    'http://localhost/callback',
    'chatgpt://callback',
    'https://chatgpt.com.evil.example/connector/oauth/a',
    'https://chatgpt.com/connector/oauth/../../evil',
    'https://chatgpt.com/connector/oauth/%2e%2e',
    'https://chatgpt.com/connector/oauth/a?to=https://evil.example',
    'https://vscode.dev/redirect?url=https://evil.example',
  ]
  const evil = await flow.register({ client_name: 'ChatGPT', client_uri: 'https://chatgpt.com', redirect_uris: uris })
  for (const uri of uris) t.equal(await outcome(flow, evil, uri), 'access_denied', uri)
  const both = await flow.register({ client_name: 'ChatGPT', redirect_uris: [EVIL, VENDOR] })
  t.strictSame([await outcome(flow, both, VENDOR), await outcome(flow, both, EVIL)], ['login', 'access_denied'])
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const request = `${part({ alg: 'none' })}.${part({ client_id: both, response_type: 'code', redirect_uri: EVIL })}.`
  t.equal(await outcome(flow, both, VENDOR, { request }), 'access_denied', 'the address within a request object counts')
})

t.test('an approval is for what the operator saw: not for a change before it, in the same moment, or after it', async (t) => {
  const flow = await startFlow(t, { CLIENTS: 'approve' })
  const { context } = setScene(flow.storage)
  const registered = await flow.app.inject({
    method: 'POST',
    url: '/register',
    payload: { client_name: 'Honest', redirect_uris: ['https://honest.example/'] },
  })
  const { client_id: id, registration_access_token: first } = registered.json<{ client_id: string; registration_access_token: string }>()
  let token = first
  const become = async (redirect_uri: string) => {
    const update = { client_id: id, client_name: 'Honest', redirect_uris: [redirect_uri] }
    const headers = { authorization: `Bearer ${token}` }
    const answer = await flow.app.inject({ method: 'PUT', url: `/register/${id}`, headers, payload: update })
    ;({ registration_access_token: token } = answer.json<{ registration_access_token: string }>())
    return answer.statusCode
  }
  const seen = (await flow.storage.clients.find(id))!
  t.equal(await become(EVIL), 200)
  t.match(problemOf(await approveClient(context, seen)), { kind: 'conflict' })
  t.equal(await outcome(flow, id, EVIL), 'access_denied')
  t.equal(await become('https://honest.example/'), 200)
  valueOf(await approveClient(context, (await flow.storage.clients.find(id))!))
  t.equal(await outcome(flow, id, 'https://honest.example/'), 'login')
  t.equal(await become(EVIL), 200)
  t.strictSame([await outcome(flow, id, EVIL), (await flow.storage.clients.find(id))!.approval], ['access_denied', 'waiting'])
})
