import { generateKeyPairSync, sign } from 'node:crypto'
import t from 'tap'
import { DPOP_ALGS, verifyProof } from '#src/domain/dpop/dpop-proof.ts'
import { findProofKey } from '#src/domain/dpop/proof-keys.ts'
import { createProofKey } from '#test/support/clients/dpop.ts'
import { NOW } from '#test/support/records.ts'

const URL = 'https://auth.example/token'
const SECONDS = NOW / 1000
const verify = (proof: string, isStrict = false) => verifyProof(proof, { method: 'POST', url: URL, isStrict }, NOW)
const headerOf = (proof: string) => proof.split('.')[0]!
const refused = { ok: false, error: { description: /must be one JWT of the type dpop\+jwt/ } }

/** Signs any body. */
function createSigner() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const header = Buffer.from(JSON.stringify({ typ: 'dpop+jwt', alg: 'EdDSA', jwk: publicKey.export({ format: 'jwk' }) })).toString(
    'base64url',
  )
  return (body: string, parts = header) => {
    const input = `${parts}.${Buffer.from(body).toString('base64url')}`
    return `${input}.${sign(null, Buffer.from(input), privateKey).toString('base64url')}`
  }
}
const claims = (jti: string) => JSON.stringify({ htm: 'POST', htu: URL, iat: SECONDS, jti })

t.test('the second proof of a key is worth what the first is, with any of the algorithms', async (t) => {
  for (const alg of DPOP_ALGS) {
    const key = await createProofKey(() => NOW, alg)
    const [first, second] = [await key.prove('POST', URL), await key.prove('POST', URL)]
    t.equal(findProofKey(headerOf(first)), undefined, `${alg} is new`)
    t.match(await verify(first), { ok: true, value: { jkt: key.jkt } })
    t.match(findProofKey(headerOf(second)), { jkt: key.jkt }, `${alg} is known`)
    t.match(await verify(second), { ok: true, value: { jkt: key.jkt } })
  }
})

t.test('a proof with the header of a known key is refused for all that one of a new key is refused for (T11)', async (t) => {
  const proveBy = createSigner()
  const good = proveBy(claims('1'))
  t.match(await verify(good), { ok: true })
  const [header = '', body = '', signature = ''] = good.split('.')
  const other = createSigner()
  for (const [about, proof] of Object.entries({
    'no signature': `${header}.${body}.`,
    'the header alone': header,
    'two parts': `${header}.${body}`,
    'four parts': `${good}.${signature}`,
    'the signature of other claims': `${header}.${proveBy(claims('2')).split('.')[1]}.${signature}`,
    'the signature of another key': other(claims('1'), header),
    'a body that is no JSON': proveBy('POST'),
    'a body that is a list': proveBy('[]'),
    'an end that has come': proveBy(JSON.stringify({ ...JSON.parse(claims('3')), exp: SECONDS })),
    'an end that is text': proveBy(JSON.stringify({ ...JSON.parse(claims('3')), exp: String(SECONDS + 9) })),
    'a beginning to come': proveBy(JSON.stringify({ ...JSON.parse(claims('3')), nbf: SECONDS + 1 })),
    'a time that is text': proveBy(JSON.stringify({ ...JSON.parse(claims('3')), iat: String(SECONDS) })),
  }))
    t.match(await verify(proof), refused, about)
  t.match(await verify(proveBy(claims('4'))), { ok: true }, 'and a good one still counts')
  t.match(await verify(proveBy(JSON.stringify({ ...JSON.parse(claims('5')), exp: SECONDS + 1, nbf: SECONDS }))), { ok: true })
  t.match(await verify(proveBy(JSON.stringify({ htm: 'POST', htu: URL, jti: '6' }))), { ok: false, error: { description: /^iat/ } })
})

t.test('a known key with an algorithm that FAPI 2.0 excludes stays excluded', async (t) => {
  const key = await createProofKey(() => NOW, 'RS256')
  t.match(await verify(await key.prove('POST', URL)), { ok: true })
  t.match(await verify(await key.prove('POST', URL), true), refused)
})

t.test('a key is kept only after a good proof, and only the newest thousand are (T18)', async (t) => {
  const bad = createSigner()(claims('1')).split('.')
  await verify([bad[0], bad[1], createSigner()(claims('1')).split('.')[2]].join('.'))
  t.equal(findProofKey(bad[0]!), undefined)

  const long = await createProofKey(() => NOW)
  const wordy = await long.prove('POST', URL, {}, { jwk: { ...long.jwk, kid: 'k'.repeat(2048) } })
  t.match(await verify(wordy), { ok: true })
  t.equal(findProofKey(headerOf(wordy)), undefined, 'a long header is not worth its memory')

  const first = createSigner()(claims('1'))
  await verify(first)
  t.not(findProofKey(headerOf(first)), undefined)
  for (let more = 0; more < 999; more++) await verify(createSigner()(claims('1')))
  t.not(findProofKey(headerOf(first)), undefined)
  await verify(createSigner()(claims('1')))
  t.equal(findProofKey(headerOf(first)), undefined)
})
