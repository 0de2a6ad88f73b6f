import t from 'tap'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { FOLLOW_MS } from '#src/domain/key/key-schedule.ts'
import { loadKeyset } from '#src/crypto/keyset.ts'
import { createApi } from '#test/support/api.ts'
import { SECRET } from '#test/support/app.ts'
import { openPrepared } from '#test/support/memory-storage.ts'

t.test('a verifier finds the public keys, and nothing private', async (t) => {
  const api = await createApi(t)
  const response = await api.app.inject({ url: '/jwks', headers: { origin: 'https://any.example' } })
  t.equal(response.statusCode, 200)
  t.match(response.headers, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'public, max-age=300',
    'access-control-allow-origin': '*',
  })
  const jwks = response.json() as { keys: Record<string, string>[] }
  t.strictSame(jwks.keys.map(({ alg }) => alg).sort(), ['ES256', 'RS256'])
  for (const key of jwks.keys) {
    t.match(key, { use: 'sig', kid: /^[\w-]{43}$/ })
    for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth']) t.notOk(secret in key, `${key['alg']} ${secret}`)
  }
  t.equal((await api.app.inject({ method: 'HEAD', url: '/jwks' })).statusCode, 200)

  const { access_token, id_token = '' } = await api.tokens(await api.register())
  const find = createLocalJWKSet(jwks)
  t.match((await jwtVerify(access_token, find, { issuer: 'http://localhost:8000', typ: 'at+jwt' })).protectedHeader, { alg: 'ES256' })
  t.match((await jwtVerify(id_token, find, { issuer: 'http://localhost:8000' })).protectedHeader, { alg: 'RS256' })
})

t.test('a verifier finds a key that another node made within a minute', async (t) => {
  const api = await createApi(t)
  const aside = await openPrepared()
  t.teardown(() => aside.close())
  await loadKeyset(aside.keys, SECRET, api.clock.now)
  const kids = async () => ((await api.app.inject('/jwks')).json() as { keys: { kid: string }[] }).keys.map(({ kid }) => kid)
  const before = await kids()
  const made = await aside.keys.list()
  for (const key of made) await api.storage.keys.insert({ ...key, generation: 2 })
  t.strictSame(await kids(), before)
  api.clock.now += FOLLOW_MS
  t.strictSame((await kids()).sort(), [...before, ...made.map(({ kid }) => kid)].sort())
})
