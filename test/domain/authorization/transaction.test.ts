import fc from 'fast-check'
import t from 'tap'
import { openTransaction, signTransaction } from '#src/domain/authorization/transaction.ts'
import type { Transaction } from '#src/domain/authorization/transaction.ts'
import { holds } from '#test/support/property.ts'
import { NOW } from '#test/support/records.ts'

const KEYS = [Buffer.alloc(32, 1)] as const
const HOUR = 3_600_000
const transaction: Transaction = {
  parameters: { client_id: 'client_sample', state: 'ü&<>', resource: ['https://a.example', 'https://b.example'] },
  startedAt: NOW,
  browserHash: 'this browser',
  chosenUserId: 'user_sample',
  shown: { userId: 'user_sample', digest: 'of what was shown' },
}
const signed = signTransaction(transaction, KEYS)

t.test('a transaction opens unchanged in the same browser, within an hour', async (t) => {
  t.strictSame(openTransaction(signed, KEYS, 'this browser', NOW), transaction)
  t.strictSame(openTransaction(signed, KEYS, 'this browser', NOW + HOUR - 1), transaction)
  t.match(signed, /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}$/, 'nothing that a form or a URL would change')
})

t.test('a transaction does not open in another browser, or without the cookie (T5)', async (t) => {
  t.equal(openTransaction(signed, KEYS, 'another browser', NOW), undefined)
  t.equal(openTransaction(signed, KEYS, undefined, NOW), undefined)
  t.equal(openTransaction(signed, KEYS, '', NOW), undefined)
})

t.test('a transaction ends after an hour', async (t) => {
  t.equal(openTransaction(signed, KEYS, 'this browser', NOW + HOUR), undefined)
})

t.test('a transaction of another key does not open', async (t) => {
  t.equal(openTransaction(signTransaction(transaction, [Buffer.alloc(32, 2)]), KEYS, 'this browser', NOW), undefined)
})

t.test('no character of a transaction can be changed, added or left out (T13)', async (t) => {
  const [payload = '', signature = ''] = signed.split('.')
  const raised = Buffer.from(JSON.stringify({ ...transaction, chosenUserId: 'someone else' })).toString('base64url')
  const hostile = [
    '',
    '.',
    payload,
    `${payload}.`,
    `.${signature}`,
    `${raised}.${signature}`,
    `${signed}.`,
    `${signed}.x`,
    `${signed}=`,
    ` ${signed}`,
    `${signed}\n`,
    `${payload}=.${signature}`,
    '{}.x',
  ]
  for (const [index, forged] of hostile.entries())
    t.equal(openTransaction(forged, KEYS, 'this browser', NOW), undefined, `forgery ${index}`)
  let opened = 0
  for (let at = 0; at < signed.length; at++) {
    const other = signed[at] === 'A' ? 'B' : 'A'
    for (const forged of [
      signed.slice(0, at) + other + signed.slice(at + 1),
      signed.slice(0, at),
      signed.slice(0, at) + signed.slice(at + 1),
    ]) {
      if (openTransaction(forged, KEYS, 'this browser', NOW) !== undefined) opened++
    }
  }
  t.equal(opened, 0)
})

t.test('while SECRET is being replaced, transactions of the previous one still open, and only the new one signs', async (t) => {
  const replaced = [Buffer.alloc(32, 2), ...KEYS] as const
  t.strictSame(openTransaction(signed, replaced, 'this browser', NOW), transaction)
  t.equal(openTransaction(signTransaction(transaction, replaced), KEYS, 'this browser', NOW), undefined)
})

t.test('property: only a signed text opens', async (t) => {
  holds(
    t,
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'binary' }),
      (a, b) => openTransaction(`${a}.${b}`, KEYS, 'this browser', NOW) === undefined,
    ),
  )
})
