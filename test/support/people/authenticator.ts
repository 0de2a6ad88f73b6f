/** A passkey of tests: what an authenticator makes and signs (Web Authentication sections 6.1 and 6.5), honest or not. */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** What a lying authenticator, or a false page, says instead. */
export interface Lies {
  readonly challenge?: string
  readonly origin?: string
  readonly rpId?: string
  readonly counter?: number
  readonly userHandle?: string
  readonly isUserVerified?: boolean
}

interface Options {
  readonly challenge: string
  readonly rp?: { readonly id: string }
  readonly rpId?: string
  readonly user?: { readonly id: string }
}

const sha256 = (bytes: string | Buffer): Buffer => createHash('sha256').update(bytes).digest()
const base64url = (bytes: string | Buffer): string => Buffer.from(bytes).toString('base64url')

export function createAuthenticator(origin: string, { counts = true, backedUp = true, transports = ['internal'] as string[] | null } = {}) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const id = randomBytes(16)
  let counter = 0
  let userHandle = ''

  const [USER_PRESENT, USER_VERIFIED, BACKUP_ELIGIBLE, BACKED_UP, WITH_KEY] = [1, 4, 8, 16, 64]

  function authenticatorData(rpId: string, count: number, isUserVerified: boolean, key = Buffer.alloc(0)): Buffer {
    const flags =
      USER_PRESENT + (isUserVerified ? USER_VERIFIED : 0) + (backedUp ? BACKUP_ELIGIBLE + BACKED_UP : 0) + (key.length > 0 ? WITH_KEY : 0)
    const counted = Buffer.alloc(4)
    counted.writeUInt32BE(count)
    return Buffer.concat([sha256(rpId), Buffer.from([flags]), counted, key])
  }

  const clientData = (type: string, challenge: string, from: string) =>
    Buffer.from(JSON.stringify({ type: `webauthn.${type}`, challenge, origin: from, crossOrigin: false }))

  return {
    id: base64url(id),
    /** Answers the options of a set-up. */
    create(optionsJson: string, lies: Lies = {}): string {
      const { challenge, rp, user } = JSON.parse(optionsJson) as Options
      userHandle = user!.id
      const cose = Buffer.concat([
        Buffer.from('a5010203262001215820', 'hex'),
        Buffer.from(x, 'base64url'),
        Buffer.from('225820', 'hex'),
        Buffer.from(y, 'base64url'),
      ])
      const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([0, id.length]), id, cose])
      const data = authenticatorData(lies.rpId ?? rp!.id, counter, lies.isUserVerified ?? true, attested)
      const attestation = Buffer.concat([
        Buffer.from('a363666d74646e6f6e656761747453746d74a068617574684461746158', 'hex'),
        Buffer.from([data.length]),
        data,
      ])
      return JSON.stringify({
        id: base64url(id),
        rawId: base64url(id),
        type: 'public-key',
        clientExtensionResults: {},
        response: {
          clientDataJSON: base64url(clientData('create', lies.challenge ?? challenge, lies.origin ?? origin)),
          attestationObject: base64url(attestation),
          ...(transports !== null && { transports }),
        },
      })
    },
    /** Answers the options of a login. */
    get(optionsJson: string, lies: Lies = {}): string {
      const { challenge, rpId } = JSON.parse(optionsJson) as Options
      if (counts) counter++
      const data = authenticatorData(lies.rpId ?? rpId!, lies.counter ?? counter, lies.isUserVerified ?? true)
      const said = clientData('get', lies.challenge ?? challenge, lies.origin ?? origin)
      return JSON.stringify({
        id: base64url(id),
        rawId: base64url(id),
        type: 'public-key',
        clientExtensionResults: {},
        response: {
          clientDataJSON: base64url(said),
          authenticatorData: base64url(data),
          signature: base64url(sign('sha256', Buffer.concat([data, sha256(said)]), privateKey)),
          userHandle: lies.userHandle ?? userHandle,
        },
      })
    },
  }
}

/** The options that the passkey form of a page hands to its script, and where it posts. */
export function passkeyFormOf(html: string): { action: string; options: string; fields: Record<string, string> } {
  const [, action = '', options = '', inner = ''] =
    /<form method="post" action="([^"]*)" class="passkey"[^>]*data-options="([^"]*)"[^>]*>(.*?)<\/form>/s.exec(html) ?? []
  const fields = [...inner.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)].map(([, name, value]) => [name, value])
  const decode = (text: string) => text.replaceAll('&quot;', '"').replaceAll('&#x3D;', '=').replaceAll('&amp;', '&')
  return { action: decode(action), options: decode(options), fields: Object.fromEntries(fields) as Record<string, string> }
}
