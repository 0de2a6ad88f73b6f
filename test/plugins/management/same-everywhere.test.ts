// Whatever is done by the API, in the console or at the command line: the same happens, and the audit log says the same of it.
import { join } from 'node:path'
import t from 'tap'
import { eventJson } from '#src/operations/audit.ts'
import type { Storage } from '#src/storage/storage.ts'
import { createApp, SECRET } from '#test/support/app.ts'
import { startConsole } from '#test/support/people/console.ts'
import { createManagement } from '#test/support/people/management-api.ts'
import { addUser } from '#src/operations/users/user-credentials.ts'
import { contextOf } from '#test/support/people/management-api.ts'
import { openTerminal } from '#test/cli/terminal/terminal.ts'

const PASSWORD = 'correct horse battery 1'
const USERS = ['helen', 'paris', 'oscar']
const SEED = 20
const STEPS = 40

interface Step {
  readonly words: string
  readonly call: readonly [method: string, path: string, body?: object]
  /** Undefined for what the console has no form for. */
  readonly form?: readonly [path: string, fields: Record<string, string>, user?: string]
}

/** Every step with every way to take it. */
const KINDS: readonly ((user: string, group: string, odd: string) => Step)[] = [
  (user, group) => ({
    words: `group join ${group} ${user}`,
    call: ['PUT', `/groups/${group}/members/${user}`],
    form: ['groups/join', { group, user }],
  }),
  (user, group) => ({
    words: `group leave ${group} ${user}`,
    call: ['DELETE', `/groups/${group}/members/${user}`],
    form: ['groups/leave', { group, user }],
  }),
  (_, group) => ({
    words: `group add ${group}`,
    call: ['POST', '/groups', { name: group }],
    form: ['groups/add', { group, description: '' }],
  }),
  (_, group) => ({ words: `group delete ${group} --yes`, call: ['DELETE', `/groups/${group}`], form: ['groups/delete', { group }] }),
  (user, _, odd) => ({
    words: `user role ${user} ${odd}`,
    call: ['PUT', `/users/${user}/role`, { role: odd }],
    form: ['people/role', { role: odd }, user],
  }),
  ...['disable', 'enable', 'unlock'].map((what) => (user: string): Step => ({
    words: `user ${what} ${user}`,
    call: ['POST', `/users/${user}/${what}`, {}],
    form: [`people/${what}`, {}, user],
  })),
  (user) => ({ words: `session end --user ${user}`, call: ['DELETE', `/users/${user}/sessions`], form: ['people/end-sessions', {}, user] }),
  (user) => ({
    words: `user reset-password ${user}`,
    call: ['POST', `/users/${user}/reset-links`, {}],
    form: ['people/reset-link', {}, user],
  }),
  (_, group) => ({
    words: `admission add @${group}.example`,
    call: ['POST', '/admission-rules', { rule: `@${group}.example` }],
    form: ['admission/add', { rule: `@${group}.example` }],
  }),
  (_, group) => ({
    words: `admission delete @${group}.example`,
    call: ['DELETE', `/admission-rules?rule=@${group}.example`],
    form: ['admission/delete', { rule: `@${group}.example` }],
  }),
]

/** What the console has no form for. */
const MORE: readonly Step[] = [
  {
    words: 'user update helen --email helen@example.com --given-name Nell',
    call: ['PATCH', '/users/helen', { email: 'helen@example.com', given_name: 'Nell' }],
  },
  { words: 'user update helen --email nonsense', call: ['PATCH', '/users/helen', { email: 'nonsense' }] },
  {
    words: 'resource add https://mcp.example.com/ --scope read=Read --token-ttl 5m',
    call: ['POST', '/resources', { resource: 'https://mcp.example.com/', scopes: [{ name: 'read', description: 'Read' }], token_ttl: 300 }],
  },
  { words: 'resource add https://mcp.example.com/', call: ['POST', '/resources', { resource: 'https://mcp.example.com/' }] },
  {
    words: 'access deny https://mcp.example.com/ --user paris --scope read',
    call: ['POST', '/access-rules', { effect: 'deny', resource: 'https://mcp.example.com/', user: 'paris', scopes: ['read'] }],
  },
  {
    words: 'initial-access-token create partners --uses 3 --redirect-hosts a.example',
    call: ['POST', '/initial-access-tokens', { name: 'partners', uses: 3, redirect_hosts: ['a.example'] }],
  },
  { words: 'initial-access-token delete nothing', call: ['DELETE', '/initial-access-tokens/nothing'] },
  {
    words: 'client add --name Notes --redirect-uri https://a.example/cb --confidential',
    call: [
      'POST',
      '/clients',
      { client_name: 'Notes', redirect_uris: ['https://a.example/cb'], token_endpoint_auth_method: 'client_secret_basic' },
    ],
  },
  { words: 'user invite --group staff', call: ['POST', '/invitations', { group: 'staff' }] },
  { words: 'user delete oscar --yes', call: ['DELETE', '/users/oscar'] },
]

/** Numbers below `n`, the same in each run. */
function randomFrom(seed: number): (n: number) => number {
  let state = seed
  return (n) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return (state >> 8) % n
  }
}

const random = randomFrom(SEED)
const pick = <T>(from: readonly T[]): T => from[random(from.length)]!
const steps = Array.from({ length: STEPS }, () =>
  pick(KINDS)(pick(USERS), pick(['staff', 'crew']), pick(['viewer', 'operator', 'owner', 'none', 'king'])),
)

/** Without what is random, or differs by the way it was done. */
const withoutIds = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value)
      .replaceAll(/(?<="|_)[\w-]{22,43}(?=")/g, 'id')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'instant'),
  )

async function stateOf(storage: Storage): Promise<unknown> {
  const users = (await storage.users.list()).filter(({ username }) => USERS.includes(username))
  const people = await Promise.all(
    users.map(async ({ id, username, role, disabledAt, email, profile }) => ({
      ...{ username, role, disabled: disabledAt !== undefined, email, profile },
      groups: (await storage.groups.listOf(id)).map(({ group }) => group).sort(),
    })),
  )
  const rules = (await storage.admissionRules.list()).map(({ rule }) => rule).sort()
  return { people, groups: (await storage.groups.list()).map(({ group, members }) => [group.name, members]), rules }
}

const ABOUT = /^(user|group|admission_rule|resource|access_rule|initial_access_token|link)\.|^session\.ended$|^client\.registered$/
const eventsOf = async (storage: Storage, from: number) => {
  const names = new Map((await storage.users.list()).map(({ id, username }) => [id, username]))
  return (await storage.auditEvents.list({ since: from, limit: 1000 }))
    .map(eventJson)
    .filter(({ event, actor }) => event !== 'user.added' && ABOUT.test(event) && /^(operator|user admin)$/.test(actor))
    .map(({ event, sub, details }) => withoutIds({ event, user: sub && (names.get(sub) ?? 'gone'), details }))
    .reverse()
}

t.test('a random sequence of changes leaves the same state, and the same events, whatever the way', async (t) => {
  const api = await createManagement(t)
  const flow = await startConsole(t)
  const databaseUrl = `sqlite:${join(t.testdir(), 'cli.db')}`
  const machine = await createApp(t, { DATABASE_URL: databaseUrl })
  const { pipe } = openTerminal(t, { DATABASE_URL: databaseUrl, SECRET, ISSUER: 'http://localhost:8000' })
  for (const world of [api, flow, machine]) for (const username of USERS) await addUser(contextOf(world), { username, password: PASSWORD })
  const token = await api.tokenOf()
  const visitor = await flow.enter()
  const start = Math.max(api.clock.now, flow.clock.now, machine.clock.now)
  for (const world of [api, flow]) world.clock.now = Math.max(start, Date.now())
  const secrets: string[] = [PASSWORD, token]

  const byApi = async ({ call: [method, path, body] }: Step) => {
    api.clock.now += 1
    const answer = await api.call(method, path, { token, body })
    for (const name of ['token', 'secret', 'client_secret', 'url'])
      if (typeof answer.body[name] === 'string') secrets.push(String(answer.body[name]).replace(/^.*\//, ''))
    return answer.status < 300
  }
  const byForm = async ({ form }: Step) => {
    flow.clock.now += 1
    const [path, fields, user] = form!
    const id = user === undefined ? undefined : ((await flow.storage.users.findByUsername(user))?.id ?? 'gone')
    return (await visitor.do(`/admin/${path}`, { ...fields, ...(id !== undefined && { id }) })).status < 400
  }
  const byWords = async ({ words }: Step) => (await pipe(words, PASSWORD)).code === 0

  for (const step of steps) {
    const done = [await byApi(step), await byWords(step), await byForm(step)]
    t.equal(new Set(done).size, 1, `${step.words}: ${String(done)}`)
  }
  t.strictSame(await stateOf(machine.storage), await stateOf(api.storage))
  t.strictSame(await stateOf(flow.storage), await stateOf(api.storage))
  const said = await eventsOf(api.storage, start)
  t.ok(said.length >= 15, `${said.length} events`)
  t.strictSame(await eventsOf(machine.storage, start), said)
  t.strictSame(await eventsOf(flow.storage, start), said)

  for (const step of MORE) t.equal(await byApi(step), await byWords(step), step.words)
  t.strictSame(await stateOf(machine.storage), await stateOf(api.storage))
  const all = await eventsOf(api.storage, start)
  t.ok(all.length >= said.length + 6)
  t.strictSame(await eventsOf(machine.storage, start), all)
  const log = JSON.stringify(await api.storage.auditEvents.list({ since: 0, limit: 1000 }))
  t.ok(secrets.length > 5)
  for (const secret of secrets) t.notMatch(log, secret, 'no event tells a secret')
})
