// Each row makes for itself what it uses up: played here against a server that only counts codes and tokens.
import t from 'tap'
import type { Answer, Load, Shot, Step } from '../../bench/measure/load.ts'
import { ROW_NAMES, scenarios } from '../../bench/rows/scenarios.ts'

const client = { client_id: 'client', client_secret: 'secret' }
const prepared = { issuer: 'https://auth.example.com', client, cookie: 'session=1', machine: client }

/** Answers as a server would, and refuses what was used before or never given out. */
function createServer() {
  const open = new Set<string>()
  const shown: string[] = []
  let number = 0
  const issue = (kind: string): string => {
    open.add(`${kind}-${++number}`)
    return `${kind}-${number}`
  }
  const use = (value: string | null): number => (open.delete(value!) ? 200 : 400)
  const tokens = (status: number, resource: boolean) => ({
    status,
    body: { access_token: issue(resource ? 'jwt' : 'opaque'), refresh_token: issue(resource ? 'refresh' : 'own-refresh') },
  })
  function answer({ method, path, headers = {}, body = '' }: Shot): { status: number; body: object; location?: string } {
    const url = new URL(path, prepared.issuer)
    const fields = url.pathname === '/register' ? new URLSearchParams() : new URLSearchParams(body)
    const token = headers['authorization']?.split(' ')[1] ?? ''
    switch (`${method} ${url.pathname}`) {
      case 'GET /authorize': {
        const requestUri = url.searchParams.get('request_uri')
        const code = issue(url.searchParams.has('resource') || requestUri !== null ? 'code' : 'own-code')
        return {
          status: requestUri === null || use(requestUri) === 200 ? 303 : 400,
          body: {},
          location: `https://client.example/?code=${code}`,
        }
      }
      case 'POST /token':
        if (fields.get('grant_type') === 'client_credentials') return { status: 200, body: {} }
        return fields.has('code')
          ? tokens(use(fields.get('code')), fields.has('resource') && !fields.get('code')!.startsWith('own'))
          : tokens(use(fields.get('refresh_token')), !fields.get('refresh_token')!.startsWith('own'))
      case 'POST /par':
        return { status: 201, body: { request_uri: issue('uri') } }
      case 'POST /register':
        return { status: 201, body: {} }
      case 'GET /userinfo':
      case 'POST /introspect':
        shown.push(fields.get('token') ?? token)
        return { status: open.has(shown.at(-1)!) ? 200 : 401, body: {} }
      default:
        return { status: 200, body: {} }
    }
  }
  function play(load: Load): void {
    const steps: readonly Step[] = [load, ...(load.followedBy ?? [])]
    for (let turn = 0; turn < load.amount; turn++) {
      for (const step of steps) {
        const { status, body, location } = answer(step.next({}))
        if (status !== step.expected) throw new Error(`expected ${step.expected}, got ${status}`)
        const answered: Answer = { status, body: JSON.stringify(body), headers: location === undefined ? {} : { location } }
        step.onAnswer?.(answered, {})
      }
    }
  }
  return { play, shown }
}

for (const ownTokensOnly of [false, true]) {
  const server = ownTokensOnly ? 'a server that wants tokens of its own' : 'our server'
  for (const name of ROW_NAMES) {
    t.test(`${name}: runs alone, several rounds, on ${server}`, async (t) => {
      const { play, shown } = createServer()
      const scenario = scenarios({ ...prepared, ownTokensOnly }).find((one) => one.name === name)!
      for (const amount of [32, 48, 48]) {
        for (const load of scenario.supply?.(amount) ?? []) play(load)
        const before = shown.length
        const load = scenario.load(amount)
        t.equal(load.amount, amount)
        play(load)
        if (name.includes('first sight')) t.equal(new Set(shown.slice(before)).size, amount, 'no token is shown twice')
        if (name.includes('seen before')) t.equal(new Set(shown.slice(before)).size, 1)
      }
      t.ok(shown.every((token) => token.startsWith(ownTokensOnly ? 'opaque' : 'jwt')))
    })
  }
}

t.test('one row after the other lives on what those before it made', async (t) => {
  const { play } = createServer()
  for (const scenario of scenarios(prepared)) {
    for (let round = 0; round < 3; round++) {
      for (const load of scenario.supply?.(32) ?? []) play(load)
      play(scenario.load(32))
    }
  }
  t.equal(new Set(ROW_NAMES).size, ROW_NAMES.length)
})

t.test('what takes several steps ends with a whole turn on each connection', async (t) => {
  const flow = scenarios(prepared).at(-1)!
  t.match(flow.load(50), { amount: 48, connections: 16 })
})
