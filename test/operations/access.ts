import { grantJson, listGrants, revokeGrant } from '#src/operations/grants.ts'
import { endSession, endUserSessions, listSessions, sessionJson } from '#src/operations/sessions.ts'
import { readStatus } from '#src/operations/status.ts'
import { showUser } from '#src/operations/users/users.ts'
import { loadKeyset } from '#src/crypto/keyset.ts'
import { DAY, MINUTE, NOW, addClient, addGrant, addSession, addUser, makeClient } from '#test/storage/conformance/records.ts'
import { SECRET, checkChanges, checkRefused, valueOf } from './scene.ts'
import type { Suite } from './scene.ts'

const APP = { metadata: { ...makeClient().metadata, display: { client_name: 'Comet chat' } } }

export const access: Suite = async (t, open) => {
  await t.test('an operator sees which clients act for whom, and as many as asked for', async (t) => {
    const { context, storage } = await open()
    const helen = await addUser(storage, { username: 'helen' })
    const app = await addClient(storage, APP)
    const first = await addGrant(storage, { user: helen, client: app, grant: { createdAt: NOW - 1, expiresAt: NOW + 2 * DAY } })
    const second = await addGrant(storage, { user: helen, grant: { expiresAt: NOW + DAY } })
    const other = await addGrant(storage, { grant: { expiresAt: NOW + MINUTE } })
    const list = async (asked: Parameters<typeof listGrants>[1]) => {
      const { grants, more } = valueOf(await listGrants(context, asked))
      return [grants.map(({ grant }) => grant.id), more]
    }
    t.strictSame(await list({}), [[first, second, other].map(({ grant }) => grant.id), false])
    t.strictSame(await list({ limit: 2 }), [[first, second].map(({ grant }) => grant.id), true])
    t.strictSame(await list({ user: ' HELEN' }), [[second, first].map(({ grant }) => grant.id), false])
    t.strictSame(await list({ user: 'helen', client: app.id }), [[first.grant.id], false])
    t.strictSame(grantJson(valueOf(await listGrants(context, { client: app.id })).grants[0]!), {
      id: first.grant.id,
      user: 'helen',
      sub: helen.id,
      client_id: app.id,
      client_name: 'Comet chat',
      scopes: first.grant.scopes,
      resources: first.grant.resources,
      created_at: new Date(NOW - 1).toISOString(),
      last_used_at: new Date(NOW - 1).toISOString(),
      last_used_from: undefined,
      expires_at: new Date(NOW + 2 * DAY).toISOString(),
    })
  })

  await t.test('an operator sees who is logged in, and as many as asked for', async (t) => {
    const { context, storage } = await open()
    const helen = await addUser(storage, { username: 'helen' })
    const session = await addSession(storage, helen.id, { expiresAt: NOW + 2 * DAY })
    const other = await addSession(storage, (await addUser(storage)).id)
    await addSession(storage, helen.id, { lastSeenAt: NOW - 2 * 3_600_000 }) // idle for longer than the settings allow
    const list = async (asked: Parameters<typeof listSessions>[1]) => {
      const { sessions, more } = valueOf(await listSessions(context, asked))
      return [sessions.map(({ session }) => session.idHash), more]
    }
    t.strictSame(await list({}), [[session.idHash, other.idHash], false])
    t.strictSame(await list({ limit: 1 }), [[session.idHash], true])
    t.strictSame(await list({ user: 'Helen' }), [[session.idHash], false])
    t.strictSame(sessionJson(valueOf(await listSessions(context, { user: 'helen' })).sessions[0]!), {
      id: session.idHash,
      sid: session.sid,
      user: 'helen',
      sub: helen.id,
      browser: 'Firefox · Linux',
      network: '192.0.2.7',
      logged_in_at: new Date(NOW).toISOString(),
      last_seen_at: new Date(NOW).toISOString(),
      expires_at: new Date(NOW + 2 * DAY).toISOString(),
    })
    await addGrant(storage, { user: helen })
    t.match(valueOf(await showUser(context, 'HELEN')), { user: { id: helen.id }, sessions: 1, grants: 1 })
  })

  await t.test('what does not exist is neither listed nor ended', async (t) => {
    const scene = await open()
    const { context, storage } = scene
    const { grant, user } = await addGrant(storage)
    await storage.grants.revoke(grant.id, NOW)
    const idle = await addSession(storage, user.id, { lastSeenAt: NOW - 2 * 3_600_000 })
    await checkRefused(t, scene, [
      [listGrants(context, { user: 'nobody' }), { kind: 'not-found', message: 'There is no user nobody.' }],
      [listGrants(context, { client: 'nothing' }), { kind: 'not-found', message: 'There is no client nothing.' }],
      [listGrants(context, { limit: 0 }), { kind: 'invalid', argument: { name: 'limit', value: '0' } }],
      [listSessions(context, { user: 'nobody' }), { kind: 'not-found', message: 'There is no user nobody.' }],
      [listSessions(context, { limit: 1001 }), { kind: 'invalid', argument: { name: 'limit', value: '1001' } }],
      [showUser(context, 'nobody'), { kind: 'not-found', message: 'There is no user nobody.' }],
      [revokeGrant(context, grant.id), { kind: 'not-found', message: `There is no live grant ${grant.id}.` }],
      [endSession(context, idle.idHash), { kind: 'not-found', message: `There is no live session ${idle.idHash}.` }],
    ])
    await storage.sessions.end(idle.idHash, NOW)
    await checkRefused(t, scene, [[endUserSessions(context, user), { kind: 'conflict', message: `${user.username} has no session.` }]])
  })

  await t.test('of operators who end the same at once, one does', async (t) => {
    const { context, storage, events } = await open()
    const { grant, user } = await addGrant(storage)
    const { idHash } = await addSession(storage, user.id)
    for (const end of [() => revokeGrant(context, grant.id), () => endSession(context, idHash)]) {
      const outcomes = await Promise.all([end(), end()])
      t.strictSame(outcomes.map(({ ok }) => ok).sort(), [false, true])
      const { message } = outcomes.flatMap((outcome) => (outcome.ok ? [] : outcome.error))[0]!
      t.match(message, /^Someone else changed or deleted|^There is no live/)
    }
    t.equal((await events()).length, 2)
  })

  await checkChanges(t, open, {
    'the end of a grant': {
      prepare: async ({ storage }) => {
        const user = await addUser(storage, { username: 'helen' })
        const client = await addClient(storage, { ...APP, id: 'the-client' })
        await addGrant(storage, { user, client, grant: { id: 'the-grant', scopes: ['openid', 'email'] } })
        return (context) => revokeGrant(context, 'the-grant')
      },
      event: {
        name: 'grant.revoked',
        clientId: 'the-client',
        details: { grant: 'the-grant', user: 'helen', scope: 'openid email' },
      },
      look: async ({ grants }) => (await grants.find('the-grant', NOW))?.grant.id,
    },
    'the end of a session': {
      prepare: async ({ storage }) => {
        const user = await addUser(storage, { username: 'helen' })
        await addSession(storage, user.id, { idHash: 'the-session', sid: 'the-sid' })
        return (context) => endSession(context, 'the-session')
      },
      event: { name: 'session.ended', details: { user: 'helen', session: 'the-sid' } },
      look: async ({ sessions }) => (await sessions.findLive('the-session', NOW, 0))?.session.sid,
    },
    'the end of all sessions of a user': {
      prepare: async ({ storage }) => {
        const user = await addUser(storage, { username: 'helen' })
        await addSession(storage, user.id, { idHash: 'the-session' })
        return (context) => endUserSessions(context, user)
      },
      event: { name: 'session.ended', details: { user: 'helen', sessions: 'all' } },
      look: async ({ sessions }) => (await sessions.findLive('the-session', NOW, 0))?.session.sid,
    },
  })

  await t.test('an operator reads how much there is, and which keys sign', async (t) => {
    const { context, storage } = await open()
    const user = await addUser(storage)
    await addSession(storage, user.id)
    await addGrant(storage, { user })
    await loadKeyset(storage.keys, SECRET, NOW - DAY)
    const status = valueOf(await readStatus(context))
    t.match(status, {
      issuer: 'https://auth.observatory.example',
      users: 1,
      clients: 1,
      grants: 1,
      sessions: 1,
      logins: 1,
      failedLogins: 0,
      size: Number,
      schemaVersion: Number,
    })
    t.strictSame(
      status.keys.map(({ key, state }) => `${key.alg} ${state} ${key.activeAt - NOW}`),
      [`ES256 current ${-DAY}`, `RS256 current ${-DAY}`],
    )
  })
}
