import t from 'tap'
import { checkUpdate, clientInformation, updateClient, usesSecret } from '#src/domain/client/client-management.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { NOW, sampleClient, sampleMetadata } from '#test/support/records.ts'

const HOUR = 3600
const confidential = sampleMetadata({ tokenEndpointAuthMethod: 'client_secret_basic' })
const rotated = sampleClient({
  metadata: confidential,
  secretHash: sha256('new'),
  previousSecretHash: sha256('old'),
  previousSecretExpiresAt: NOW + 1000,
})
const renewal = {
  secretHash: 'secret 2',
  registrationAccessTokenHash: 'token 2',
  usedRegistrationAccessTokenHash: 'token 1',
  presentedSecret: 'none',
  now: NOW,
  secretOverlap: HOUR,
} as const

t.test('an update names its client and none of the members that only the server provides', async (t) => {
  const named = { client_id: rotated.id }
  t.strictSame(checkUpdate({ ...named, redirect_uris: [] }, rotated, NOW), { ok: true, value: 'none' })
  t.strictSame(
    checkUpdate({ ...named, client_secret: null, registration_access_token: null }, rotated, NOW),
    { ok: true, value: 'none' },
    'null is absent',
  )
  t.strictSame(checkUpdate({ ...named, client_secret: 'new' }, rotated, NOW), { ok: true, value: 'current' })
  t.strictSame(checkUpdate({ ...named, client_secret: 'old' }, rotated, NOW), { ok: true, value: 'previous' })
  const refused: [object, string][] = [
    [{}, 'client_id is required and must be that of this client'],
    [{ client_id: null }, 'client_id is required and must be that of this client'],
    [{ client_id: 'client_other' }, 'client_id is required and must be that of this client'],
    [{ ...named, client_secret: 'mine' }, 'client_secret must be the current one, or be left out'],
    ...['registration_access_token', 'registration_client_uri', 'client_secret_expires_at', 'client_id_issued_at'].map(
      (name): [object, string] => [{ ...named, [name]: 0 }, `${name} must not be sent in an update`],
    ),
  ]
  for (const [body, description] of refused)
    t.match(checkUpdate(body, rotated, NOW), { ok: false, error: { code: 'invalid_client_metadata', description } })
  t.match(checkUpdate({ ...named, client_secret: 'old' }, rotated, NOW + 1000), { ok: false }, 'the secret before is over')
  t.match(checkUpdate({ client_id: 'client_sample', client_secret: '' }, sampleClient(), NOW), { ok: false }, 'a public client has none')
})

t.test('an update changes metadata and tokens, and the token that was used stays valid', async (t) => {
  const before = sampleClient({ registrationAccessTokenHash: 'token 1', policy: { scopes: ['openid'] }, authorizedAt: NOW })
  const metadata = sampleMetadata({ scopes: ['openid'] })
  t.same(updateClient(before, metadata, renewal), {
    ...before,
    metadata,
    registrationAccessTokenHash: 'token 2',
    previousRegistrationAccessTokenHash: 'token 1',
  })
})

t.test('a client that starts to need a secret gets one, one that sends it gets the next, and one that needs none loses it', async (t) => {
  const secrets = (...args: Parameters<typeof updateClient>) => {
    const { secretHash, previousSecretHash, previousSecretExpiresAt } = updateClient(...args)
    return [secretHash, previousSecretHash, previousSecretExpiresAt]
  }
  const kept = [rotated.secretHash, rotated.previousSecretHash, rotated.previousSecretExpiresAt]
  t.strictSame(secrets(sampleClient(), confidential, renewal), ['secret 2', undefined, undefined], 'from public to confidential')
  t.strictSame(secrets(rotated, sampleMetadata(), renewal), [undefined, undefined, undefined], 'from confidential to public')
  t.strictSame(secrets(rotated, sampleMetadata({ tokenEndpointAuthMethod: 'private_key_jwt' }), renewal), [undefined, undefined, undefined])
  t.strictSame(
    secrets(rotated, sampleMetadata({ tokenEndpointAuthMethod: 'client_secret_post' }), renewal),
    kept,
    'the other way to send the same secret',
  )
  t.strictSame(secrets(rotated, confidential, { ...renewal, presentedSecret: 'current' }), [
    'secret 2',
    rotated.secretHash,
    NOW + HOUR * 1000,
  ])
  t.strictSame(secrets(rotated, confidential, { ...renewal, presentedSecret: 'current', secretOverlap: 0 }), [
    'secret 2',
    rotated.secretHash,
    NOW,
  ])
  t.strictSame(
    secrets(rotated, confidential, { ...renewal, presentedSecret: 'previous' }),
    ['secret 2', rotated.previousSecretHash, rotated.previousSecretExpiresAt],
    'who lost the answer shows the secret before, whose end stays',
  )
  t.ok(usesSecret(confidential))
  t.notOk(usesSecret(sampleMetadata()))
})

t.test('the response contains a new secret and a new token once, and never null', async (t) => {
  const issuer = 'https://auth.example.com/t1'
  const information = clientInformation(rotated, issuer, { registrationAccessToken: 'token' })
  t.match(information, {
    client_secret_expires_at: 0,
    registration_access_token: 'token',
    registration_client_uri: `${issuer}/register/client_sample`,
  })
  t.notOk('client_secret' in information)
  t.equal(clientInformation(rotated, issuer, { secret: 'secret' }).client_secret, 'secret')
  t.strictSame(
    Object.keys(clientInformation(sampleClient(), issuer, {})).filter((name) => /secret|registration/.test(name)),
    [],
  )
})
