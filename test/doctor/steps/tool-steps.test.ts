import t from 'tap'
import { onMethod } from '#test/doctor/breakages.ts'
import { obliging, runDoctor } from '#test/doctor/run-doctor.ts'
import { createWorld } from '#test/doctor/world.ts'

for (const [what, list, detail] of [
  [
    'calls a tool that only reads rather than the first',
    [{ name: 'write' }, { name: 'read', annotations: { readOnlyHint: true } }],
    /^read answered$/,
  ],
  ['never calls a tool that destroys', [{ name: 'drop', annotations: { destructiveHint: true } }], /^no tool was called: of 1/],
  ['calls no tool that needs arguments', [{ name: 'paint', inputSchema: { required: ['color'] } }], /^no tool was called: of 1/],
  ['calls nothing where there is nothing', undefined, /^no tool was called: of 0/],
] as const) {
  t.test(`the doctor ${what}`, async (t) => {
    const world = createWorld(onMethod('tools/list', { tools: list }))
    const { outcomes } = await runDoctor(world, { browser: obliging(world) })
    t.match(outcomes.find(([title]) => title.includes('a tool answers'))?.[1], { kind: 'passed', detail })
  })
}

for (const [what, events] of [
  ['on one line', (message: string) => `: hello\r\n\r\ndata: not json\r\n\r\nevent: message\r\ndata: ${message}\r\n\r\n`],
  ['over several lines', (message: string) => `${message.replace(/^/gm, 'data: ')}\n\n`],
] as const) {
  t.test(`the doctor reads an answer ${what} from an event stream that stays open`, async (t) => {
    const world = createWorld()
    const streaming: typeof fetch = async (input, init) => {
      const response = await world.fetch(input, init)
      const isAnswer = String(input) === world.mcp && response.status === 200
      if (!isAnswer) return response
      const data = events(JSON.stringify(await response.json(), null, what === 'on one line' ? 0 : 2))
      const stream = new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from(data)) })
      return new Response(stream, { headers: { 'content-type': 'text/event-stream' } })
    }
    const { findings, outcomes } = await runDoctor({ ...world, fetch: streaming }, { browser: obliging(world) })
    t.strictSame(findings, [])
    t.match(outcomes.find(([title]) => title.includes('a tool answers'))?.[1], { detail: 'whoami answered' })
  })
}
