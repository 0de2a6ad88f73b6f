// The tools of an MCP server: what people read of them, and which scopes unlock them.
import t from 'tap'
import { kindOfScope, kindOfTool, oddTools, parseTools, scopesOfTool, toolRulesOf, toolsByScope } from '#src/domain/resource/tools.ts'
import type { ResourceScope } from '#src/domain/resource/resource.ts'

const scope = (name: string, more: Partial<ResourceScope> = {}): ResourceScope => ({ name, description: name, ...more })
const tool = (name: string) => ({ name })

t.test('what a server says of its tools is cleaned, cut and sorted; what nobody could tell apart is left out', async (t) => {
  const listed = [
    { name: 'write', annotations: { readOnlyHint: false, destructiveHint: true, title: 'Write' } },
    { name: 'look', title: `Look\u202e ${'x'.repeat(100)}`, annotations: { readOnlyHint: true, title: 'no' } },
    { name: 'odd', title: 7, annotations: { readOnlyHint: 'yes', destructiveHint: 1 } },
    { name: 'odd2', annotations: 'none' },
    ...['', ' a', 'a\u200bb', 'x'.repeat(129)].map(tool),
    { title: 'nameless' },
    null,
    'text',
  ]
  t.strictSame(parseTools(listed), [
    { name: 'look', title: `Look ${'x'.repeat(75)}`, readOnly: true },
    { name: 'odd' },
    { name: 'odd2' },
    { name: 'write', title: 'Write', readOnly: false, destructive: true },
  ])
  t.equal(parseTools(Array.from({ length: 600 }, (_, index) => tool(`tool-${index}`))).length, 500)
})

t.test('a tool without a hint counts as writing, one with two as the worse, and an operator knows better', async (t) => {
  t.strictSame(
    [{}, { readOnly: true }, { readOnly: false }, { readOnly: true, destructive: true }, { destructive: false }].map(kindOfTool),
    ['write', 'read', 'write', 'destroy', 'write'],
  )
  t.equal(kindOfScope(scope('a'), []), undefined, 'nothing is known')
  t.equal(kindOfScope(scope('a'), [{ readOnly: true }]), 'read')
  t.equal(kindOfScope(scope('a'), [{ readOnly: true }, {}]), 'write')
  t.equal(kindOfScope(scope('a'), [{ readOnly: true }, { destructive: true }, {}]), 'destroy')
  t.equal(kindOfScope(scope('a', { kind: 'read' }), [{ destructive: true }]), 'read')
})

t.test('the rules of the gate and the tools of scopes say together what unlocks a tool', async (t) => {
  const gate = {
    identity: 'none',
    headers: [],
    tools: [
      { tool: 'move', scope: 'b' },
      { tool: '*', scope: 'a' },
    ],
  } as const
  const resource = {
    scopes: [scope('a', { tools: ['look', 'move'] }), scope('b', { tools: ['look'] })],
    gate,
    tools: ['look', 'move', 'new'].map(tool),
  }
  t.strictSame(toolRulesOf(resource), [...gate.tools, { tool: 'look', scope: 'a' }])
  t.strictSame(
    ['look', 'move', 'new'].map((name) => scopesOfTool(resource, name)),
    [['a', 'b'], ['b', 'a'], ['a']],
  )
  t.strictSame(
    [...toolsByScope(resource)].map(([name, tools]) => [name, ...tools.map((each) => each.name)].join(' ')),
    ['a look move new', 'b look move'],
  )
  t.strictSame(oddTools(resource), { uncovered: [], ambiguous: ['look', 'move'] })
  const bare = { scopes: [scope('a', { tools: ['look'] }), scope('b')], tools: ['look', 'new'].map(tool) }
  t.strictSame(oddTools(bare), { uncovered: ['new'], ambiguous: [] })
})

t.test('where nothing is said, a single scope unlocks everything, and of several nobody knows', async (t) => {
  const tools = [tool('look')]
  t.strictSame([...toolsByScope({ scopes: [scope('a')], tools })], [['a', tools]])
  t.strictSame([...toolsByScope({ scopes: [scope('a')] })], [['a', []]])
  t.strictSame([...toolsByScope({ scopes: [scope('a'), scope('b')], tools })], [])
  t.strictSame([...toolsByScope({ scopes: [], tools })], [])
  t.strictSame(oddTools({ scopes: [scope('a')], tools }), { uncovered: [], ambiguous: [] })
  t.strictSame(oddTools({ scopes: [scope('a', { tools: ['x'] })] }), { uncovered: [], ambiguous: [] })
})
