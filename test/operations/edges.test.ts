// What happens to an operator while somebody else is faster, or something is broken.
import t from 'tap'
import { problemOfMail } from '#src/operations/mail.ts'
import { createPersonalToken, revokePersonalToken } from '#src/operations/users/personal-tokens.ts'
import { openPrepared } from '#test/support/memory-storage.ts'
import { stub } from '#test/support/stub.ts'
import { addResource, addUser } from '#test/storage/conformance/records.ts'
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
