import { sha256 } from '#src/domain/protocol/sha256.ts'
import { initialAccessTokenJson } from '#src/operations/clients/initial-access-token-json.ts'
import {
  createInitialAccessToken,
  deleteInitialAccessToken,
  listInitialAccessTokens,
} from '#src/operations/clients/initial-access-tokens.ts'
import { NOW } from '#test/storage/conformance/records.ts'
import { checkChanges, checkRefused, valueOf } from './scene.ts'
import type { Suite } from './scene.ts'

export const initialAccessTokens: Suite = async (t, open) => {
  await checkChanges(t, open, {
    'creating an initial access token': {
      prepare: async () => (context) => createInitialAccessToken(context, { name: 'partners', uses: 5, expires: 3600 }),
      event: { name: 'registration_token.created', details: { token: 'partners', uses: 5, expires: '1h' } },
      look: ({ initialAccessTokens }) => initialAccessTokens.list(),
    },
    'deleting an initial access token': {
      prepare: async ({ context }) => {
        await createInitialAccessToken(context, { name: 'partners' })
        return (context) => deleteInitialAccessToken(context, 'partners')
      },
      event: { name: 'registration_token.deleted', details: { token: 'partners' } },
      look: ({ initialAccessTokens }) => initialAccessTokens.list(),
    },
  })

  await t.test('a token is kept as a hash, with its bounds', async (t) => {
    const { context, storage } = await open()
    const bounds = {
      redirectHosts: ['APP.example.com'],
      redirectKinds: ['loopback'],
      scopes: ['openid'],
      authMethods: ['none'],
      grantTypes: [],
    }
    const { record, token } = valueOf(await createInitialAccessToken(context, { name: 'partners', expires: 60, ...bounds }))
    t.match(record, { tokenHash: sha256(token), usesLeft: undefined, createdAt: NOW, expiresAt: NOW + 60_000 })
    t.strictSame(record.policy, { ...bounds, redirectHosts: ['app.example.com'] })
    t.match(await storage.initialAccessTokens.find(sha256(token)), { name: 'partners' })
    const json = valueOf(await listInitialAccessTokens(context)).map(initialAccessTokenJson)
    t.match(json, [{ name: 'partners', expires_at: new Date(NOW + 60_000).toISOString(), policy: { redirect_hosts: ['app.example.com'] } }])
    t.notOk(JSON.stringify(json).includes(record.tokenHash))
  })

  await t.test('what cannot be is refused, without a trace', async (t) => {
    const scene = await open()
    const { context } = scene
    await createInitialAccessToken(context, { name: 'partners' })
    const create = (asked: object) => createInitialAccessToken(context, { name: 'x', ...asked })
    await checkRefused(t, scene, [
      [create({ name: 'partners' }), { kind: 'conflict', message: 'There is already a token partners.' }],
      [create({ name: 'a b' }), { kind: 'invalid', message: /^The name must have 1 to 64/ }],
      [create({ expires: 0 }), { kind: 'invalid', argument: { name: 'expires', value: '0' } }],
      [create({ expires: 3651 * 86_400 }), { kind: 'invalid', message: /of at most 3650d/ }],
      [create({ uses: 1.5 }), { kind: 'invalid', argument: { name: 'uses' } }],
      [
        create({ redirectHosts: ['a.example/path'] }),
        { kind: 'invalid', message: /^redirectHosts must be hosts .* "a\.example\/path" is not one\.$/ },
      ],
      [create({ redirectKinds: ['http'] }), { kind: 'invalid', argument: { name: 'redirectKinds' } }],
      [create({ scopes: [] }), { kind: 'invalid', message: 'scopes is empty: leave it out.' }],
      [create({ scopes: ['a b'] }), { kind: 'invalid', argument: { name: 'scopes' } }],
      [create({ authMethods: ['basic'] }), { kind: 'invalid', argument: { name: 'authMethods' } }],
      [create({ grantTypes: ['password'] }), { kind: 'invalid', argument: { name: 'grantTypes' } }],
      [deleteInitialAccessToken(context, 'nobody'), { kind: 'not-found', message: 'There is no token nobody.' }],
    ])
    t.equal(valueOf(await listInitialAccessTokens(context)).length, 1)
  })
}
