import t from 'tap'
import { dpopNonce, isDpopNonce } from '#src/domain/dpop/dpop-nonce.ts'

const PERIOD = 5 * 60 * 1000
const START = 6_000_000 * PERIOD

t.test('all nodes with the secret make and accept the same nonce, and no others do', async (t) => {
  t.match(dpopNonce('a secret', START), /^[\w-]{43}$/)
  t.equal(dpopNonce('a secret', START), dpopNonce('a secret', START + PERIOD - 1))
  t.not(dpopNonce('a secret', START), dpopNonce('a secret', START + PERIOD))
  t.not(dpopNonce('a secret', START), dpopNonce('another', START))
  t.notOk(isDpopNonce(dpopNonce('another', START), ['a secret'], START))
  t.notOk(isDpopNonce('', ['a secret'], START))
  t.ok(isDpopNonce(dpopNonce('the secret before', START), ['a secret', 'the secret before'], START), 'while a secret is being replaced')
})

t.test('a nonce is valid for a period after its last use by the server, and despite clock differences', async (t) => {
  const nonce = dpopNonce('a secret', START)
  for (const now of [START - PERIOD, START, START + 2 * PERIOD - 1]) t.ok(isDpopNonce(nonce, ['a secret'], now), String(now - START))
  for (const now of [START - PERIOD - 1, START + 2 * PERIOD]) t.notOk(isDpopNonce(nonce, ['a secret'], now), String(now - START))
})
