import t from 'tap'
import { createEndpointFilter } from '#src/domain/gate/endpoint-event.ts'

/** What passes of a stream that comes in pieces; `undefined` if it is cut. */
function filter(...pieces: string[]): string | undefined {
  const { push } = createEndpointFilter((address) => (address.includes('evil') ? undefined : `/ours?${address}`))
  let passed = ''
  for (const piece of pieces) {
    const part = push(Buffer.from(piece))
    if (part === undefined) return undefined
    passed += part.toString()
  }
  return passed
}

const ENDS = ['\n', '\r\n', '\r']

t.test('the address is replaced, whatever ends the lines, and wherever the pieces part', (t) => {
  for (const end of ENDS) {
    const text = [': hello', 'id: 1', 'event: endpoint', 'data: /there', '', 'data: /there', '', ''].join(end)
    const whole = filter(text)!
    t.match(whole, 'data: /ours?/there', JSON.stringify(end))
    t.match(whole, `data: /there${end}`)
    for (let at = 1; at < text.length; at++)
      t.equal(filter(text.slice(0, at), text.slice(at), end === '\r' ? '\n' : ''), end === '\r' ? filter(text, '\n') : whole)
    if (end !== '\r') t.equal(filter(...text), whole)
  }
  t.equal(filter('event:endpoint\ndata:/a\n\n'), 'event:endpoint\ndata: /ours?/a\n\n')
  t.end()
})

t.test('letters of any script pass whole, also where a piece ends within one', (t) => {
  const { push } = createEndpointFilter(String)
  const bytes = Buffer.from('data: 달빛 🌕\n\n')
  const passed = Buffer.concat([...bytes].map((byte) => push(Buffer.from([byte]))!))
  t.same(passed, bytes)
  t.end()
})

t.test('an event that names another type, or none, is left alone', (t) => {
  for (const text of [
    'event: message\ndata: evil\n\n',
    'data: evil\n\n',
    'event: endpoints\ndata: evil\n\n',
    'event\ndata: evil\n\n',
    'data\n\n',
    'datum: evil\n\n',
  ])
    t.equal(filter(text), text)
  t.equal(filter('event: endpoint\n\ndata: evil\n\n'), 'event: endpoint\n\ndata: evil\n\n', 'an event without data is none')
  t.end()
})

t.test('a byte order mark hides nothing', (t) => {
  t.equal(filter('\uFEFFevent: endpoint\ndata: evil\n\n'), undefined)
  t.match(filter('\uFEFFevent: endpoint\ndata: /a\n\n'), '/ours?/a')
  t.equal(
    filter('data: x\n\n\uFEFFevent: endpoint\ndata: evil\n\n'),
    'data: x\n\n\uFEFFevent: endpoint\ndata: evil\n\n',
    'later it is a letter',
  )
  t.end()
})

t.test('a line that is long passes as it comes, and opens no way around', (t) => {
  const long = `data: ${'x'.repeat(9000)}`
  t.equal(filter(long, 'more', '\n\n', 'data: y\n\n'), `${long}more\n\ndata: y\n\n`)
  for (const end of ENDS) t.equal(filter(long, end, `event: endpoint${end}data: evil${end}`, `${end}x`), undefined, JSON.stringify(end))
  t.equal(filter(`${long}\r`, '\nevent: endpoint\ndata: evil\n\n'), undefined)
  t.equal(filter(`${long}`, 'y\r', 'event: endpoint\ndata: evil\n\n'), undefined)
  t.equal(filter('event: endpoint\n', long), undefined, 'no address is that long')
  const comment = `: ${'x'.repeat(9000)}`
  t.equal(filter(comment, '\nevent: endpoint\ndata: /a\n\n'), `${comment}\nevent: endpoint\ndata: /ours?/a\n\n`)
  t.end()
})
