import t from 'tap'
import { createVault } from '#src/crypto/vault.ts'
import { resealProviders } from '#src/process/reseal.ts'
import { addIdentity, addProvider, addUser } from '#test/storage/conformance/records.ts'
import { openPrepared } from '#test/support/memory-storage.ts'

const [OLD, NEW] = ['the secret before, with 32 characters', 'the secret of today, with 32 characters']

t.test('after SECRET has changed, secrets of providers and refresh tokens no longer need the previous one', async (t) => {
  const storage = await openPrepared()
  t.teardown(() => storage.close())
  const [before, after] = [createVault(OLD, undefined), createVault(NEW, undefined)]
  const acme = await addProvider(storage, { name: 'acme', encryptedClientSecret: before.encrypt('of the client') })
  const lost = await addProvider(storage, { name: 'lost', encryptedClientSecret: undefined })
  const user = await addUser(storage)
  const seal = async (subject: string, encryptedRefreshToken: string | undefined) =>
    (await addIdentity(storage, user.id, acme.id, { subject, encryptedRefreshToken })).id
  const ids = [await seal('old', before.encrypt('refresh')), await seal('new', after.encrypt('refresh')), await seal('none', undefined)]
  const foreign = await seal('foreign', 'of another secret')
  const tokenOf = async (id: string) => (await storage.identityChecks.findToken(id))!.encryptedRefreshToken

  await resealProviders(storage, {}, NEW, 5)
  t.equal(after.opens((await storage.providers.findByName('acme'))!.encryptedClientSecret!), false, 'without it, nothing is done')

  const kept = await tokenOf(ids[1]!)
  await resealProviders(storage, { secretPrevious: OLD }, NEW, 5)
  t.equal(after.decrypt((await storage.providers.findByName('acme'))!.encryptedClientSecret!), 'of the client')
  t.match(await storage.providers.findByName('lost'), { encryptedClientSecret: undefined, updatedAt: lost.updatedAt })
  t.equal(after.decrypt((await tokenOf(ids[0]!))!), 'refresh')
  t.equal(await tokenOf(ids[1]!), kept, 'what is new already stays as it is')
  t.equal(await tokenOf(ids[2]!), undefined)
  t.equal(await tokenOf(foreign), 'of another secret')
})

t.test('there may be more tokens than one step takes', async (t) => {
  const storage = await openPrepared()
  t.teardown(() => storage.close())
  const [before, after] = [createVault(OLD, undefined), createVault(NEW, undefined)]
  const acme = await addProvider(storage, { encryptedClientSecret: undefined })
  const user = await addUser(storage)
  for (let count = 0; count < 501; count++)
    await addIdentity(storage, user.id, acme.id, { subject: `s${count}`, encryptedRefreshToken: before.encrypt(`refresh ${count}`) })
  await resealProviders(storage, { secretPrevious: OLD }, NEW, 5)
  const tokens = await storage.identities.listTokens('', 1000)
  t.equal(tokens.filter(({ encryptedRefreshToken }) => after.opens(encryptedRefreshToken)).length, 501)
})
