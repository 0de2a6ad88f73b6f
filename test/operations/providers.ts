import { createVault } from '#src/crypto/vault.ts'
import * as operations from '#src/operations/providers/providers.ts'
import { unlinkUser } from '#src/operations/users/identities.ts'
import { addIdentity, addProvider, addUser } from '#test/storage/conformance/records.ts'
import { SECRET, checkChanges, problemOf, valueOf } from './scene.ts'
import type { Suite } from './scene.ts'

const GIVEN = { issuer: 'https://id.example.com/', clientId: 'solar', clientSecret: 'a secret', domains: ['Acme.example'] }

export const providers: Suite = async (t, open) => {
  await checkChanges(t, open, {
    'adding a provider': {
      prepare: async () => (context) => operations.addProvider(context, 'acme', 'oidc', GIVEN),
      event: { name: 'provider.added', details: { provider: 'acme', issuer: 'https://id.example.com/', domains: ['acme.example'] } },
      look: ({ providers }) => providers.list(),
    },
    'updating a provider': {
      prepare: async ({ storage }) => {
        const provider = await addProvider(storage)
        const members = {
          issuer: 'https://other.example',
          clientId: 'other',
          clientSecret: 'new',
          label: 'Acme',
          scopes: ['openid'],
          follow: 'off',
        }
        return (context) => operations.updateProvider(context, provider, members)
      },
      event: { name: 'provider.updated', details: { follow: false } },
      look: ({ providers }) => providers.list(),
    },
    'disabling a provider': {
      prepare: async ({ storage }) => {
        const provider = await addProvider(storage)
        return (context) => operations.disableProvider(context, provider)
      },
      event: { name: 'provider.disabled' },
      look: ({ providers }) => providers.list(),
    },
    'enabling a provider': {
      prepare: async ({ storage }) => {
        const provider = await addProvider(storage, { disabledAt: 1 })
        return (context) => operations.enableProvider(context, provider)
      },
      event: { name: 'provider.enabled' },
      look: ({ providers }) => providers.list(),
    },
    'deleting a provider': {
      prepare: async ({ storage }) => {
        const provider = await addProvider(storage)
        return (context) => operations.deleteProvider(context, provider)
      },
      event: { name: 'provider.deleted' },
      look: ({ providers }) => providers.list(),
    },
    'unlinking a user': {
      prepare: async ({ storage }) => {
        const user = await addUser(storage)
        const provider = await addProvider(storage, { name: 'acme' })
        await addIdentity(storage, user.id, provider.id)
        return (context) => unlinkUser(context, user, 'Acme')
      },
      event: { name: 'identity.unlinked' },
      look: async ({ identities, users }) => identities.listOf((await users.list())[0]!.id),
    },
  })

  await t.test('the secret is sealed, and no surface shows it', async (t) => {
    const { context, storage } = await open()
    const added = valueOf(await operations.addProvider(context, 'acme', 'oidc', GIVEN))
    t.equal(createVault(SECRET, undefined).decrypt(added.encryptedClientSecret!), 'a secret')
    t.match(operations.providerJson(added, 'https://auth.example.com'), {
      redirect_uri: 'https://auth.example.com/login/acme/callback',
      backchannel_logout_uri: 'https://auth.example.com/login/acme/backchannel-logout',
      from: 'command',
      enabled: true,
    })
    t.notMatch(JSON.stringify(operations.providerJson(added, '')), /secret|sealed/i)
    t.strictSame(valueOf(await operations.listProviders(context)), await storage.providers.list())
    t.match(valueOf(await operations.findProvider(context, 'ACME')), added)
    const back = valueOf(await operations.updateProvider(context, added, { label: '', scopes: [''], domains: [''], follow: 'on' }))
    t.strictSame(back.settings, { domains: [], follow: true })
  })

  await t.test('each kind has its issuer', async (t) => {
    const { context } = await open()
    const issuer = async (kind: string, more = {}) =>
      valueOf(await operations.addProvider(context, `a-${kind}`, kind, { clientId: 'id', clientSecret: 'secret', ...more })).issuer
    t.equal(await issuer('google'), 'https://accounts.google.com')
    t.equal(await issuer('github', { issuer: 'https://github.acme.example' }), 'https://github.acme.example')
    t.equal(await issuer('microsoft', { tenant: 'Organizations' }), 'https://login.microsoftonline.com/organizations/v2.0')
  })

  await t.test('what cannot be is refused, with a sentence', async (t) => {
    const { context, storage } = await open()
    const provider = await addProvider(storage, { name: 'acme' })
    const environment = await addProvider(storage, { origin: 'environment' })
    const stale = { ...provider, updatedAt: 1 }
    const user = await addUser(storage)
    const add = (name: string, kind: string, more: object = {}) => operations.addProvider(context, name, kind, { ...GIVEN, ...more })
    const update = (members: object, of = provider) => operations.updateProvider(context, of, members)
    const refused: [ReturnType<typeof add | typeof update> | ReturnType<typeof operations.deleteProvider | typeof unlinkUser>, string][] = [
      [add('Acme', 'oidc'), 'invalid'],
      [add('other', 'saml'), 'invalid'],
      [add('other', 'oidc', { clientId: '' }), 'invalid'],
      [add('other', 'oidc', { clientSecret: undefined }), 'invalid'],
      [add('other', 'oidc', { issuer: undefined }), 'invalid'],
      [add('other', 'oidc', { issuer: 'http://id.example.com' }), 'invalid'],
      [add('other', 'microsoft', { tenant: 'acme.onmicrosoft.com' }), 'invalid'],
      [add('other', 'microsoft'), 'invalid'],
      [add('other', 'oidc', { domains: ['*.acme.example'] }), 'invalid'],
      [add('other', 'oidc', { follow: 'maybe' }), 'invalid'],
      [add('acme', 'oidc'), 'conflict'],
      [update({}), 'invalid'],
      [update({ clientId: '' }), 'invalid'],
      [update({ issuer: 'ftp://id.example.com' }), 'invalid'],
      [update({ follow: 'maybe' }), 'invalid'],
      [update({ label: 'x' }, environment), 'conflict'],
      [update({ label: 'x' }, stale), 'conflict'],
      [operations.enableProvider(context, provider), 'conflict'],
      [operations.disableProvider(context, { ...provider, disabledAt: 1 }), 'conflict'],
      [operations.deleteProvider(context, environment), 'conflict'],
      [operations.deleteProvider(context, { ...provider, id: 'gone' }), 'conflict'],
      [operations.findProvider(context, 'nobody'), 'not-found'],
      [unlinkUser(context, user, 'acme'), 'not-found'],
      [unlinkUser(context, user, 'nobody'), 'not-found'],
    ]
    for (const [outcome, kind] of refused) t.equal(problemOf(await outcome).kind, kind)
    t.ok((await update({ domains: ['acme.example'] }, environment)).ok, 'what the environment does not say can be changed')
  })
}
