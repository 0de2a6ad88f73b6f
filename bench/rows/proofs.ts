/** DPoP proofs as a client makes them, a new one for each request (RFC 9449 section 4.2). */
import { createHash, generateKeyPairSync, sign } from 'node:crypto'

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** @param issuer the server that is asked */
export function createProver(issuer: string): (method: string, path: string, accessToken?: string) => string {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const header = base64url({ typ: 'dpop+jwt', alg: 'ES256', jwk: publicKey.export({ format: 'jwk' }) })
  let proofs = 0
  return (htm, path, accessToken) => {
    const ath = accessToken && createHash('sha256').update(accessToken).digest('base64url')
    const input = `${header}.${base64url({ htm, htu: issuer + path, ath, iat: Math.floor(Date.now() / 1000), jti: String(++proofs) })}`
    return `${input}.${sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
  }
}
