// Who may do what now: grants and sessions, at the command line.
import t from 'tap'
import { addFamily, addGrant, addSession, addUser, makeClient } from '#test/storage/conformance/records.ts'
import { openTerminal } from './terminal.ts'
import type { Terminal } from './terminal.ts'

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
