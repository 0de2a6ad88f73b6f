// Tools that the gate learns from answers which pass: the client's answer is the same in any case.
import t from 'tap'
import type { Test } from 'tap'
import { StorageUnavailable } from '#src/storage/storage.ts'
import { LIST, createGateScene } from '#test/support/gate/gate.ts'

async function scene(t: Test, env: Record<string, string> = {}) {
  const state = {
    tools: [{ name: 'move' }] as unknown[],
    type: 'application/json',
    status: 200,
    headers: {} as Record<string, string>,
    padding: '',
  }
  const lines: string[] = []
  const logger = { level: 'warn', stream: { write: (line: string) => void lines.push(line) } }
  const made = await createGateScene(
    t,
    ({ text }, response) => {
      const { id = null } = JSON.parse(text) as { id?: unknown }
      const answer = JSON.stringify({ jsonrpc: '2.0', id, result: { tools: state.tools, padding: state.padding } })
      response.writeHead(state.status, { 'content-type': state.type, ...state.headers })
      response.end(state.type === 'application/json' ? answer : `data: ${answer}\n\n`)
    },
    { env, logger },
  )
  const access = await made.token()
  const known = async () => (await made.storage.resources.findByIdentifier(made.address))!.tools?.map(({ name }) => name)
  return {
    ...made,
    state,
    lines,
    known,
    /** What the client reads. What is learned of it is written once it is over. */
    async list(body: unknown = LIST) {
      const before = JSON.stringify(await known())
      const text = await (await made.send(access, { body })).text()
      for (let tries = 0; tries < 10 && JSON.stringify(await known()) === before; tries++)
        await new Promise((resolve) => setTimeout(resolve, 10))
      made.clock.now += 60_000
      return text
    },
  }
}

t.test('the tools of an answer are kept, as JSON or as events, and an operator sees that', async (t) => {
  const { list, known, state, storage } = await scene(t)
  t.match(JSON.parse(await list()), { result: { tools: [{ name: 'move' }] } })
  t.same(await known(), ['move'])
  state.tools = [{ name: 'drop' }]
  state.type = 'text/event-stream'
  t.match(await list(), /"name":"drop"/)
  t.same(await known(), ['drop', 'move'])
  const events = (await storage.auditEvents.list({ since: 0, limit: 100 })).filter(({ name }) => name === 'resource.updated')
  t.match(events, [{ actor: 'server' }, { actor: 'server' }])
  await list()
  t.equal((await storage.auditEvents.list({ since: 0, limit: 100 })).filter(({ name }) => name === 'resource.updated').length, 2)
})

t.test('nothing is learned from what is no whole list', async (t) => {
  const { list, known, state } = await scene(t)
  await list({ ...LIST, params: { cursor: 'x' } })
  await list({ ...LIST, method: 'ping' })
  for (const change of [
    { headers: { 'content-encoding': 'gzip' } },
    { status: 500, headers: {} },
    { status: 200, padding: 'x'.repeat(1_100_000) },
  ]) {
    Object.assign(state, change)
    await list().catch(() => undefined) // it is not really packed
  }
  t.equal(await known(), undefined)
})

t.test('a server writes at most once a minute', async (t) => {
  const { list, known, state, clock } = await scene(t)
  await list()
  clock.now -= 30_000
  state.tools = [{ name: 'drop' }]
  await list()
  t.same(await known(), ['move'])
  await list()
  t.same(await known(), ['drop', 'move'])
})

t.test('a database that is away changes nothing for the client', async (t) => {
  const { list, known, storage, lines } = await scene(t)
  const { update } = storage.resources
  Object.assign(storage.resources, { update: async () => Promise.reject(new StorageUnavailable('down')) })
  t.match(await list(), /move/)
  Object.assign(storage.resources, { update })
  t.equal(await known(), undefined)
  t.match(lines.join(''), /could not be kept/)
})

t.test('an operator may leave it off', async (t) => {
  const { list, known } = await scene(t, { LEARN_TOOLS: 'off' })
  await list()
  t.equal(await known(), undefined)
})
