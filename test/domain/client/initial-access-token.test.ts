import t from 'tap'
import { isUsable } from '#src/domain/client/initial-access-token.ts'
import { NOW } from '#test/support/records.ts'

t.test('a token registers clients while it has uses and time left', async (t) => {
  const token = { name: 'partners', tokenHash: 'hash', policy: {}, createdAt: NOW }
  t.ok(isUsable(token, NOW), 'without bounds')
  t.ok(isUsable({ ...token, usesLeft: 1, expiresAt: NOW + 1 }, NOW))
  t.notOk(isUsable({ ...token, usesLeft: 0 }, NOW))
  t.notOk(isUsable({ ...token, expiresAt: NOW }, NOW))
})
