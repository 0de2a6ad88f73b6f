/** Clients: how they prove who they are, and what they registered. */
import { issuedBy } from '#test/upgrade/requests.ts'
import type { Check, Installation } from '#test/upgrade/installation.ts'
import { openInstallation } from '#test/upgrade/installation.ts'
import { pick } from './lists.ts'

export const checkClients: Check = async (t, { facts, helen, client, send, connect, person, manage, storage }) => {
  const { disabled, ...others } = facts.clients

  await t.test('every client authenticates as before, and no other way', async (t) => {
    const authenticate = async (as: typeof disabled) => (await send(as!, '/revoke', { token: 'any' })).statusCode
    // Its key is somewhere that nobody can reach from here.
    for (const [name, known] of Object.entries(others).filter(([name]) => name !== 'strict')) {
      t.equal(await authenticate(known), 200, name)
      if (known.secret !== undefined) t.equal(await authenticate({ ...known, secret: 'another' }), 401, `${name} by another secret`)
    }
    const web = client('web')
    t.not(web.previousSecret, web.secret)
    t.equal(await authenticate({ ...web, secret: web.previousSecret! }), 200, 'the secret before counts')
    t.equal(await authenticate(disabled), 401)
  })

  await t.test('every client reads what it registered', async (t) => {
    const managed = Object.entries(others).filter(([, { registrationToken }]) => registrationToken !== undefined)
    t.ok(managed.length > 8)
    const updated = client('updated')
    t.equal((await manage('GET', updated.id, updated.previousRegistrationToken!)).statusCode, 200, 'the new token was not used yet')
    for (const [name, { id, registrationToken, metadata }] of managed) {
      const response = await manage('GET', id, registrationToken!)
      t.strictSame(pick(response.json(), metadata), metadata, name)
    }
    t.equal((await manage('GET', updated.id, updated.previousRegistrationToken!)).statusCode, 401, 'now it was')
    t.equal((await manage('GET', disabled!.id, disabled!.registrationToken!)).statusCode, 403)
  })

  await t.test('people connect clients of every origin', async (t) => {
    for (const name of [
      'app',
      'web',
      'poster',
      'signer',
      'native',
      'partner',
      'updated',
      'site',
      'document',
      'shared',
      'vouched',
      'pairwise',
    ])
      t.match(await connect(person(facts.browsers.loggedIn), client(name), {}, helen), { access_token: /./ }, name)
    t.equal(await storage.clients.count(), facts.rows['clients'])
  })

  await t.test('a client gets tokens for itself', async (t) => {
    for (const name of ['machine', 'enabled', 'selfMade']) {
      const form = { grant_type: 'client_credentials', resource: facts.resources.moons.identifier }
      t.match(issuedBy(await send(client(name), '/token', form)), { scope: 'moons:read' }, name)
    }
  })
}

export const checkApprovals: Check = async (t, { facts, databaseUrl }) => {
  const { approvals } = facts
  if (approvals === undefined) return // earlier versions had none
  const open = (CLIENTS: string) => openInstallation(t, databaseUrl, facts, { CLIENTS })
  const ask = async ({ app }: Installation, name: keyof typeof approvals) => {
    const query = new URLSearchParams({
      client_id: approvals[name],
      redirect_uri: `https://${name}.example/callback`,
      response_type: 'code',
    })
    return (await app.inject({ url: `/authorize?${query.toString()}`, headers: { accept: 'text/html' } })).statusCode === 200
  }
  const [came, waits] = [true, false]
  for (const [rule, expected] of [
    ['approve', { approved: came, refused: waits, waiting: waits }],
    ['open', { approved: came, refused: waits, waiting: came }],
  ] as const) {
    const installation = await open(rule)
    for (const name of ['approved', 'refused', 'waiting'] as const)
      t.equal(await ask(installation, name), expected[name], `${name}, ${rule}`)
  }
}

export const checkRegistration: Check = async (t, { facts, client, manage, register, databaseUrl }) => {
  await t.test('who registers what is shared gets the client that others have', async (t) => {
    const { register } = await openInstallation(t, databaseUrl, facts, { SHARE_IDENTICAL_CLIENTS: 'true' })
    t.match((await register(facts.sharedRegistration)).json(), { client_id: client('shared').id })
  })

  await t.test('what a client may register still bounds its updates', async (t) => {
    const { id, registrationToken } = client('partner')
    const update = { client_id: id, redirect_uris: ['https://elsewhere.example/'] }
    t.match((await manage('PUT', id, registrationToken!, update)).json(), { error: 'invalid_redirect_uri' })
  })

  await t.test('initial access tokens register as often, as long and what they did', async (t) => {
    const { limited, unlimited, expired, deleted } = facts.initialAccessTokens
    const codes = (await Promise.all([expired, deleted].map((token) => register({}, token)))).map(({ statusCode }) => statusCode)
    t.strictSame(codes, [401, 401])
    t.match((await register({ redirect_uris: ['https://elsewhere.example/'] }, limited)).json(), { error: 'invalid_redirect_uri' })
    for (const expected of [201, 201, 401]) {
      const response = await register({ redirect_uris: ['https://partner.example/another'], scope: 'openid email' }, limited)
      t.equal(response.statusCode, expected)
      if (expected === 201) t.match(response.json(), { scope: 'openid' })
    }
    const machine = { redirect_uris: [], grant_types: ['client_credentials'] }
    t.match((await register(machine, unlimited)).json(), { grant_types: ['client_credentials'] })
  })
}
