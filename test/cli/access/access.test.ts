// Who may do what now: grants and sessions, at the command line.
import t from 'tap'
import {
  addFamily,
  addGrant,
  addResource,
  addSession,
  addUser,
  makeClient,
  makeEvent,
  makePersonalToken,
} from '#test/storage/conformance/records.ts'
import { openTerminal } from '../terminal/terminal.ts'
import type { Terminal } from '../terminal/terminal.ts'

const DAY = 86_400_000
const now = Math.floor(Date.now() / 1000) * 1000

/** helen, with a client that acts for her and a browser. */
const fill = ({ look }: Terminal, ids: { grant?: string; session?: string } = {}) =>
  look(async (storage) => {
    const user = await addUser(storage, { username: 'helen' })
    const client = makeClient({ metadata: { ...makeClient().metadata, display: { client_name: 'Comet chat\u202e' } } })
    await storage.clients.insert(client)
    const times = { createdAt: now, expiresAt: now + DAY }
    const grant = { ...times, scopes: ['openid'], ...(ids.grant !== undefined && { id: ids.grant }) }
    const session = await addSession(storage, user.id, {
      ...times,
      authTime: now,
      lastSeenAt: now,
      ...(ids.session !== undefined && { idHash: ids.session }),
    })
    return { user, client, session, grant: (await addGrant(storage, { user, client, grant })).grant }
  })

t.test('an operator sees which apps act for whom, and ends one', async (t) => {
  const terminal = openTerminal(t)
  t.match(await terminal.pipe('grant list'), { code: 0, output: 'No client acts for a user now.\n' })
  const { grant, client } = await fill(terminal)
  t.match(
    (await terminal.pipe('grant list')).output,
    new RegExp(`│ helen │ Comet chat� +│ openid +│ 20\\S+ \\d\\d:\\d\\d +│ 20\\S+ \\d\\d:\\d\\d +│ ${grant.id} │`, 'u'),
  )
  t.match((await terminal.pipe('grant list')).output, 'https://mcp.example.com/')
  t.match(JSON.parse((await terminal.pipe(`grant list --user Helen --client ${client.id} --json`)).output), [
    { id: grant.id, user: 'helen', client_name: 'Comet chat\u202e' },
  ])
  t.match(await terminal.pipe('grant list --user nobody'), { code: 1, errors: 'There is no user nobody.\n' })
  t.match(await terminal.pipe(`grant revoke ${grant.id}`), { code: 0, output: 'The grant of Comet chat� for helen has ended.\n' })
  t.match(await terminal.pipe(`grant revoke ${grant.id}`), {
    code: 1,
    errors: `There is no live grant ${grant.id}. List them with: solar grant list\n`,
  })
  t.strictSame(JSON.parse((await terminal.pipe('grant list --json')).output), [])
})

t.test('an operator sees who is logged in, and ends one browser or all of a user', async (t) => {
  const terminal = openTerminal(t)
  t.match(await terminal.pipe('session list'), { code: 0, output: 'Nobody is logged in now.\n' })
  const { session, user } = await fill(terminal)
  t.match((await terminal.pipe('session list')).output, new RegExp(`│ helen │ (20\\S+ \\d\\d:\\d\\d +│ ){2}.*│ ${session.idHash} │`, 'u'))
  t.match(JSON.parse((await terminal.pipe('session list --user helen --json')).output), [{ id: session.idHash, sub: user.id }])
  for (const words of ['session end', `session end ${session.idHash} --user helen`])
    t.match(await terminal.pipe(words), { code: 1, errors: 'Name either a session, or a user with --user.\n' })
  t.match(await terminal.pipe(`session end ${session.idHash}`), { code: 0, output: 'This session of helen has ended.\n' })
  t.match(await terminal.pipe(`session end ${session.idHash}`), { code: 1, errors: /^There is no live session .*: solar session list\n$/ })
  t.match(await terminal.pipe('session end --user helen'), { code: 1, errors: 'helen has no session.\n' })
  await terminal.look((storage) => addSession(storage, user.id, { expiresAt: now + DAY, lastSeenAt: now }))
  t.match(await terminal.pipe('session end --user HELEN'), { code: 0, output: 'All sessions of helen have ended.\n' })
  t.match(await terminal.pipe('session end --user nobody'), { code: 1, errors: /^There is no user nobody\. .*: solar user list\n$/ })
})

t.test('of many, an operator is told that there are more', async (t) => {
  const terminal = openTerminal(t)
  const { user, client } = await fill(terminal)
  await terminal.look(async (storage) => {
    await addFamily(storage, { user, client })
    await addSession(storage, user.id, { expiresAt: now + DAY, lastSeenAt: now })
  })
  t.match(await terminal.pipe('grant list --limit 1'), { code: 0, errors: 'There are more: add --user, --client or --limit.\n' })
  t.match(await terminal.pipe('session list --limit 1'), { code: 0, errors: 'There are more: add --user or --limit.\n' })
})

t.test('an id that begins like an option is taken for what it is', async (t) => {
  const terminal = openTerminal(t)
  const ids = { grant: `-${'a'.repeat(21)}`, session: `--${'b'.repeat(41)}` }
  await fill(terminal, ids)
  t.match(await terminal.pipe(`grant revoke ${ids.grant}`), { code: 0 })
  t.match(await terminal.pipe(`session end -- ${ids.session}x`), { code: 1, errors: /^There is no live session/ })
  t.match(await terminal.pipe(`session end ${ids.session}`), { code: 0 })
  t.match(await terminal.pipe(`keys revoke -${'c'.repeat(42)} --yes`), { code: 1, errors: /^There is no key -c+ to revoke/ })
})

t.test('an operator sees all that is known of a user', async (t) => {
  const terminal = openTerminal(t)
  const { user } = await fill(terminal)
  const { output } = await terminal.pipe('user show helen')
  t.match(output, new RegExp(`│ sub +│ ${user.id} +│`, 'u'))
  t.match(output, /│ live_sessions +│ 1 +│\n.*\n│ live_grants +│ 1 +│/u)
  t.match(JSON.parse((await terminal.pipe('user show HELEN --json')).output), { sub: user.id, live_sessions: 1, live_grants: 1 })
  t.match(await terminal.pipe('user show nobody'), { code: 1, errors: /^There is no user nobody\. .*: solar user list\n$/ })
  t.match((await terminal.pipe('user list')).output, new RegExp(`│ helen .*│ ${user.id} │`, 'u'))
})

t.test('an operator sees of a user what they see on their own page', async (t) => {
  const terminal = openTerminal(t)
  const { user, client, grant, session } = await fill(terminal)
  t.notMatch((await terminal.pipe('user show helen')).output, /Personal access tokens|Recent activity/, 'no heading without a list')
  const lives = { createdAt: now - 1, lastSeenAt: now, expiresAt: now + DAY }
  const resource = await terminal.look(async (storage) => {
    const resource = await addResource(storage)
    await addSession(storage, user.id, { ...lives, createdAt: now + 1, browser: 'Firefox, Linux', network: '192.0.2.0' })
    const token = makePersonalToken(user.id, { ...lives, resourceId: resource.id })
    await storage.personalTokens.insert(token)
    await storage.personalTokens.touch(token.id, now)
    await storage.personalTokens.insert(makePersonalToken(user.id, { ...lives, name: 'old', resourceId: 'gone', createdAt: now - 2 }))
    await storage.auditEvents.insert(makeEvent({ name: 'user.logged_in', at: now, userId: user.id, actor: 'user helen' }))
    await storage.auditEvents.insert(makeEvent({ name: 'user.logged_in', at: now, userId: 'paris', actor: 'user paris' }))
    return resource
  })
  const { output, errors } = await terminal.pipe('user show helen')
  t.match(output, new RegExp(`\nApps\n[^]*│ Comet chat� +│ openid +│.*│ ${grant.id} +│`, 'u'))
  t.match(output, new RegExp(`\nSessions\n[^]*│ Firefox, Linux +│ 192\\.0\\.2\\.0 +│[^]*│ ${session.idHash} +│`, 'u'))
  t.match(
    output,
    new RegExp(`\nPersonal access tokens\n[^]*│ nightly backup 🪐 +│ ${resource.identifier} +│( 20\\S+ \\d\\d:\\d\\d +│){2}`, 'u'),
  )
  t.match(output, /│ old +│ a resource that is gone +│.*│ never +│/u)
  t.match(output, /\nRecent activity \(UTC\)\n.*user logged in, user helen/)
  t.notMatch(output, 'paris')
  t.equal(errors, '')
  const shown = JSON.parse((await terminal.pipe('user show helen --json')).output) as object
  t.match(shown, {
    sub: user.id,
    apps: [{ id: grant.id, client_id: client.id }],
    sessions: [{ browser: 'Firefox, Linux' }, { id: session.idHash }],
    personal_tokens: [{ resource: resource.identifier }, { name: 'old' }],
    events: [{ event: 'user.logged_in', sub: user.id }],
  })

  await terminal.look(async (storage) => {
    for (let count = 0; count < 20; count++) {
      await addSession(storage, user.id, { ...lives, browser: undefined, network: undefined })
      await addGrant(storage, { user, client, grant: lives })
      await storage.personalTokens.insert(makePersonalToken(user.id, { ...lives, resourceId: resource.id }))
      await storage.auditEvents.insert(makeEvent({ at: now, userId: user.id }))
    }
  })
  for (const words of ['user show helen', 'user show helen --json'])
    t.strictSame((await terminal.pipe(words)).errors.split('\n'), [
      'Apps that are not shown: 1. All: solar grant list --user helen --limit 1000',
      'Sessions that are not shown: 2. All: solar session list --user helen --limit 1000',
      'Personal access tokens that are not shown: 2. All: solar personal-token list --user helen --limit 1000',
      'There are earlier events: solar audit list --user helen --limit 10000',
      '',
    ])
  const bounded = JSON.parse((await terminal.pipe('user show helen --json')).output) as Record<string, unknown[]>
  for (const list of ['apps', 'sessions', 'personal_tokens', 'events']) t.equal(bounded[list]!.length, 20, list)
  t.match(await terminal.pipe('audit list --user helen --limit 1 --json'), { output: `"sub": "${user.id}"` })
  t.match(await terminal.pipe('audit list --user nobody'), { code: 1, errors: 'There is no user nobody.\n' })
})
