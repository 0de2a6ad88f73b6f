// What happens to an operator while somebody else is faster, or something is broken.
import t from 'tap'
import { eventJson, followEvents } from '#src/operations/audit.ts'
import type { ReadEvents } from '#src/operations/audit.ts'
import { addClient } from '#src/operations/clients/clients.ts'
import { problemOfMail } from '#src/operations/mail.ts'
import { createPersonalToken, revokePersonalToken } from '#src/operations/users/personal-tokens.ts'
import { waysInJson } from '#src/operations/users/user-json.ts'
import type { Identity } from '#src/domain/provider/identity.ts'
import { openPrepared } from '#test/support/memory-storage.ts'
import { stub } from '#test/support/stub.ts'
import { NOW, addResource, addUser, makeEvent, makeIdentity, makePasskey, makeUser } from '#test/storage/conformance/records.ts'
import { setScene, valueOf } from './scene.ts'

t.test('a defect while a mail is sent is no reason to tell an operator', async (t) => {
  await t.rejects(problemOfMail(Promise.reject(new TypeError('a defect'))), TypeError)
})

t.test('a token that somebody else ended a moment before is said to have changed', async (t) => {
  const storage = await openPrepared('sqlite::memory:')
  t.teardown(() => storage.close())
  const { context } = setScene(storage)
  const user = await addUser(storage)
  const resource = await addResource(storage)
  const asked = { name: 'backup', scopes: [resource.scopes[0]!.name] }
  const { listed } = valueOf(await createPersonalToken(context, user, resource, asked))
  t.teardown(stub(storage.personalTokens, { revoke: async () => false }))
  t.match(await revokePersonalToken(context, listed.token.id), { ok: false, error: { kind: 'conflict' } })
})

t.test('only a role can be the most that a client may do', async (t) => {
  const storage = await openPrepared('sqlite::memory:')
  t.teardown(() => storage.close())
  const { context } = setScene(storage)
  const request = { client_name: 'Robot', grant_types: ['client_credentials' as const], response_types: [] }
  t.match(await addClient(context, request, { management: 'king' }), {
    ok: false,
    error: { argument: { name: 'management', value: 'king' } },
  })
})

t.test('who follows the log gets each event once, also one that comes late, and old ones are not remembered', async (t) => {
  const gone = new AbortController()
  let at = Date.parse('2026-01-01T00:00:00Z')
  const event = (id: string) => eventJson(makeEvent({ id, at }))
  const [first, second] = [event('a'), event('b')]
  const looks = [[first], [first, second], [], [second]]
  const asked: number[] = []
  const read: ReadEvents = async ({ since }) => {
    asked.push(since)
    at += looks.length > 2 ? 1000 : 3_600_000
    const items = looks.shift()
    if (items === undefined) gone.abort()
    return { items: items ?? [], more: false }
  }
  const ids: string[] = []
  for await (const { id } of followEvents(read, { now: () => at, since: 0 }, gone.signal, 1)) ids.push(id)
  t.strictSame(ids, ['a', 'b', 'b'], 'what is older than an event can be late is new when it comes again')
  t.ok(asked.at(-1)! > asked[1]!)
})

t.test('what somebody logs in with is said without keys, and an account at a provider by the best name that it has', async (t) => {
  const user = makeUser()
  const account = (changes: Partial<Identity>, claims: Partial<Identity['claims']>) => {
    const made = makeIdentity(user.id, 'id', changes)
    return { ...made, claims: { ...made.claims, ...claims }, provider: 'acme' }
  }
  const identities = [
    account({}, { email: 'helen@acme.example', username: 'helen' }),
    account({ failedAt: NOW }, { username: 'helen' }),
    account({ subject: '7' }, {}),
  ]
  const factors = {
    passkeys: [makePasskey(user.id, { name: 'Phone', lastUsedAt: NOW }), makePasskey(user.id, { name: 'Key' })],
    recoveryCodes: 0,
    codes: undefined,
  }
  const said = waysInJson({ user, factors, identities })
  t.strictSame(
    said.identities.map(({ account, failed_at }) => [account, failed_at]),
    [
      ['helen@acme.example', undefined],
      ['helen', new Date(NOW).toISOString()],
      ['7', undefined],
    ],
  )
  t.strictSame(
    said.passkeys.map(({ name, last_used_at }) => [name, last_used_at]),
    [
      ['Phone', new Date(NOW).toISOString()],
      ['Key', undefined],
    ],
  )
  t.notMatch(JSON.stringify(said), 'a key')
})
