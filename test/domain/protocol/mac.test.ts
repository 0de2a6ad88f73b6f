import { createHmac } from 'node:crypto'
import t from 'tap'
import { deriveKey } from '#src/crypto/secret.ts'
import { openTransaction } from '#src/domain/authorization/transaction.ts'
import { hashUserCode } from '#src/domain/device/device-codes.ts'
import { isDpopNonce } from '#src/domain/dpop/dpop-nonce.ts'
import { constantTimeEqual } from '#src/domain/protocol/constant-time.ts'
import { isMac, mac } from '#src/domain/protocol/mac.ts'
import { SECRET } from '#test/support/app.ts'

const key = deriveKey(SECRET, 'transactions')
const other = Buffer.alloc(32, 1)

t.test('what version 0.1.0 signed or stored is still valid', async (t) => {
  const signed =
    'eyJwYXJhbWV0ZXJzIjp7ImNsaWVudF9pZCI6IsOpIn0sInN0YXJ0ZWRBdCI6MSwiYnJvd3Nlckhhc2giOiJiIn0.IbKgW3I1VCmCy1RJDzPvHFJr-8qunnYNwG6oNGbFbx0'
  t.strictSame(openTransaction(signed, [key], 'b', 2), { parameters: { client_id: 'é' }, startedAt: 1, browserHash: 'b' })
  t.ok(isDpopNonce('O5iEg-Iilq4YNY5UvN3OyiM5h1U2tUBm9zITnI3ozg0', [key], 1_700_000_000_000))
  t.equal(hashUserCode('BCDFGHJK', key), 'K-IoFROGrnMofd4mxIBzROw8fhByaB5V4B-u8B-Xh28')
  t.ok(isMac('lT_xgcQOCLk5LHK7ePzv8g6P8adPvdaF_9K2zHdq9-Q', [key], 'logout', 'idhash'))
})

t.test('a code only fits its key, its purpose and its text', async (t) => {
  const made = mac(key, 'logout', 'a session')
  t.equal(made, createHmac('sha256', key).update('logout\na session').digest('base64url'))
  t.ok(isMac(made, [key], 'logout', 'a session'))
  t.ok(isMac(made, [other, key], 'logout', 'a session'), 'the secret before this one counts still')
  t.notOk(isMac(made, [other], 'logout', 'a session'))
  t.notOk(isMac(made, [key], 'transaction', 'a session'))
  t.notOk(isMac(made, [key], 'logout', 'another session'))
  t.notOk(isMac(`${made}=`, [key], 'logout', 'a session'), 'another spelling of the same bytes')
})

t.test('texts are equal by their bytes, whatever their length', async (t) => {
  t.ok(constantTimeEqual('', ''))
  t.ok(constantTimeEqual('ü', 'ü'))
  for (const [a, b] of [
    ['a', 'b'],
    ['a', 'aa'],
    ['', 'a'],
    ['ü', 'uu'],
  ] as const)
    t.notOk(constantTimeEqual(a, b), `${a} ${b}`)
})
