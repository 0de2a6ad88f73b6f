/** Logins by an identity provider that was there before. */
import { pressProvider } from '#test/support/providers/provider-flow.ts'
import type { Check } from '#test/upgrade/installation.ts'

export const checkProviders: Check = async (t, { facts, helen, client, person, authorizeUrl, provider, storage }) => {
  const { provided } = facts
  if (provided === undefined) return
  const comeBy = async (claims: Record<string, unknown>) => {
    const visitor = person()
    const { page } = await visitor.open(authorizeUrl(client('app')))
    const { away } = await pressProvider(visitor, page!, provided.name)
    return visitor.open(provider.visit(away!, claims))
  }

  await t.test('an account at a provider is still the same user’s', async (t) => {
    await comeBy({ sub: provided.subject })
    const { id: userId } = (await storage.users.findByUsername(helen.username))!
    const identity = (await storage.identities.listOf(userId)).find(({ subject }) => subject === provided.subject)
    t.equal(identity?.lastLoginAt, facts.at + 1000)
  })

  await t.test('a rule still lets people in, and puts them into its group', async (t) => {
    const { id: providerId } = (await storage.providers.findByName(provided.name))!
    await comeBy({ sub: 'somebody new', preferred_username: 'nova', groups: provided.groups })
    const identity = await storage.identities.find({ providerId, issuer: provider.issuer, subject: 'somebody new' })
    t.match(await storage.groups.listOf(identity!.userId), [{ group: 'astronomers', source: 'admission' }])
    t.match((await comeBy({ sub: 'somebody else', groups: ['others'] })).page, { status: 403, html: /has no access here/ })
  })
}
