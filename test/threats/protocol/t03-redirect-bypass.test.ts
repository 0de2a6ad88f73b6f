/** threat-model.md T3: a redirect URI matches exactly, on every path that redirects; only a loopback port may differ. */
import t from 'tap'
import { HTTPS, answerOf, pageOf, startFlow, whereabouts } from '#test/support/authorization.ts'
import type { Flow, Parameters } from '#test/support/authorization.ts'
import { ADMIN } from '#test/support/app.ts'
import { createPushing, signWith } from '#test/support/clients/pushed.ts'

const LOOPBACK = 'http://127.0.0.1:33418/callback'
const LOCALHOST = 'http://localhost/callback'
const CUSTOM = 'cursor://anysphere.cursor-mcp/oauth/callback'

const NEAR_MISSES = [
  `${HTTPS}/`,
  `${HTTPS}?`,
  `${HTTPS}?next=https://attacker.example`,
  `${HTTPS}#`,
  `${HTTPS}#fragment`,
  `${HTTPS}/../callback`,
  `${HTTPS}%20`,
  ` ${HTTPS}`,
  `${HTTPS} `,
  `${HTTPS}\n`,
  'https://client.example/Callback',
  'https://client.example/callbac%6B',
  'https://client.example/./callback',
  'https://client.example//callback',
  'https://client.example\\callback',
  'https://CLIENT.example/callback',
  'HTTPS://client.example/callback',
  'https://client.example:443/callback',
  'https://client.example:8443/callback',
  'https://client.example./callback',
  'https://client.example.attacker.example/callback',
  'https://client.example@attacker.example/callback',
  'https://attacker.example/?https://client.example/callback',
  'https://attacker.example/callback',
  'https://user@client.example/callback',
  'http://client.example/callback',
  '//client.example/callback',
  '/callback',
  'javascript:alert(1)//https://client.example/callback',
  'data:text/html,https://client.example/callback',
  // Loopback: the port alone may differ.
  'http://localhost:33418/other',
  'http://127.0.0.1:33418/callback/',
  'http://127.0.0.1:33418/callback?x=1',
  'http://127.0.0.2:33418/callback',
  'http://[::1]:33418/callback',
  'http://127.0.0.1:33418@attacker.example/callback',
  'http://127.0.0.1.attacker.example/callback',
  'http://localhost.attacker.example/callback',
  'http://localhost:99999/callback',
  'http://localhost:80a/callback',
  'https://localhost/callback',
  'https://127.0.0.1:33418/callback',
  'http://2130706433:33418/callback',
  // Custom schemes: byte for byte.
  `${CUSTOM}/`,
  'cursor://anysphere.cursor-mcp:1/oauth/callback',
  'CURSOR://anysphere.cursor-mcp/oauth/callback',
  'cursor:/anysphere.cursor-mcp/oauth/callback',
  'vscode://anysphere.cursor-mcp/oauth/callback',
]

/** The ways an authorization response is sent, good or bad. */
const PATHS: Record<string, Parameters> = {
  'the login': {},
  'an error': { response_type: 'token' },
  'an error by form_post': { response_type: 'token', response_mode: 'form_post' },
  'prompt=none': { prompt: 'none' },
  'prompt=none by form_post': { prompt: 'none', response_mode: 'form_post' },
  'a repeated parameter': { scope: ['openid', 'email'] },
  'a broken request object': { request: 'x' },
  'an unknown request_uri': { request_uri: 'urn:ietf:params:oauth:request_uri:unknown' },
}

const registration = { redirect_uris: [HTTPS, LOOPBACK, LOCALHOST, CUSTOM] }
const postLogout = { redirect_uris: ['https://client.example/other'], post_logout_redirect_uris: registration.redirect_uris }

for (const loggedIn of [false, true]) {
  t.test(
    `T3: somebody who is ${loggedIn ? '' : 'not '}logged in is never sent to an address that only resembles a registered one`,
    async (t) => {
      const flow = await startFlow(t, {}, registration)
      const person = flow.person()
      if (loggedIn) await person.authorize(flow.url())
      for (const [path, parameters] of Object.entries(PATHS)) {
        for (const uri of NEAR_MISSES) {
          const arrival = await person.open(flow.url({ ...parameters, redirect_uri: uri }))
          t.match(
            { where: whereabouts(arrival), status: arrival.page?.status, form: arrival.page?.form },
            { where: 'error', status: 400, form: undefined },
            `${path}: ${JSON.stringify(uri)}`,
          )
        }
      }
    },
  )
}

t.test('T3: an address within a request object, or a pushed request, has to match as well, whatever is beside it', async (t) => {
  const { addressOf, claims, client, key, person, push } = await createPushing(t, { metadata: registration })
  for (const uri of NEAR_MISSES) {
    const arrival = await person.open(addressOf({ redirect_uri: HTTPS, request: await signWith(key, claims({ redirect_uri: uri })) }))
    t.match({ where: whereabouts(arrival), status: arrival.page?.status }, { where: 'error', status: 400 }, JSON.stringify(uri))
    t.equal((await push({ redirect_uri: uri }, client)).statusCode, 400, JSON.stringify(uri))
  }
})

t.test(
  'T3: nobody who logs out is sent to an address that only resembles a registered one, or was registered for another purpose',
  async (t) => {
    const flow = await startFlow(t, {}, postLogout)
    const loggedIn = flow.person()
    await loggedIn.authorize(flow.url({ redirect_uri: 'https://client.example/other' }))
    for (const person of [loggedIn, flow.person()]) {
      for (const uri of [...NEAR_MISSES, 'https://client.example/other']) {
        const query = new URLSearchParams({ client_id: flow.clientId, post_logout_redirect_uri: uri }).toString()
        const arrival = await person.open(`${flow.issuer}/logout?${query}`)
        t.match(
          { where: whereabouts(arrival), status: arrival.page?.status, link: arrival.page?.html.includes('href="http') },
          { where: 'error', status: 400, link: false },
          JSON.stringify(uri),
        )
      }
    }
    const page = pageOf(await loggedIn.open(`${flow.issuer}/logout`))
    for (const uri of NEAR_MISSES.slice(0, 8)) {
      const forged = await loggedIn.submit(page, { client_id: flow.clientId, post_logout_redirect_uri: uri })
      t.match(
        { where: whereabouts(forged), status: forged.page?.status },
        { where: 'error', status: 400 },
        `put into our own form: ${JSON.stringify(uri)}`,
      )
    }
    t.ok(loggedIn.cookies.has('solar-session'), 'and nobody was logged out')
  },
)

t.test('T3: /logout leads nobody through who was not asked, and whose client proved nothing', async (t) => {
  const flow = await startFlow(t, {}, postLogout)
  for (const uri of [HTTPS, CUSTOM, 'http://localhost:1/callback']) {
    const query = new URLSearchParams({ client_id: flow.clientId, post_logout_redirect_uri: uri }).toString()
    t.equal(whereabouts(await flow.person().open(`${flow.issuer}/logout?${query}`)), 'logged-out', uri)
  }
})

t.test('T3: a client is answered at each address that it registered, whatever the loopback port', async (t) => {
  const flow = await startFlow(t, {}, registration)
  const exact = [
    HTTPS,
    LOOPBACK,
    'http://127.0.0.1/callback',
    'http://127.0.0.1:1/callback',
    LOCALHOST,
    'http://localhost:65535/callback',
    CUSTOM,
  ]
  for (const uri of exact) {
    const arrival = await flow.person().open(flow.url({ redirect_uri: uri, prompt: 'none' }))
    t.equal(arrival.away?.href.split('?')[0], uri)
  }
})

/** Takes the https redirect URI out of the client's registration. */
async function withdraw(flow: Flow): Promise<void> {
  const client = (await flow.storage.clients.find(flow.clientId))!
  await flow.storage.clients.delete(client.id)
  await flow.storage.clients.insert({ ...client, metadata: { ...client.metadata, redirectUris: ['https://client.example/elsewhere'] } })
}

t.test('T3: an address that was withdrawn between page and post gets nothing', async (t) => {
  const flow = await startFlow(t)
  const person = flow.person()
  const login = pageOf(await person.open(flow.url()))
  const consent = pageOf(await person.submit(login, ADMIN))
  await withdraw(flow)
  for (const decision of ['allow', 'deny', 'switch']) {
    t.match(pageOf(await person.submit(consent, { decision })), { status: 400, html: /not one that this client registered/ }, decision)
  }
  t.match(pageOf(await person.submit(login, ADMIN)), { status: 400, html: /not one that this client registered/ }, 'login')
})

t.test('T3: a registered query is kept, and the answer comes after it', async (t) => {
  const flow = await startFlow(t, {}, { redirect_uris: [`${HTTPS}?tenant=a%20b&x`] })
  const arrival = await flow.person().open(flow.url({ redirect_uri: `${HTTPS}?tenant=a%20b&x`, prompt: 'none' }))
  t.match(arrival.away?.href, `${HTTPS}?tenant=a%20b&x&error=login_required&`)
  t.match(answerOf(arrival), { tenant: 'a b', state: 'the state', iss: flow.issuer })
})
