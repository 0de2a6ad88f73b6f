import t from 'tap'
import type { Client } from '#src/domain/client/client.ts'
import { sampleClient, sampleMetadata } from '#test/support/records.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { addGrant, addUser, makeClient, makeEvent } from '#test/storage/conformance/records.ts'
import { openTerminal } from './terminal/terminal.ts'
import type { Terminal } from './terminal/terminal.ts'

const CALLBACK = 'https://client.example/callback'

/** What `client add` printed, line by line. */
const linesOf = (output: string) =>
  Object.fromEntries(
    output
      .trim()
      .split('\n')
      .map((line) => line.split(': ') as [string, string]),
  )

async function add(
  { pipe }: Terminal,
  words = `--redirect-uri ${CALLBACK} --name Comet --confidential`,
): Promise<{ id: string; secret: string }> {
  const { code, output, errors } = await pipe(`client add ${words}`)
  if (code !== 0) throw new Error(errors)
  const { client_id: id = '', client_secret: secret = '' } = linesOf(output)
  return { id, secret }
}

const find = ({ look }: Terminal, id: string) => look(({ clients }) => clients.find(id))

/** Clients as they register, a millisecond apart. */
const insert = ({ look }: Terminal, clients: readonly Partial<Client>[]) =>
  look(async (storage) => {
    for (const [age, changes] of clients.entries())
      await storage.clients.insert(makeClient({ createdAt: Date.UTC(2026, 0, 1) + age, ...changes }))
  })

t.test('an operator makes a client by the rules of registration, and reads its secret once', async (t) => {
  const terminal = openTerminal(t)
  const { code, output, errors } = await terminal.pipe(
    `client add --redirect-uri ${CALLBACK} --redirect-uri cursor://cb --name "Co\u202emet" --scope "openid email" --confidential`,
  )
  t.match({ code, errors }, { code: 0, errors: /^The secret is shown only once\./ })
  const { client_id = '', client_secret = '' } = linesOf(output)
  t.match([client_id, client_secret], [/^client_[\w-]{22}$/, /^[\w-]{43}$/])
  t.match(await find(terminal, client_id), {
    origin: 'operator',
    secretHash: sha256(client_secret),
    metadata: {
      redirectUris: [CALLBACK, 'cursor://cb'],
      tokenEndpointAuthMethod: 'client_secret_basic',
      scopes: ['openid', 'email'],
      display: { client_name: 'Comet' },
    },
  })
  t.match(await terminal.look(({ auditEvents }) => auditEvents.list({ since: 0, limit: 9 })), [
    { name: 'client.registered', actor: 'operator', clientId: client_id },
  ])
})

t.test('a client that is not confidential has no secret; programs read JSON', async (t) => {
  const terminal = openTerminal(t)
  const { output, errors } = await terminal.pipe(`client add --redirect-uri ${CALLBACK} --json`)
  t.equal(errors, '')
  const made = JSON.parse(output) as { client_id: string }
  t.match(made, { token_endpoint_auth_method: 'none', redirect_uris: [CALLBACK], grant_types: ['authorization_code', 'refresh_token'] })
  t.notOk('client_secret' in made)
  t.match(await find(terminal, made.client_id), { secretHash: undefined })
})

t.test('an operator makes a client that acts for itself, without a redirect URI', async (t) => {
  const terminal = openTerminal(t)
  const { output } = await terminal.pipe('client add --grant-type client_credentials --confidential --json')
  t.match(JSON.parse(output), { grant_types: ['client_credentials'], redirect_uris: [], response_types: [], client_secret: /./ })
  t.match(await terminal.pipe('client add --grant-type client_credentials'), { code: 1, errors: /^grant_types must include/ })
})

t.test('an operator who asks for what cannot be reads one sentence, and nothing changes', async (t) => {
  const terminal = openTerminal(t)
  const { id: open } = await add(terminal, `--redirect-uri ${CALLBACK}`)
  for (const [words, sentence] of [
    ['client add', /^redirect_uris is required and must be a non-empty array of strings\.\n$/],
    ['client add --redirect-uri javascript:alert(1)', /^redirect_uris: javascript:alert\(1\) must not use the scheme javascript\.\n$/],
    ['client list --limit 0', /^--limit must be a whole number from 1 to 1000, but is "0"\.\n$/],
    ['client list --limit 1001', /^--limit must be/],
    ['client list --after nobody', /^There is no client nobody\. List them with: solar client list\n$/],
    ['client show nobody', /^There is no client nobody/],
    ['client disable nobody', /^There is no client nobody/],
    [`client enable ${open}`, /^client_[\w-]+ is not disabled\.\n$/],
    [`client delete ${open}`, /^There is no terminal to ask for confirmation in: add --yes\.\n$/],
    [`client rotate-secret ${open}`, /^client_[\w-]+ has no secret\.\n$/],
    [`client rotate-secret ${open} --overlap 31d`, /^--overlap must be a duration from 0s to 30d, but is "31d"\.\n$/],
    [`client rotate-secret ${open} --overlap soon`, /^--overlap must be a duration/],
  ] as const) {
    const { code, output, errors } = await terminal.pipe(words)
    t.match({ code, output }, { code: 1, output: '' }, words)
    t.match(errors, sentence)
  }
  t.equal(await terminal.look(({ clients }) => clients.count()), 1)
})

t.test('a list is read page by page, the newest client first, as a table or as JSON', async (t) => {
  const terminal = openTerminal(t)
  t.match(await terminal.pipe('client list'), { code: 0, output: 'There is no such client.\n' })
  t.same(JSON.parse((await terminal.pipe('client list --json')).output), [])
  const metadata = makeClient().metadata
  await insert(terminal, [
    {
      id: 'one',
      metadata: { ...metadata, display: {}, redirectUris: ['http://localhost:1/', 'https://a.example/', 'app:/cb', 'https://a.example/2'] },
    },
    { id: 'two', metadata: { ...metadata, display: { client_name: 'ChatGPT' } }, lastUsedAt: Date.UTC(2026, 1, 3) },
    { id: 'https://c.example/client', origin: 'document', disabledAt: 1 },
  ])
  const { output: table, errors } = await terminal.pipe('client list')
  t.equal(errors, '')
  t.match(table, /│ https:\/\/c\.example\/client │ An app +│ app\.example\.com +│ by its document +│ disabled +│ 2026-01-01 │/u)
  t.match(table, /│ two +│ ChatGPT │ app\.example\.com +│ registered itself │ used 2026-02-03 │/u)
  t.match(table, /│ one +│ +│ localhost:1 +│ registered itself │ never allowed +│/u)
  t.match(table, /│ and 1 more +│/u)
  t.ok(table.indexOf('│ two') < table.indexOf('│ one'), 'the newest first')
  t.notMatch(table, '\x1b', 'no colours')

  const page = await terminal.pipe('client list --limit 2 --json')
  t.match(JSON.parse(page.output), [
    { client_id: 'https://c.example/client' },
    { client_id: 'two', client_name: 'ChatGPT', has_secret: true, disabled: false, created_at: '2026-01-01T00:00:00.001Z' },
  ])
  t.equal(page.errors, 'There are more: add --after two\n')
  t.match(await terminal.pipe('client list --limit 2 --after two --json'), { output: /"one"/, errors: '' })
  t.match(JSON.parse((await terminal.pipe('client list --search chatgpt --json')).output), [{ client_id: 'two' }])
  t.notMatch(table + page.output, /hash of a secret/)
})

t.test('an operator sees all about a client, and how many grants live', async (t) => {
  const terminal = openTerminal(t)
  const { id } = await add(terminal)
  await terminal.look(async (storage) => {
    const client = (await storage.clients.find(id))!
    await addGrant(storage, { client, user: await addUser(storage), grant: { expiresAt: Date.now() + 60_000 } })
    await addGrant(storage, { client, grant: { expiresAt: 1 } })
  })
  const { output: sheet } = await terminal.pipe(`client show ${id}`)
  for (const line of [
    /│ client_id +│ client_/u,
    /│ client_name +│ Comet +│/u,
    /│ grant_types +│ authorization_code +│/u,
    /│ origin +│ made by an operator +│/u,
    /│ live_grants +│ 1 +│/u,
  ])
    t.match(sheet, line)
  const json = (await terminal.pipe(`client show ${id} --json`)).output
  t.match(JSON.parse(json), {
    client_id: id,
    client_name: 'Comet',
    live_grants: 1,
    origin: 'operator',
    has_secret: true,
    authorized_at: String,
    last_used_at: String,
  })
  t.notMatch(sheet + json, /secret_?hash/i)
  await insert(terminal, [{ id: 'keys', metadata: { ...makeClient().metadata, jwks: { keys: [{ kty: 'EC', x: 'AA' }] } } }])
  t.match((await terminal.pipe('client show keys')).output, /"kty": "EC"/)
  await insert(terminal, [
    {
      id: 'bounded',
      policy: { redirectHosts: ['client.example'] },
      metadata: { ...makeClient().metadata, jwks: { keys: [{ kty: 'EC', kid: '\u009b2J\u202e' }] } },
    },
  ])
  const { output: bounded } = await terminal.pipe('client show bounded')
  t.match(bounded, /"redirect_hosts": \[/, 'what it may register, although the token is gone')
  t.notMatch(bounded, /[\u0080-\u009f\u202e]/, 'nothing that moves the cursor')
})

t.test('a disabled client loses its grants, and can be enabled again', async (t) => {
  const terminal = openTerminal(t)
  const { id } = await add(terminal)
  const { grant } = await terminal.look(async (storage) =>
    addGrant(storage, { client: (await storage.clients.find(id))!, grant: { expiresAt: Date.now() + 60_000 } }),
  )
  t.match(await terminal.pipe(`client disable ${id}`), {
    code: 0,
    output: /is disabled: it gets no more tokens, and its grants have ended\.\n$/,
    errors: '',
  })
  t.equal(await terminal.look(({ grants }) => grants.findLive(grant.id, 'jti', Date.now())), undefined)
  t.match(await terminal.pipe(`client disable ${id}`), { code: 1, errors: `${id} is already disabled.\n` })
  t.match(await terminal.pipe(`client enable ${id}`), { code: 0, output: /can be used again/ })
  t.match(await find(terminal, id), { disabledAt: undefined })
  const events = await terminal.look(({ auditEvents }) => auditEvents.list({ clientId: id, since: 0, limit: 9 }))
  t.same(events.map(({ name }) => name).sort(), ['client.disabled', 'client.enabled', 'client.registered'])
})

t.test('an operator who types the id deletes the client; another answer changes nothing', async (t) => {
  const terminal = openTerminal(t)
  const { id } = await add(terminal)
  const wrong = await terminal.type(`client delete ${id}`, [['Type its id', 'Comet\r']])
  t.match(wrong, { code: 1, errors: /The id does not match; nothing was changed\.\n$/ })
  t.match(await terminal.type(`client delete ${id}`, [['Type its id', `${id}\r`]]), {
    code: 0,
    output: `${id} is deleted, with everything that users allowed it.\n`,
  })
  t.equal(await find(terminal, id), undefined)
  const { id: other } = await add(terminal)
  t.match(await terminal.pipe(`client delete ${other} --yes`), { code: 0 })
  await insert(terminal, [{ id: 'https://c.example/client', origin: 'document' }])
  t.match(await terminal.type('client delete https://c.example/client', [['Type its id', '\x03']]), {
    code: 130,
    errors: /^Its document will bring it back as soon as it is used/,
  })
})

t.test('a new secret counts at once, and the one before for as long as the operator says', async (t) => {
  const terminal = openTerminal(t, { CLIENT_SECRET_OVERLAP: '2h' })
  const { id, secret } = await add(terminal)
  const rotated = await terminal.pipe(`client rotate-secret ${id}`)
  t.match(rotated, {
    code: 0,
    output: /^[\w-]{43}\n$/,
    errors: 'The new secret is shown only once. The previous secret stays valid for 2h.\n',
  })
  const first = (await find(terminal, id))!
  t.match(first, { secretHash: sha256(rotated.output.trim()), previousSecretHash: sha256(secret) })
  const left = first.previousSecretExpiresAt! - Date.now()
  t.ok(left > 7_190_000 && left <= 7_200_000, `${left} ms are left`)
  t.match(await terminal.pipe(`client rotate-secret ${id} --overlap 0s`), { code: 0, errors: /The previous secret is revoked\.\n$/ })
  t.ok((await find(terminal, id))!.previousSecretExpiresAt! <= Date.now())
  const json = JSON.parse((await terminal.pipe(`client rotate-secret ${id} --json`)).output) as { client_secret: string }
  t.match(json, { client_id: id, client_secret: /^[\w-]{43}$/, previous_secret_valid_for: 7200 })
  t.equal((await find(terminal, id))!.secretHash, sha256(json.client_secret))
})

t.test('an operator whose client goes while a question is open is told so', async (t) => {
  const terminal = openTerminal(t)
  const { id } = await add(terminal)
  const meanwhile = async () => {
    t.match(await terminal.pipe(`client delete ${id} --yes`), { code: 0 })
    return `${id}\r`
  }
  t.match(await terminal.type(`client delete ${id}`, [['Type its id', meanwhile]]), {
    code: 1,
    errors: /^.*There is no client client_\S+\.\n$/s,
  })
})

t.test('what a stranger registered steers no terminal, in tables and in JSON', async (t) => {
  const terminal = openTerminal(t)
  const hostile = '\u009b2J\u009d0;owned\u009c\u202e\u007f'
  const metadata = sampleMetadata({
    jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: `KID${hostile}`, key_ops: [hostile] }] },
  })
  await terminal.look(({ clients }) =>
    clients.insert(
      sampleClient({ id: 'client_hostile', metadata }),
      makeEvent({ clientId: 'client_hostile', details: { [hostile]: hostile } }),
    ),
  )
  for (const words of ['client show client_hostile', 'client list', 'audit list']) {
    for (const json of ['', ' --json']) {
      const { code, output } = await terminal.pipe(words + json)
      t.equal(code, 0, words)
      t.notMatch(output, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/, words + json)
    }
  }
  const shown = JSON.parse((await terminal.pipe('client show client_hostile --json')).output) as object
  t.match(shown, { jwks: { keys: [{ kid: `KID${hostile}` }] } }, 'and yet a program reads what it was')
})

t.test('an operator adds a client that authenticates by its keys, at an address or in a file', async (t) => {
  const terminal = openTerminal(t)
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: 'x'.repeat(43), kid: 'own' }
  const folder = t.testdir({ 'keys.json': JSON.stringify({ keys: [jwk] }), 'other.txt': 'keys' })
  const base = `client add --redirect-uri ${CALLBACK} --json`
  const byFile = JSON.parse((await terminal.pipe(`${base} --keys ${folder}/keys.json`)).output) as object
  t.match(byFile, { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } })
  t.notOk('client_secret' in byFile)
  const byAddress = JSON.parse((await terminal.pipe(`${base} --keys https://client.example/keys`)).output) as object
  t.match(byAddress, { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://client.example/keys' })
  for (const [words, sentence] of [
    [`--keys ${folder}/nothing`, /^--keys must name a file that can be read, not .*nothing \(ENOENT\)\.\n$/],
    [`--keys ${folder}/other.txt`, /^--keys must name a file with a JWKS: in .*other\.txt the key set is not JSON\.\n$/],
    ['--keys http://client.example/keys', /^--keys must name a plain https URL or a file/],
    ['--keys https://client.example/keys --confidential', /^A client has a secret \(--confidential\) or keys \(--keys\), not both\.\n$/],
  ] as const)
    t.match(await terminal.pipe(`${base} ${words}`), { code: 1, output: '', errors: sentence })
})

t.test('an operator holds a client to FAPI 2.0 when adding it or later, and lets it go again', async (t) => {
  const terminal = openTerminal(t)
  const base = `client add --redirect-uri ${CALLBACK} --keys https://client.example/keys`
  const added = JSON.parse((await terminal.pipe(`${base} --profile fapi2 --json`)).output) as { client_id: string }
  t.match(added, { dpop_bound_access_tokens: true, require_pushed_authorization_requests: true, id_token_signed_response_alg: 'ES256' })
  t.match((await terminal.pipe(`client show ${added.client_id}`)).output, /security_profile +│? *fapi2/)

  const { id } = await add(terminal, `--redirect-uri ${CALLBACK} --keys https://client.example/keys`)
  t.match(await terminal.pipe(`client update ${id} --profile fapi2`), {
    code: 0,
    output: `${id} is held to the profile fapi2, from its next request on.\n`,
  })
  t.match(await find(terminal, id), { metadata: { securityProfile: 'fapi2' } })
  t.match(await terminal.pipe(`client update ${id} --profile none`), {
    code: 0,
    output: `${id} is held to no profile of its own, from its next request on.\n`,
  })
  t.equal((await find(terminal, id))?.metadata.securityProfile, undefined)

  const { id: open } = await add(terminal, `--redirect-uri ${CALLBACK}`)
  for (const [words, sentence] of [
    [`client update ${id}`, /^--profile must be none or fapi2\.\n$/],
    [`client update ${id} --profile fapi1`, /^--profile must be none or fapi2, but is "fapi1"\.\n$/],
    [`client update ${open} --profile fapi2`, /^token_endpoint_auth_method must be private_key_jwt for a client that is held/],
    ['client update nobody --profile fapi2', /^There is no client nobody/],
    [`client add --redirect-uri ${CALLBACK} --profile fapi2`, /^token_endpoint_auth_method must be private_key_jwt/],
  ] as const)
    t.match(await terminal.pipe(words), { code: 1, output: '', errors: sentence }, words)
})

t.test('an operator sees who waits, approves and refuses, and reads what counts when', async (t) => {
  const terminal = openTerminal(t, { CLIENTS: 'approve' })
  t.match(await terminal.pipe('client list --waiting'), { output: 'No client waits for approval.\n' })
  await insert(terminal, [{ id: 'client_one', approval: 'waiting' }, { id: 'client_two' }, { id: 'client_three', approval: 'waiting' }])
  const { output } = await terminal.pipe('client list --waiting')
  t.match(output, /client_three .*waits for approval.*client_one /su)
  t.notMatch(output, /client_two/)
  t.match((await terminal.pipe('status')).output, /│ Clients +│ 3, of which 2 wait for approval/u)
  t.match(JSON.parse((await terminal.pipe('status --json')).output), { clients: 3, clients_waiting: 2 })
  t.strictSame(await terminal.pipe('client approve client_one'), {
    code: 0,
    output: 'client_one is approved: people can use it from now on.\n',
    errors: '',
  })
  t.match(await terminal.pipe('client approve client_one'), { code: 1, errors: 'client_one is already approved.\n' })
  t.match(await terminal.pipe('client refuse client_three'), { code: 0, output: /^client_three is refused: it gets no tokens/ })
  t.match((await terminal.pipe('client list')).output, /client_three .*│ refused /u)
  t.match(JSON.parse((await terminal.pipe('client show client_three --json')).output), { approval: 'refused' })
  t.match(await terminal.pipe('client approve nobody'), { code: 1, errors: /^There is no client nobody/ })
  t.match((await terminal.pipe('status --json')).output, /"clients_waiting": 0/)
  const { events } = { events: await terminal.look(({ auditEvents }) => auditEvents.list({ since: 0, limit: 9 })) }
  t.strictSame(events.map(({ name, clientId }) => [name, clientId]).sort(), [
    ['client.approved', 'client_one'],
    ['client.turned_away', 'client_three'],
  ])
})

t.test('an approval that does not count says so', async (t) => {
  const terminal = openTerminal(t)
  await insert(terminal, [{ id: 'client_one', approval: 'refused' }])
  t.match(await terminal.pipe('client approve client_one'), { code: 0, errors: 'Approvals count with CLIENTS=approve only; it is open.\n' })
  t.notMatch(JSON.parse((await terminal.pipe('status --json')).output), { clients_waiting: 0 })
})
