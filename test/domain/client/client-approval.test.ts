import t from 'tap'
import { admitClient, checkGrantType, denialAt, deniedClient, unauthorizedClient } from '#src/domain/client/client-approval.ts'
import type { ClientPolicy } from '#src/domain/client/client-approval.ts'
import type { Client } from '#src/domain/client/client.ts'
import { sampleClient, sampleMetadata } from '#test/support/records.ts'

const VENDOR = 'https://vscode.dev/redirect'
const OTHER = 'https://client.example/callback'
const LOOPBACK = 'http://127.0.0.1:33418/'
const CUSTOM = 'cursor://anysphere.cursor-mcp/oauth/callback'

const APPROVALS = [undefined, 'waiting', 'approved', 'refused'] as const
const made = (redirectUris: readonly string[], changes: object = {}): Client =>
  ({ ...sampleClient({ metadata: sampleMetadata({ redirectUris }) }), ...changes }) as Client
const documented = (id: string, redirectUris: readonly string[]) => made(redirectUris, { id, origin: 'document' })

/** What of a client may come: everything, nothing, or these redirect URIs. */
function admitted(client: Client, policy: ClientPolicy): unknown {
  const result = admitClient(client, policy)
  if (!result.ok) return result.error
  t.equal(result.value.id, client.id)
  return result.value.limits?.redirectUris ?? 'all'
}

t.test('with open, everybody comes whom nobody refused', async (t) => {
  for (const approval of APPROVALS)
    for (const uri of [VENDOR, OTHER, LOOPBACK, CUSTOM])
      t.equal(admitted(made([uri], { approval }), { clients: 'open' }), approval === 'refused' ? 'refused' : 'all')
})

t.test('with known, only what proves who receives the answer, and what is listed', async (t) => {
  const known: ClientPolicy = { clients: 'known' }
  for (const approval of ['waiting', 'approved', undefined] as const) {
    t.strictSame(admitted(made([VENDOR], { approval }), known), [VENDOR])
    for (const uri of [OTHER, LOOPBACK, CUSTOM]) t.equal(admitted(made([uri], { approval }), known), 'unlisted', uri)
    t.strictSame(admitted(made([LOOPBACK, VENDOR, CUSTOM, OTHER], { approval }), known), [VENDOR], 'of several, those that prove it')
  }
  t.equal(admitted(made([], { approval: 'approved' }), known), 'unlisted', 'nor one without any')
  t.equal(admitted(made([OTHER], { origin: 'operator' }), known), 'all', 'an operator made it')
  t.equal(admitted(made([VENDOR], { approval: 'refused' }), { clients: 'known', knownClients: [VENDOR] }), 'refused')
})

t.test('a document of a vendor vouches for its https addresses, and for nothing on this computer', async (t) => {
  const known: ClientPolicy = { clients: 'known' }
  const id = 'https://chatgpt.com/oauth/client.json'
  t.strictSame(admitted(documented(id, ['https://chatgpt.com/new/callback', LOOPBACK, 'https://localhost/x']), known), [
    'https://chatgpt.com/new/callback',
  ])
  t.equal(admitted(documented(`${id}5`, ['https://chatgpt.com/new/callback']), known), 'unlisted')
  t.equal(admitted(made(['https://chatgpt.com/new/callback'], { id }), known), 'unlisted', 'an id alone is no document')
})

t.test('KNOWN_CLIENTS lets in a client by its id as a whole, and by a redirect URI for that alone', async (t) => {
  const policy = (...knownClients: string[]): ClientPolicy => ({ clients: 'known', knownClients })
  t.equal(admitted(made([LOOPBACK], { id: 'client_1' }), policy('client_1')), 'all')
  const id = 'https://claude.ai/oauth/claude-code-client-metadata'
  t.equal(admitted(documented(id, ['http://localhost/callback']), policy(id)), 'all')
  t.strictSame(admitted(made([LOOPBACK, CUSTOM]), policy('http://127.0.0.1/')), [LOOPBACK])
  t.strictSame(admitted(made([LOOPBACK, CUSTOM]), policy(CUSTOM)), [CUSTOM])
  t.strictSame(admitted(made(['https://client.example/a/cb', OTHER]), policy('https://client.example/{id}/cb')), [
    'https://client.example/a/cb',
  ])
})

t.test('with approve, others come once an operator has approved them', async (t) => {
  const approve: ClientPolicy = { clients: 'approve', knownClients: [CUSTOM] }
  for (const approval of [undefined, 'waiting'] as const) {
    for (const uri of [OTHER, LOOPBACK]) t.equal(admitted(made([uri], { approval }), approve), 'waiting', uri)
    t.strictSame(admitted(made([LOOPBACK, CUSTOM, VENDOR], { approval }), approve), [CUSTOM, VENDOR])
  }
  for (const uri of [OTHER, LOOPBACK]) {
    t.equal(admitted(made([uri], { approval: 'approved' }), approve), 'all')
    t.equal(admitted(made([uri], { approval: 'refused' }), approve), 'refused')
  }
  t.equal(admitted(made([VENDOR], { approval: 'refused' }), approve), 'refused', 'of a vendor, too')
})

t.test('one that comes with some answers only has no others, and no grant without an address', async (t) => {
  for (const [clients, others] of [
    ['known', 'unlisted'],
    ['approve', 'waiting'],
  ] as const) {
    const grantTypes = [
      'authorization_code',
      'refresh_token',
      'client_credentials',
      'urn:ietf:params:oauth:grant-type:device_code',
    ] as const
    const result = admitClient({ ...made([]), metadata: sampleMetadata({ redirectUris: [LOOPBACK, VENDOR], grantTypes }) }, { clients })
    if (!result.ok) throw new Error(result.error)
    const client = result.value
    t.equal(denialAt(client, VENDOR), undefined)
    for (const uri of [LOOPBACK, `${VENDOR}/`, '']) t.equal(denialAt(client, uri), others, uri)
    for (const type of grantTypes.slice(0, 2)) t.ok(checkGrantType(client, type).ok, type)
    for (const type of grantTypes.slice(2))
      t.match(checkGrantType(client, type), { error: { code: 'unauthorized_client', denial: `app ${others}` } }, type)
  }
  const whole = made([LOOPBACK])
  t.equal(denialAt(whole, ''), undefined)
  t.match(checkGrantType(whole, 'client_credentials'), {
    error: { description: 'this client did not register the grant type client_credentials' },
  })
})

t.test('the errors name the app, and what people read', async (t) => {
  const client = made([OTHER], { id: 'client_comet' })
  for (const denial of ['waiting', 'unlisted', 'refused'] as const) {
    t.match(deniedClient(client, denial), { code: 'access_denied', description: /client_comet/, page: { cause: denial }, status: 400 })
    t.match(unauthorizedClient(client, denial), { code: 'unauthorized_client', description: /client_comet/, status: 400 })
  }
})
