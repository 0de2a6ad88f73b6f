import t from 'tap'
import { compareMessages, usableMessages } from '#src/domain/language/messages.ts'

const complete = { 'a.one': 'One {name}', 'a.two': '{x} and {y}', 'a.three': 'Three' }
const messages = { 'a.one': 'Un', 'a.two': '{y} et {x} et {y}', 'b.four': 'Quatre', constructor: 'x' }

t.test('a file is compared with the complete one', async (t) => {
  t.strictSame(compareMessages(messages, complete), { missing: ['a.three'], unknown: ['b.four', 'constructor'], otherValues: ['a.one'] })
  t.strictSame(compareMessages(complete, complete), { missing: [], unknown: [], otherValues: [] })
})

t.test('pages use the sentences that fit', async (t) => {
  t.strictSame(usableMessages(messages, complete), { 'a.two': '{y} et {x} et {y}' })
})
