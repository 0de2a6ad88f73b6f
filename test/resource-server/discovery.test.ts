/** How a resource server finds the keys of its issuer (RFC 8414 section 3). */
import t from 'tap'
import { createVerifier } from '#src/resource-server/index.ts'
import { createIssuer } from '#test/support/providers/issuer.ts'
import type { Issuer } from '#test/support/providers/issuer.ts'

/** Verifies a good token at a changed issuer. */
async function verify(change: (issuer: Issuer) => void, name?: string) {
  const issuer = await createIssuer(name)
  change(issuer)
  const verified = await createVerifier(issuer.options()).verifyAccessToken(await issuer.sign())
  return { verified, requests: issuer.requests.map((url) => url.replace(issuer.issuer, '')) }
}

t.test('the metadata of OpenID Connect is enough, and an issuer with a path is asked at each address', async (t) => {
  const openid = await verify(({ answers, metadata }) => {
    delete answers['/.well-known/oauth-authorization-server']
    answers['/.well-known/openid-configuration'] = () => metadata
  })
  t.match(openid.verified, { ok: true })
  const withPath = await verify(({ answers, metadata, jwks }) => {
    answers['/t1/.well-known/openid-configuration'] = () => metadata
    answers['/t1/jwks'] = () => jwks
  }, 'https://auth.example.com/t1')
  t.match(withPath.verified, { ok: true })
  t.strictSame(withPath.requests, [
    'https://auth.example.com/.well-known/oauth-authorization-server/t1',
    'https://auth.example.com/.well-known/openid-configuration/t1',
    '/.well-known/openid-configuration',
    '/jwks',
  ])
})

//= https://www.rfc-editor.org/rfc/rfc8414#section-3.3
//# The "issuer" value returned MUST be identical to the authorization server's issuer identifier value into which the well-known URI string was inserted to create the URL used to retrieve the metadata.
t.test('metadata of another issuer, or that leads elsewhere, leaves the token undecided, not invalid', async (t) => {
  const path = '/.well-known/oauth-authorization-server'
  const changes: [string, (issuer: Issuer) => void, RegExp][] = [
    [
      'another issuer',
      ({ metadata }) => void (metadata['issuer'] = 'https://evil.example'),
      /is the metadata of https:\/\/evil\.example, not of/,
    ],
    ['no keys', ({ metadata }) => void delete metadata['jwks_uri'], /no usable jwks_uri/],
    ['keys by plain http', ({ metadata }) => void (metadata['jwks_uri'] = 'http://auth.example.com/jwks'), /no usable jwks_uri/],
    ['keys on our machine', ({ metadata }) => void (metadata['jwks_uri'] = 'http://localhost:8000/jwks'), /no usable jwks_uri/],
    ['nowhere', ({ answers }) => void delete answers[path], /no metadata was found/],
    ['a page', ({ answers }) => void (answers[path] = () => new Response('<!doctype html>')), /answered 200 without a JSON object/],
    ['an array', ({ answers }) => void (answers[path] = () => Response.json([])), /answered 200 without a JSON object/],
    ['a failure', ({ answers }) => void (answers[path] = () => new Response('', { status: 502 })), /answered 502/],
    ['a redirect', ({ answers }) => void (answers[path] = () => Response.redirect('https://evil.example', 302)), /answered 302/],
    ['too much', ({ answers }) => void (answers[path] = () => new Response('x'.repeat(300_000))), /larger than/],
    ['keys that are gone', ({ answers }) => void delete answers['/jwks'], /answered 404 without a key set/],
    ['keys that are none', (issuer) => void (issuer.jwks = { keys: 'none' }), /JSON Web Key Set malformed/],
  ]
  for (const [name, change, cause] of changes) {
    const { verified } = await verify(change)
    t.match(verified, { ok: false, error: { code: 'temporarily_unavailable', cause: { cause: { message: cause } } } }, name)
  }
})

t.test('keys that moved are found again through the metadata', async (t) => {
  const issuer = await createIssuer()
  const { verifyAccessToken } = createVerifier(issuer.options())
  t.match(await verifyAccessToken(await issuer.sign()), { ok: true })
  issuer.answers['/keys'] = issuer.answers['/jwks']!
  delete issuer.answers['/jwks']
  issuer.metadata['jwks_uri'] = `${issuer.issuer}/keys`
  await issuer.rotate('two')
  issuer.clock.now += 30_000
  t.match(await verifyAccessToken(await issuer.sign()), { ok: true })
})

t.test('keys whose address is given need no metadata', async (t) => {
  const issuer = await createIssuer()
  delete issuer.answers['/.well-known/oauth-authorization-server']
  const jwksUri = `${issuer.issuer}/jwks`
  t.match(await createVerifier({ ...issuer.options(), jwksUri }).verifyAccessToken(await issuer.sign()), { ok: true })
  t.strictSame(issuer.requests, [jwksUri])
})
