// Rules about accounts at providers that no login by itself shows.
import t from 'tap'
import { ownerOf, followedProfile, usernamesFor } from '#src/domain/provider/account.ts'
import { isFreshlyChecked } from '#src/domain/provider/check-schedule.ts'
import { loginTime } from '#src/domain/provider/freshness.ts'
import { parseIssuer } from '#src/domain/provider/provider-address.ts'
import { labelOf } from '#src/domain/provider/provider-label.ts'
import { makeProvider, makeUser } from '#test/storage/conformance/records.ts'

const MINUTE = 60_000
const NOW = 100 * MINUTE
const CLAIMS = { issuer: 'i', subject: 'SUB', emailVerified: false, organizations: [], teams: [], named: {} }

t.test('a check counts for ten minutes, and not once it failed', async (t) => {
  t.ok(isFreshlyChecked({ lastCheckedAt: NOW - 10 * MINUTE + 1 }, NOW))
  t.notOk(isFreshlyChecked({ lastCheckedAt: NOW - 10 * MINUTE }, NOW))
  t.notOk(isFreshlyChecked({ lastCheckedAt: NOW, failedAt: NOW }, NOW))
})

t.test('when somebody logged in: what the provider says, as far as it had to be asked', async (t) => {
  const asked = { startedAt: NOW, freshly: false }
  t.equal(loginTime(asked, 'oidc', undefined, NOW + 5), NOW + 5, 'nothing is said, and nothing was asked')
  t.equal(loginTime({ ...asked, freshly: true }, 'oidc', undefined, NOW), undefined)
  t.equal(loginTime({ ...asked, maxAge: 60 }, 'oidc', undefined, NOW), undefined)
  t.equal(loginTime({ ...asked, freshly: true }, 'google', undefined, NOW), NOW, 'it can’t be relied on to say it')
  t.equal(loginTime({ ...asked, freshly: true }, 'oidc', NOW - MINUTE, NOW + 5), NOW, 'within what clocks differ')
  t.equal(loginTime({ ...asked, freshly: true }, 'oidc', NOW - MINUTE - 1, NOW), undefined)
  t.equal(loginTime({ ...asked, maxAge: 600 }, 'oidc', NOW - 9 * MINUTE, NOW + MINUTE), NOW - 9 * MINUTE)
  t.equal(loginTime({ ...asked, maxAge: 600 }, 'oidc', NOW - 9 * MINUTE, NOW + MINUTE + 1), undefined, 'too old by now')
  t.equal(loginTime({ ...asked, maxAge: 0 }, 'oidc', NOW - MINUTE, NOW + 9 * MINUTE), NOW, 'within what clocks differ')
  t.equal(loginTime({ ...asked, maxAge: 0 }, 'oidc', NOW - MINUTE - 1, NOW), undefined)
  t.equal(loginTime(asked, 'oidc', NOW + 30_000, NOW + 10), NOW + 10, 'nobody logs in tomorrow')
})

t.test('a provider is called by its label, its kind or its name', async (t) => {
  const settings = { domains: [], follow: true }
  t.equal(labelOf({ kind: 'oidc', name: 'acme', settings: { ...settings, label: 'Acme ID' } }), 'Acme ID')
  t.equal(labelOf({ kind: 'oidc', name: 'acme', settings }), 'acme')
  t.equal(labelOf({ kind: 'github', name: 'work', settings }), 'GitHub')
})

t.test('an issuer is kept byte by byte, and what cannot be one is none', async (t) => {
  for (const raw of ['https://id.example.com', 'https://id.example.com/', 'https://id.example.com/a/b', 'http://localhost:8080'])
    t.equal(parseIssuer(raw), raw)
  const bad = [
    'id.example.com',
    'http://id.example.com',
    'https://id.example.com/?a',
    'https://id.example.com/#a',
    'https://a:b@id.example.com',
    'https://id.example.com ',
  ]
  for (const raw of bad) t.equal(parseIssuer(raw), undefined, raw)
})

t.test('names for somebody new: the address, the name, and then ones that are free', async (t) => {
  t.strictSame(usernamesFor(CLAIMS, 'acme'), ['acme-sub'])
  t.strictSame(usernamesFor({ ...CLAIMS, username: 'Helen', email: 'h@acme.example', emailVerified: true }, 'acme'), [
    'h@acme.example',
    'helen',
    'helen-acme',
    'acme-sub',
  ])
  t.strictSame(usernamesFor({ ...CLAIMS, email: 'h@acme.example' }, 'acme'), ['acme-sub'], 'an unverified address names nobody')
})

t.test('names and pictures follow; a picture that is none stays away', async (t) => {
  const before = { profile: { name: 'Old', nickname: 'h' } as never }
  t.match(followedProfile({ ...CLAIMS, name: 'New\u202e', picture: 'https://acme.example/p.png' }, before), {
    name: 'New',
    nickname: 'h',
    picture: 'https://acme.example/p.png',
  })
  for (const picture of ['http://acme.example/p.png', 'no address', `https://acme.example/${'p'.repeat(1024)}`])
    t.equal(followedProfile({ ...CLAIMS, picture, name: '\u202e' }, before).picture, undefined)
  t.equal(followedProfile({ ...CLAIMS, name: '\u202e' }, before).name, 'Old', 'nothing that is seen replaces nothing')
})

t.test('somebody without an address is nobody’s namesake', async (t) => {
  const helen = makeUser({ email: undefined, origin: 'operator' })
  t.equal(ownerOf(CLAIMS, makeProvider(), [{ user: helen, identities: [] }]).kind, 'taken')
})
