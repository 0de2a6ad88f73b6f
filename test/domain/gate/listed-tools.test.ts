import t from 'tap'
import { addTools, idOfToolsList, toolsInAnswer } from '#src/domain/gate/listed-tools.ts'

t.test('only a request for all tools is one', async (t) => {
  const id = (value: unknown) => idOfToolsList(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)))
  for (const asked of [1, 'a', 0]) t.equal(id({ jsonrpc: '2.0', id: asked, method: 'tools/list', params: {} }), asked)
  t.equal(id({ id: 1, method: 'tools/list' }), 1)
  for (const other of [
    { id: 1, method: 'tools/list', params: { cursor: 'x' } },
    { id: 1, method: 'tools/call', params: { name: 'tools/list' } },
    { method: 'tools/list' },
    { id: null, method: 'tools/list' },
    [{ id: 1, method: 'tools/list' }],
    '{"method":"tools/list"',
    { id: 1, method: 'ping' },
  ])
    t.equal(id(other), undefined, JSON.stringify(other))
})

t.test('an answer that lists all tools is read as JSON or as events', async (t) => {
  const tools = [{ name: 'a' }]
  const answer = (result: unknown, id: unknown = 1) => JSON.stringify({ jsonrpc: '2.0', id, result })
  const events = (end: string) =>
    ['event: message', `data: ${answer({}, 2)}`, '', ': comment', `data:${answer({ tools })}`, '', ''].join(end)
  t.same(toolsInAnswer(answer({ tools }), false, 1), tools)
  for (const end of ['\n', '\r\n', '\r']) t.same(toolsInAnswer(events(end), true, 1), tools)
  const folded = JSON.stringify({ id: 1, result: { tools } }, undefined, 1)
  t.same(toolsInAnswer(`${folded.replaceAll(/^/gm, 'data: ')}\n\n`, true, 1), tools)
  for (const other of [
    answer({ tools, nextCursor: 'x' }),
    answer({ tools: 'a' }),
    answer({ tools }, '1'),
    answer('x'),
    JSON.stringify({ id: 1, error: {} }),
    '{',
    '',
  ])
    t.equal(toolsInAnswer(other, false, 1), undefined, other)
})

t.test('tools are added and changed, cleaned and in bounds; none goes', async (t) => {
  const known = [{ name: 'b', title: 'B' }]
  t.same(addTools(known, [{ name: 'a', title: 'x\u202Ey\u0000' }, { name: 'evil\nname' }, 7]), [
    { name: 'a', title: 'xy' },
    { name: 'b', title: 'B' },
  ])
  t.same(addTools(known, [{ name: 'b', title: 'C' }]), [{ name: 'b', title: 'C' }])
  t.equal(addTools(known, [{ name: 'b', title: 'B' }]), undefined)
  t.equal(addTools(known, []), undefined)
  const many = Array.from({ length: 500 }, (_, index) => ({ name: `tool ${index}` }))
  const all = addTools(known, many)!
  t.equal(all.length, 500)
  t.equal(addTools(all, [{ name: 'one more' }]), undefined)
  t.equal(addTools(all, [{ name: 'b', title: 'C' }])!.length, 500)
})
