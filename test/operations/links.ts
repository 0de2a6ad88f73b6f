import { sha256 } from '#src/domain/protocol/sha256.ts'
import { inviteUser, linkJson, listLinks, makeFactorLink, makeResetLink, revokeLink } from '#src/operations/users/links.ts'
import { NOW, addFactors, addUser } from '#test/storage/conformance/records.ts'
import { checkChanges, checkRefused, valueOf } from './scene.ts'
import type { Suite } from './scene.ts'

const HOUR = 3_600_000

export const links: Suite = async (t, open) => {
  await t.test('an operator invites somebody by a link of which only the hash is kept', async (t) => {
    const { context, storage } = await open()
    await storage.groups.insert({ name: 'researchers', description: '', createdAt: NOW })
    const { link, url } = valueOf(await inviteUser(context, { email: 'Helen@example.com', group: 'researchers' }))
    const [, token = ''] = /^https:\/\/auth\.observatory\.example\/invitation\?token=([\w-]{43})$/.exec(url) ?? []
    const kept = (await storage.links.find(sha256(token)))!
    t.match(kept, link)
    t.match(kept, { kind: 'invitation', address: 'Helen@example.com', data: { group: 'researchers' }, expiresAt: NOW + 72 * HOUR })
    t.notMatch(JSON.stringify(kept), token)
    t.match(valueOf(await inviteUser(context, {})).link, { address: undefined, data: {} })
  })

  await t.test('an operator makes a link for a user who forgot the password, and sees and revokes links', async (t) => {
    const { context, storage } = await open()
    await storage.groups.insert({ name: 'g', description: '', createdAt: NOW })
    const helen = await addUser(storage, { username: 'helen' })
    const { link, url } = valueOf(await makeResetLink(context, helen))
    t.match(url, /\/reset-password\?token=[\w-]{43}$/)
    t.match(link, { kind: 'reset', userId: helen.id, address: undefined, expiresAt: NOW + HOUR / 2 })
    const invitation = valueOf(await inviteUser(context, { email: 'paris@example.com', group: 'g' }))
    const { links, more } = valueOf(await listLinks(context, {}))
    const times = (hours: number) => ({
      created_at: new Date(NOW).toISOString(),
      expires_at: new Date(NOW + hours * HOUR).toISOString(),
    })
    t.strictSame(links.map(linkJson), [
      { id: invitation.link.tokenHash, kind: 'invitation', email: 'paris@example.com', group: 'g', ...times(72) },
      { id: link.tokenHash, kind: 'reset', user: 'helen', sub: helen.id, ...times(0.5) },
    ])
    t.equal(more, false)
    t.match(valueOf(await listLinks(context, { limit: 1 })), { links: [{ link: invitation.link }], more: true })
    valueOf(await revokeLink(context, link.tokenHash))
    t.equal(valueOf(await listLinks(context, {})).links.length, 1)
  })

  await t.test('a link that cannot be is refused', async (t) => {
    const scene = await open()
    const { context, storage } = scene
    const admin = await addUser(storage, { username: 'admin', origin: 'environment' })
    const oscar = await addUser(storage, { username: 'oscar' })
    await storage.users.disable(oscar.id, NOW)
    const [ada, bare] = [await addUser(storage, { username: 'ada' }), await addUser(storage, { username: 'bare', passwordHash: undefined })]
    await addFactors(storage, ada.id)
    const byAddress = { ...context, config: { ...context.config, issuer: 'http://192.0.2.1' } }
    const withoutCodes = { ...byAddress, config: { ...byAddress.config, secondFactor: 'off' as const } }
    const invalid = (name: string) => ({ kind: 'invalid', argument: { name } }) as const
    await checkRefused(t, scene, [
      ...['nowhere', 'a@b@c', 'a,b@c.example', 'a b@c.example', 'a@b\r\nbcc:c', '<a@b.example>', ''].map(
        (email) => [inviteUser(context, { email }), invalid('email')] as const,
      ),
      [inviteUser(context, { group: 'unknown' }), { kind: 'not-found', message: 'There is no group unknown.' }],
      [inviteUser(context, { language: 'xx' }), invalid('language')],
      [makeResetLink(context, admin), { kind: 'conflict', message: /ADMIN_PASSWORD/ }],
      [makeResetLink(context, { ...oscar, origin: 'provider' }), { kind: 'conflict', message: /came by a provider/ }],
      [makeResetLink(context, { ...oscar, disabledAt: NOW }), { kind: 'conflict', message: 'oscar is disabled.' }],
      [makeFactorLink(context, { ...oscar, disabledAt: NOW }), { kind: 'conflict', message: 'oscar is disabled.' }],
      [makeFactorLink(context, ada), { kind: 'conflict', message: /already, and logs in with it: user reset-factors/ }],
      [makeFactorLink(byAddress, bare), { kind: 'conflict', message: /no passkeys for http:\/\/192\.0\.2\.1/ }],
      [makeFactorLink(withoutCodes, admin), { kind: 'conflict', message: /no passkeys/ }],
      [revokeLink(context, 'nothing'), { kind: 'not-found' }],
      [listLinks(context, { limit: 0 }), invalid('limit')],
    ])
    t.strictSame(valueOf(await listLinks(context, {})).links, [])
  })

  const look = (storage: Parameters<Parameters<typeof checkChanges>[2][string]['look']>[0]) => storage.links.list({ now: NOW, limit: 9 })
  await checkChanges(t, open, {
    'an invitation': {
      prepare: async ({ storage }) => {
        await storage.groups.insert({ name: 'g', description: '', createdAt: NOW })
        return (context) => inviteUser(context, { email: 'helen@example.com', group: 'g' })
      },
      event: { name: 'link.made', details: { kind: 'invitation', group: 'g' } },
      look,
    },
    'a link for a new password': {
      prepare: async ({ storage }) => {
        const helen = await addUser(storage, { username: 'helen' })
        return (context) => makeResetLink(context, helen)
      },
      event: { name: 'link.made', details: { kind: 'reset', user: 'helen' } },
      look,
    },
    'a link for a second factor': {
      prepare: async ({ storage }) => {
        const helen = await addUser(storage, { username: 'helen', passwordHash: undefined })
        return (context) => makeFactorLink(context, helen)
      },
      event: { name: 'link.made', details: { kind: 'factor', user: 'helen' } },
      look,
    },
    'revoking a link': {
      prepare: async ({ context }) => {
        const { link } = valueOf(await inviteUser(context, {}))
        return (again) => revokeLink(again, link.tokenHash)
      },
      event: { name: 'link.revoked' },
      look,
    },
  })
}
