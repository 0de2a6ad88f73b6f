import fc from 'fast-check'
import t from 'tap'
import { checkSectorDocument, deviceSector, parseSubjectMembers, sectorNow, sessionIdOf, subjectOf } from '#src/domain/client/subject.ts'
import type { RegistrationRequest } from '#src/schemas/registration.ts'
import { holds } from '#test/support/property.ts'
import { sampleMetadata } from '#test/support/records.ts'

const KEY = Buffer.alloc(32, 1)
const pairwise = (...redirectUris: string[]) => sampleMetadata({ subjectType: 'pairwise', redirectUris })
const parse = (body: RegistrationRequest, ...redirectUris: string[]) => parseSubjectMembers(body, redirectUris)

t.test('by default, a client knows a user by the id that all clients see', async (t) => {
  for (const subjectType of [undefined, 'public'] as const)
    t.equal(subjectOf(sampleMetadata({ subjectType }), { userId: 'helen' }, KEY), 'helen')
})

//= https://openid.net/specs/openid-connect-core-1_0.html#PairwiseAlg
//# The Subject Identifier value MUST NOT be reversible by any party other than the OpenID Provider.
t.test('a pairwise subject is keyed, and the same within a sector', async (t) => {
  const one = subjectOf(pairwise('https://a.example/cb'), { userId: 'helen' }, KEY)
  t.match(one, /^[\w-]{43}$/)
  t.notMatch(one, /helen/)
  t.equal(
    subjectOf(pairwise('https://a.example:8443/x', 'HTTPS://A.example/y'), { userId: 'helen' }, KEY),
    one,
    'port, path and spelling are no other sector',
  )
  t.equal(
    subjectOf(
      { ...pairwise('https://b.example/cb', 'app:/cb'), sectorIdentifierUri: 'https://a.example/sector.json' },
      { userId: 'helen' },
      KEY,
    ),
    one,
    'nor are other hosts of the party',
  )
  t.not(subjectOf(pairwise('https://a.example/cb'), { userId: 'helen' }, Buffer.alloc(32, 2)), one, 'another server')
})

//= https://openid.net/specs/openid-connect-core-1_0.html#PairwiseAlg
//# Distinct Sector Identifier values MUST result in distinct Subject Identifier values.
t.test('property: two sectors, or two users, never share a subject', async (t) => {
  const party = fc.record({ host: fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/), user: fc.string() })
  holds(
    t,
    fc.property(party, party, (a, b) => {
      const [one, other] = [a, b].map(({ host, user }) => subjectOf(pairwise(`https://${host}.example/cb`), { userId: user }, KEY))
      return (one === other) === (a.host === b.host && a.user === b.user)
    }),
  )
})

//= https://openid.net/specs/openid-connect-core-1_0.html#PairwiseAlg
//# If there are multiple hostnames in the registered redirect_uris, the Client MUST register a sector_identifier_uri.
t.test('a client whose hosts do not identify its party must name a sector', async (t) => {
  const refused = {
    ok: false,
    error: 'subject_type pairwise needs a sector_identifier_uri, unless all redirect_uris are https on one host',
  }
  for (const uris of [
    ['https://a.example/', 'https://b.example/'],
    ['http://localhost/'],
    ['app://a.example/'],
    ['https://a.example/', 'http://127.0.0.1/'],
  ]) {
    t.strictSame(parse({ subject_type: 'pairwise' }, ...uris), refused, uris.join())
    t.match(parse({ subject_type: 'pairwise', sector_identifier_uri: 'https://s.example/' }, ...uris), { ok: true }, uris.join())
    t.match(parse({ subject_type: 'public' }, ...uris), { ok: true, value: { subjectType: 'public' } })
  }
  t.match(parse({ subject_type: 'pairwise' }, 'https://a.example/', 'https://a.example/2'), {
    ok: true,
    value: { subjectType: 'pairwise' },
  })
})

//= https://openid.net/specs/openid-connect-registration-1_0.html#SectorIdentifierValidation
//# The values registered in redirect_uris MUST be included in the elements of the array, or registration MUST fail.
t.test('a sector document names every redirect URI, byte for byte', async (t) => {
  const uris = ['https://a.example/cb', 'https://b.example/cb']
  t.match(checkSectorDocument(JSON.stringify([...uris, 'https://c.example/', 7]), uris), { ok: true })
  for (const listed of [[], uris.slice(0, 1), [...uris.slice(0, 1), 'https://b.example/cb/'], [uris]]) {
    t.match(checkSectorDocument(JSON.stringify(listed), uris), {
      ok: false,
      error: 'sector_identifier_uri leads to a list that does not name all redirect_uris',
    })
  }
  for (const text of ['null', '{}', `"${uris[0]}"`])
    t.match(checkSectorDocument(text, uris), { ok: false, error: 'sector_identifier_uri must lead to a JSON array of redirect URIs' }, text)
  t.match(checkSectorDocument('[', uris), { ok: false, error: 'sector_identifier_uri does not lead to JSON' })
})

//= https://openid.net/specs/openid-connect-core-1_0.html#RefreshTokenResponse
//# its sub Claim Value MUST be the same as in the ID Token issued when the original authentication occurred
t.test('a sector that is kept counts, whatever the client registered since', async (t) => {
  const before = pairwise('https://a.example/cb')
  const kept = { userId: 'helen', sector: sectorNow(before) }
  t.equal(kept.sector, 'a.example')
  for (const now of [pairwise('https://b.example/cb'), sampleMetadata({ subjectType: 'public' }), sampleMetadata()])
    t.equal(subjectOf(now, kept, KEY), subjectOf(before, { userId: 'helen' }, KEY))
  const open = { userId: 'helen', sector: sectorNow(sampleMetadata()) }
  t.equal(subjectOf(before, open, KEY), 'helen', 'nor does a public subject become pairwise')
})

t.test('a device gets a subject of its client alone, because redirect URIs prove nothing there', async (t) => {
  const [one, other] = ['one', 'other'].map((id) => deviceSector({ id, metadata: pairwise('https://a.example/cb') }))
  t.equal(new Set([one, other, 'a.example']).size, 3)
  t.equal(deviceSector({ id: 'one', metadata: sampleMetadata() }), '')
})

t.test('a pairwise client knows a session by an id of its own, others by the one that all see', async (t) => {
  const known = (clientId: string, sector?: string) => sessionIdOf({ clientId, sid: 'session', sector }, KEY)
  t.strictSame([known('one'), known('one', '')], ['session', 'session'])
  t.equal(new Set([known('one', 'a.example'), known('other', 'a.example'), 'session']).size, 3)
  t.equal(known('one', 'a.example'), known('one', 'b.example'), 'the same after it moved')
  t.match(known('one', 'a.example'), /^[\w-]{43}$/)
})
