import t from 'tap'
import { warningsAboutPasskeys } from '#src/process/passkey-warnings.ts'
import { addUser, makePasskey } from '#test/storage/conformance/records.ts'
import { openPrepared } from '#test/support/memory-storage.ts'

t.test('an operator who moves the server to another host is told what becomes of passkeys', async (t) => {
  const storage = await openPrepared()
  t.teardown(() => storage.close())
  const warn = (issuer: string) => warningsAboutPasskeys(storage, { issuer })
  t.strictSame(await warn('http://192.0.2.1'), [], 'nobody has one')
  await storage.factors.insertPasskey(makePasskey((await addUser(storage)).id, { rpId: 'auth.example.com' }), 9)
  t.strictSame(await warn('https://auth.example.com/path'), [])
  for (const issuer of ['https://login.example.com', 'https://example.com', 'http://192.0.2.1'])
    t.match(await warn(issuer), [/^Some passkeys were made for another host/], issuer)
})
