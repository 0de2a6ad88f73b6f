import t from 'tap'
import { joinWords, splitCommandLine } from '#src/domain/gate/command/command-line.ts'
import { elementsOf, findSpan, replaceAt, textAt } from '#src/domain/gate/command/json-spans.ts'
import { createLineSplitter } from '#src/domain/gate/command/line-splitter.ts'
import { parsePassedVariable, referenceOf } from '#src/domain/gate/command/passed-variable.ts'
import { parseCommandProtection, renderProtection } from '#src/domain/gate/upstream-address.ts'

t.test('a command line is cut as a shell would, and nothing in it is replaced', async (t) => {
  for (const [line, words] of [
    ['npx -y x', ['npx', '-y', 'x']],
    ['  a\t b\n', ['a', 'b']],
    [`a 'b c' "d e" f\\ g`, ['a', 'b c', 'd e', 'f g']],
    [`a '' "x\\"y\\\\" pre'mid'"post"`, ['a', '', 'x"y\\', 'premidpost']],
    [`a "\\n" $HOME * | ; \`x\``, ['a', '\\n', '$HOME', '*', '|', ';', '`x`']],
  ] as const) {
    const split = splitCommandLine(line)
    t.same(split.ok && split.value, words, line)
    const again = splitCommandLine(joinWords(words))
    t.same(again.ok && again.value, words, `${line} again`)
  }
  for (const line of ['', '  ', `''`, `a 'b`, 'a "b', 'a \\', 'a \0']) t.notOk(splitCommandLine(line).ok, JSON.stringify(line))
})

t.test('a command may have a path in front', async (t) => {
  for (const [raw, protection] of [
    ['/tools=npx x', { path: '/tools', upstream: ['npx', 'x'] }],
    ['/usr/bin/x a=b', { upstream: ['/usr/bin/x', 'a=b'] }],
    [`'/a=b' c`, { upstream: ['/a=b', 'c'] }],
  ] as const) {
    const parsed = parseCommandProtection(raw)
    t.same(parsed.ok && parsed.value, protection, raw)
    const again = parseCommandProtection(renderProtection(protection))
    if (!raw.startsWith("'")) t.same(again.ok && again.value, protection)
  }
  t.notOk(parseCommandProtection('/tools=').ok)
})

t.test('a variable is a reference, and never one to a setting', async (t) => {
  const parse = (raw: string) => parsePassedVariable(raw, (name) => name === 'SECRET')
  for (const [raw, value] of [
    ['KEY', { name: 'KEY', value: 'env:KEY' }],
    ['KEY=env:OTHER', { name: 'KEY', value: 'env:OTHER' }],
    ['SECRET=env:OTHER', { name: 'SECRET', value: 'env:OTHER' }],
    ['KEY=file:/run/secrets/a key', { name: 'KEY', value: 'file:/run/secrets/a key' }],
    ['SECRET=file:/x', { name: 'SECRET', value: 'file:/x' }],
  ] as const) {
    const parsed = parse(raw)
    t.same(parsed.ok && parsed.value, value, raw)
  }
  for (const raw of ['SECRET', 'KEY=env:SECRET', 'KEY=secret value', '', '1A', 'A B', 'KEY=', 'KEY=env:', 'KEY=file:'])
    t.notOk(parse(raw).ok, raw)
  t.same(referenceOf({ name: 'A', value: 'env:B' }), { kind: 'env', name: 'B' })
  t.same(referenceOf({ name: 'A', value: 'file:env:B' }), { kind: 'file', path: 'env:B' })
})

t.test('a member is found and replaced where it is, and nowhere else', async (t) => {
  const text = ' { "a" : {"id":"no","x":["]",{"id":1}]} ,"s":"\\"id\\":9\\\\", "id" : 12 , "p":{"_meta":{"t":"\\u0069"}},"n":null}'
  t.equal(textAt(text, ['id']), '12')
  t.equal(textAt(text, ['p', '_meta', 't']), '"\\u0069"')
  t.equal(textAt(text, ['a']), '{"id":"no","x":["]",{"id":1}]}')
  t.equal(replaceAt(text, ['id'], '"x"'), text.replace('12', '"x"'))
  for (const path of [['nothing'], ['n', 'id'], ['a', 'x', 'id'], ['s', 'id'], ['nothing', 'id']]) {
    t.equal(findSpan(text, path), undefined, path.join('.'))
    t.equal(replaceAt(text, path, '1'), text)
  }
  t.equal(textAt('{"id":1,"\\u0069d":2}', ['id']), '2', 'the last one, in any spelling')
  t.equal(textAt('{}', ['id']), undefined)
  t.same(elementsOf(' [1, {"a":[2]} ,"]"]'), ['1', '{"a":[2]}', '"]"'])
  t.same(elementsOf('[]'), [])
  t.same(elementsOf('{"a":[1]}'), ['{"a":[1]}'])
})

t.test('lines come out however they are cut, and never longer than allowed', async (t) => {
  const text = Buffer.from('one\ntwo 달\n\nthree')
  for (let size = 1; size < 8; size++) {
    const { push } = createLineSplitter(100)
    const lines: string[] = []
    for (let at = 0; at < text.length; at += size) lines.push(...push(text.subarray(at, at + size))!)
    t.same(lines, ['one', 'two 달', ''], `${size}`)
  }
  t.same(createLineSplitter(3).push(Buffer.from('abc\nabc')), ['abc'])
  t.equal(createLineSplitter(3).push(Buffer.from('abcd')), undefined)
  t.equal(createLineSplitter(3).push(Buffer.from('abcd\n')), undefined)
  const { push } = createLineSplitter(3)
  t.same(push(Buffer.from('ab')), [])
  t.equal(push(Buffer.from('cd\n')), undefined)
})
