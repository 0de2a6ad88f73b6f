import fc from 'fast-check'
import t from 'tap'
import { escapeHidden, printable, printableJson, printableLines } from '#src/domain/protocol/printable.ts'
import { holds } from '#test/support/property.ts'

const STEERING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\u{e0000}-\u{e007f}]/u

t.test('text can neither steer a terminal nor pass for another line', async (t) => {
  t.equal(printable('\u009b2J\u009d0;owned\u009c\u202eevil\u007f'), '\ufffd2J\ufffd0;owned\ufffd\ufffdevil\ufffd')
  t.equal(printable('one\ntwo\r\u2028three'), 'one\ufffdtwo\ufffd\ufffdthree')
  t.equal(printable('tag\u{e0041} \ud800 \u200b'), 'tag\ufffd \ufffd \ufffd')
  t.equal(printable('Ünï 태양계 👩\u200d🚀 می\u200cخواهم'), 'Ünï 태양계 👩\u200d🚀 می\u200cخواهم')
  t.equal(printableLines('one\ntwo\u001b[2J\r'), 'one\ntwo\ufffd[2J\ufffd')
})

t.test('JSON says the same to a program, and nothing to a terminal', async (t) => {
  const value = { name: '\u009b2J\u202e', tag: '\u{e0041}', line: 'a\u2028b\n', 'odd\u0085key': ['\u007f', '도구'] }
  const json = printableJson(value, 2)
  t.strictSame(JSON.parse(json), value)
  t.notMatch(json, STEERING)
  t.match(json, '"\\u009b2J\\u202e"')
  t.match(json, '"\\udb40\\udc41"')
  t.match(json, '도구')
  t.match(json, '{\n  "name"', 'it is still laid out')
})

t.test('property: whatever a stranger wrote', async (t) => {
  const text = fc.string({ unit: 'binary', maxLength: 60 })
  holds(
    t,
    fc.property(text, (raw) => !STEERING.test(printable(raw)) && !printable(raw).includes('\n')),
  )
  holds(
    t,
    fc.property(text, (raw) => JSON.parse(escapeHidden(JSON.stringify(raw))) === raw && !STEERING.test(escapeHidden(JSON.stringify(raw)))),
  )
})
