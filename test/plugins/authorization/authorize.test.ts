import t from 'tap'
import { parseTokenHandle } from '#src/domain/token/token-handle.ts'
import { HTTPS, answerOf, grantOf, pageOf, startFlow, textOf, whereabouts } from '#test/support/authorization.ts'
import type { Parameters } from '#test/support/authorization.ts'
import { ADMIN } from '#test/support/app.ts'

const RESOURCE = 'https://mcp.example.com/mcp'

t.test('before the redirect URI is verified', async (t) => {
  const flow = await startFlow(t)
  const twoUris = await flow.register({ redirect_uris: [HTTPS, `${HTTPS}/2`] })

  const refused: Record<string, [changes: Parameters, code: string, words: RegExp]> = {
    'without a client': [{ client_id: undefined }, 'invalid_request', /client_id is required/],
    'with two clients': [{ client_id: [flow.clientId, flow.clientId] }, 'invalid_request', /client_id must not be repeated/],
    'of an unknown client': [{ client_id: 'client_lost' }, 'invalid_client', /remove the connection in the app and add it again/],
    'of a client with an endless id': [{ client_id: 'x'.repeat(4000) }, 'invalid_client', /not registered here/],
    'to an unregistered address': [{ redirect_uri: 'https://attacker.example/' }, 'invalid_request', /not one that this client registered/],
    'to two addresses': [{ redirect_uri: [HTTPS, HTTPS] }, 'invalid_request', /redirect_uri must not be repeated/],
    'to no address, where two are registered': [
      { client_id: twoUris, redirect_uri: undefined, scope: undefined },
      'invalid_request',
      /registered more than one/,
    ],
    'to an unregistered address and without a login (prompt=none)': [
      { redirect_uri: 'https://attacker.example/', prompt: 'none' },
      'invalid_request',
      /not one that this client registered/,
    ],
  }
  for (const [title, [changes, code, words]] of Object.entries(refused)) {
    t.test(`a person sent ${title} gets a page, never a redirect`, async (t) => {
      const response = await flow.send(flow.url(changes), { headers: { accept: 'text/html' } })
      t.equal(response.status, 400)
      t.equal(response.headers.get('location'), null)
      t.match(response.headers.get('content-type'), /^text\/html/)
      t.match(textOf(await response.text()), words)
      t.match(response.headers.getSetCookie(), [], 'and no cookie')
    })
    t.test(`a program that asks ${title} gets OAuth JSON`, async (t) => {
      const response = await flow.send(flow.url(changes), { headers: { accept: 'application/json, text/event-stream' } })
      t.equal(response.status, 400)
      t.equal(response.headers.get('location'), null)
      t.match(response.headers.get('content-type'), /^application\/json/)
      const body = (await response.json()) as object
      t.match(body, { error: code, error_description: words })
    })
  }

  t.test('a person whose app names another address than it registered may try again on its website', async (t) => {
    const open = async (metadata: object) =>
      textOf(
        await (
          await flow.send(flow.url({ client_id: await flow.register(metadata), redirect_uri: 'https://attacker.example/' }), {
            headers: { accept: 'text/html' },
          })
        ).text(),
      )
    const text = await open({ client_uri: 'https://client.example/start' })
    t.match(text, /at an address that it did not register.*Try again at client\.example/)
    for (const metadata of [{}, { client_uri: 'http://localhost:3000/' }]) t.notMatch(await open(metadata), 'Try again')
  })
  t.test('a person whose connection is lost reads what to do, in their language', async (t) => {
    const english = await flow.send(flow.url({ client_id: 'client_lost' }), { headers: { accept: 'text/html' } })
    t.match(await english.text(), /remove this connection and add it again/)
    const korean = await flow.send(flow.url({ client_id: 'client_lost' }), {
      headers: { accept: 'text/html', 'accept-language': 'ko-KR,ko;q=0.9' },
    })
    t.equal(korean.headers.get('content-language'), 'ko')
    t.match(textOf(await korean.text()), /앱이 이 서버에 등록되어 있지 않습니다\. .*연결을 삭제한 후 다시 추가/)
  })
  t.test('a browser that accepts anything gets a page', async (t) => {
    const response = await flow.send(flow.url({ client_id: 'client_lost' }), { headers: { accept: '*/*' } })
    t.match(response.headers.get('content-type'), /^text\/html/)
  })
})

t.test('after the redirect URI is verified', async (t) => {
  const flow = await startFlow(t)
  const confidential = await flow.register({ token_endpoint_auth_method: 'client_secret_basic' })
  const STATE = ' st=ate/+&%20 ü😀"\\'

  const sentBack: Record<string, [changes: Parameters, error: string, words: RegExp]> = {
    'no response_type': [{ response_type: undefined }, 'invalid_request', /response_type is required/],
    'another response_type': [{ response_type: 'token' }, 'unsupported_response_type', /must be code/],
    'a repeated response_type': [{ response_type: ['code', 'code'] }, 'invalid_request', /response_type must not be repeated/],
    'a repeated scope': [{ scope: ['openid', 'email'] }, 'invalid_request', /scope must not be repeated/],
    'an unknown response_mode': [{ response_mode: 'fragment' }, 'invalid_request', /response_mode must be query or form_post/],
    'a repeated response_mode': [{ response_mode: ['form_post', 'form_post'] }, 'invalid_request', /response_mode must not be repeated/],
    'no PKCE from a public client': [
      { code_challenge: undefined, code_challenge_method: undefined },
      'invalid_request',
      /code_challenge is required/,
    ],
    'a PKCE method without a challenge': [
      { client_id: confidential, code_challenge: undefined },
      'invalid_request',
      /code_challenge_method needs a code_challenge/,
    ],
    'an unknown PKCE method': [{ code_challenge_method: 'S512' }, 'invalid_request', /must be S256 or plain/],
    'a challenge that is none': [{ code_challenge: 'short' }, 'invalid_request', /not a valid S256 challenge/],
    'a max_age that is no number': [{ max_age: '-1' }, 'invalid_request', /max_age must be a number of seconds/],
    'prompt=none with company': [{ prompt: 'none login' }, 'invalid_request', /must not be combined/],
    'a relative resource': [{ resource: 'mcp' }, 'invalid_target', /absolute URI/],
    'a resource with a fragment among good ones': [{ resource: [RESOURCE, `${RESOURCE}#x`] }, 'invalid_target', /without a fragment/],
    'a request object that is none': [{ request: 'eyJ' }, 'invalid_request_object', /not a JWT/],
    'a request_uri of somewhere': [
      { request_uri: 'https://client.example/request' },
      'invalid_request_uri',
      /not one that this client registered/,
    ],
    'a nonce that is too long': [{ nonce: 'n'.repeat(5000) }, 'invalid_request', /nonce is too long/],
    'too much in all': [{ scope: 's'.repeat(4000), claims: 'c'.repeat(4000) }, 'invalid_request', /longer than 8192 characters/],
    'no login where none may be asked': [{ prompt: 'none' }, 'login_required', /not logged in/],
  }
  for (const [title, [changes, error, words]] of Object.entries(sentBack)) {
    t.test(`a client that sends ${title} hears ${error}, with its state byte for byte and the issuer`, async (t) => {
      const answer = answerOf(await flow.person().open(flow.url({ state: STATE, ...changes })))
      t.match(answer, { error, error_description: words, state: STATE, iss: flow.issuer })
      t.notOk(answer['code'])
    })
  }

  t.test('a client that repeats state gets none back', async (t) => {
    const answer = answerOf(await flow.person().open(flow.url({ state: ['one', 'two'] })))
    t.match(answer, { error: 'invalid_request', error_description: /state must not be repeated/, state: undefined, iss: flow.issuer })
  })
  t.test('a client that sends no state gets none back', async (t) => {
    const answer = answerOf(await flow.person().open(flow.url({ state: undefined, prompt: 'none' })))
    t.notOk('state' in answer)
    t.equal(answer['iss'], flow.issuer)
  })
  t.test('a client that asks for form_post gets its errors so', async (t) => {
    const person = flow.person()
    await person.authorize(flow.url())
    const page = pageOf(await person.open(flow.url({ state: STATE, response_mode: 'form_post', response_type: 'token' })))
    t.equal(page.form?.action, HTTPS)
    t.match(page.form?.fields, { error: 'unsupported_response_type', state: STATE, iss: flow.issuer })
    t.match(page.headers.get('content-security-policy'), /script-src 'self'/)
  })
  t.test('a client that sends parameters nobody knows is served', async (t) => {
    t.equal(whereabouts(await flow.person().open(flow.url({ audience: 'x', access_type: 'offline' }))), 'login')
  })
  t.test('a redirect is not kept by any cache', async (t) => {
    const response = await flow.send(flow.url({ prompt: 'none' }), { redirect: 'manual' })
    t.equal(response.status, 303)
    t.equal(response.headers.get('cache-control'), 'no-store')
  })
})

t.test('an authorization request that arrives', async (t) => {
  const flow = await startFlow(t)

  t.test("with ChatGPT's state of over 520 characters gets it back, through login and consent", async (t) => {
    const state = `oauth_s_${'aZ09-_.~'.repeat(90)}`
    const answer = answerOf({ away: await flow.person().authorize(flow.url({ state })) })
    t.equal(answer['state'], state)
    t.equal(answer['iss'], flow.issuer)
    t.match(answer['code'], /^[\w-]{65}$/)
  })
  t.test('by form_post leads to a page that posts code, state and iss', async (t) => {
    const person = flow.person()
    const login = pageOf(await person.open(flow.url({ response_mode: 'form_post', prompt: 'consent' })))
    const consent = pageOf(await person.submit(login, ADMIN))
    const page = pageOf(await person.submit(consent, { decision: 'allow' }))
    t.match(page.form, { action: HTTPS, fields: { code: /^[\w-]{65}$/, state: 'the state', iss: flow.issuer } })
  })
  t.test('without a redirect URI uses the only one, and the code remembers that it was not named', async (t) => {
    const away = await flow.person().authorize(flow.url({ redirect_uri: undefined, scope: 'email' }))
    t.equal(away.origin + away.pathname, HTTPS)
    const { grantId, hash } = parseTokenHandle(away.searchParams.get('code')!)!
    const { code } = (await flow.storage.grants.findCode(grantId, hash))!
    t.equal(code.redirectUriGiven, false)
    t.equal(code.redirectUri, HTTPS)
  })
  t.test('with several resources keeps them all', async (t) => {
    const away = await flow.person().authorize(flow.url({ resource: [RESOURCE, 'https://other.example/'] }))
    t.strictSame((await grantOf(flow, away.searchParams.get('code')!)).resources, [RESOURCE, 'https://other.example/'])
  })
  t.test('with a login_hint fills in the name', async (t) => {
    const { html } = pageOf(await flow.person().open(flow.url({ login_hint: 'ada"<b>' })))
    t.match(html, /name="username"[^>]* value="ada&quot;&lt;b&gt;"/)
  })
  t.test('with ui_locales speaks that language on every page', async (t) => {
    const person = flow.person()
    const login = pageOf(await person.open(flow.url({ ui_locales: 'fr ko-KR en', prompt: 'consent' })))
    t.match(login.html, /<html lang="ko">/)
    const wrong = pageOf(await person.submit(login, { username: 'admin', password: 'wrong' }))
    t.match(wrong.html, /<html lang="ko">.*비밀번호/s)
    const consent = pageOf(await person.submit(wrong, ADMIN))
    t.match(consent.html, /<html lang="ko">.*Test Client/s)
  })
})

t.test('POST /authorize', async (t) => {
  const flow = await startFlow(t)
  const post = (payload: string, type = 'application/x-www-form-urlencoded') =>
    flow.app.inject({
      method: 'POST',
      url: '/authorize',
      headers: { 'content-type': type, accept: 'text/html', origin: 'https://client.example' },
      payload,
    })
  const query = (url: string) => url.slice(url.indexOf('?') + 1)

  t.test('a cross-site post comes back by GET, so that the browser sends its cookies', async (t) => {
    const sent = query(flow.url({ resource: [RESOURCE, 'https://other.example/'], state: 'ü +&=' }))
    const response = await post(sent)
    t.equal(response.statusCode, 303)
    t.equal(response.headers['cache-control'], 'no-store')
    const location = new URL(response.headers.location!, flow.issuer)
    t.equal(location.pathname, '/authorize')
    t.strictSame([...location.searchParams], [...new URLSearchParams(sent)])
    t.equal(whereabouts(await flow.person().open(location)), 'login')
  })
  t.test('a repeated parameter is still repeated after it, and refused', async (t) => {
    const response = await post(query(flow.url({ scope: ['openid', 'email'] })))
    const answer = answerOf(await flow.person().open(new URL(response.headers.location!, flow.issuer)))
    t.match(answer, { error: 'invalid_request', state: 'the state' })
  })
  t.test('an empty post ends at a page', async (t) => {
    const response = await post('')
    t.equal(whereabouts(await flow.person().open(new URL(response.headers.location!, flow.issuer))), 'error')
  })
  t.test('a post that is too long for an address is refused on a page', async (t) => {
    const response = await post(query(flow.url({ state: 's'.repeat(9000) })))
    t.equal(response.statusCode, 400)
    t.match(textOf(response.body), /longer than 8192 characters/)
  })
  t.test('a post without a body ends at a page', async (t) => {
    const response = await flow.app.inject({ method: 'POST', url: '/authorize', headers: { accept: 'text/html' } })
    t.equal(response.statusCode, 303)
    t.equal(response.headers.location, '/authorize?')
  })
  t.test('a post of JSON is refused', async (t) => {
    const response = await post('{}', 'application/json')
    t.equal(response.statusCode, 415)
  })
  t.test('below the path of an issuer it comes back to that path', async (t) => {
    const pathFlow = await startFlow(t, { ISSUER: 'http://localhost:8000/auth' })
    const response = await pathFlow.app.inject({
      method: 'POST',
      url: '/auth/authorize',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: query(pathFlow.url()),
    })
    t.match(response.headers.location, /^\/auth\/authorize\?/)
    t.match(answerOf({ away: await pathFlow.person().authorize(pathFlow.url()) }), { iss: 'http://localhost:8000/auth', code: /./ })
  })
})
