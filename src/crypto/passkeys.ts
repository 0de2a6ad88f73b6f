/**
 * The ceremonies of Web Authentication: what a browser is asked for, and whether its answer is right. The library that checks answers
 * is loaded for the first of them, since most requests need none of it.
 */
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { parseJsonObject } from '../domain/protocol/json.ts'
import type { Passkey } from '../domain/user/factors.ts'

/** What both sides must agree on. `challenge` is base64url. */
export interface Ceremony {
  readonly challenge: string
  readonly origin: string
  readonly rpId: string
}

/** How long a browser may ask its owner, in ms. */
const TIMEOUT_MS = 300_000

/** For the set-up of a passkey: one that the browser finds without a name, and that verifies its owner. */
export function creationOptions(
  { challenge, rpId }: Omit<Ceremony, 'origin'>,
  service: string,
  user: { readonly id: string; readonly username: string },
  existing: readonly Pick<Passkey, 'id' | 'transports'>[],
): object {
  return {
    challenge,
    rp: { id: rpId, name: service },
    user: { id: handleOf(user.id), name: user.username, displayName: user.username },
    pubKeyCredParams: [-8, -7, -257].map((alg) => ({ alg, type: 'public-key' })),
    timeout: TIMEOUT_MS,
    attestation: 'none',
    excludeCredentials: existing.map(describe),
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
  }
}

/** For a login. @param allowed any passkey of this host if absent */
export const requestOptions = (
  { challenge, rpId }: Omit<Ceremony, 'origin'>,
  allowed: readonly Pick<Passkey, 'id' | 'transports'>[] = [],
): object => ({ challenge, rpId, timeout: TIMEOUT_MS, userVerification: 'required', allowCredentials: allowed.map(describe) })

const describe = ({ id, transports }: Pick<Passkey, 'id' | 'transports'>) => ({ id, type: 'public-key', transports })

/** How an authenticator knows a person: by the id that tokens name, which says nothing about them. */
const handleOf = (userId: string): string => Buffer.from(userId).toString('base64url')

/** A new passkey, if the answer is right. */
export async function verifyCreation(
  answer: string,
  { challenge, origin, rpId }: Ceremony,
): Promise<Pick<Passkey, 'id' | 'publicKey' | 'counter' | 'transports' | 'synced' | 'backedUp'> | undefined> {
  const response = parseJsonObject(answer) as RegistrationResponseJSON | undefined
  if (response === undefined) return undefined
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server')
  const verified = await verifyRegistrationResponse({
    response,
    expectedChallenge: challenge,
    expectedOrigin: origin,
    expectedRPID: rpId,
    requireUserVerification: true,
  }).catch(() => undefined)
  if (verified?.verified !== true) return undefined
  const { credential, credentialDeviceType, credentialBackedUp } = verified.registrationInfo
  return {
    id: credential.id,
    publicKey: Buffer.from(credential.publicKey).toString('base64url'),
    counter: credential.counter,
    transports: credential.transports ?? [],
    synced: credentialDeviceType === 'multiDevice',
    backedUp: credentialBackedUp,
  }
}

/** The id of the passkey that an answer is from, before anything is checked. */
export function passkeyIdOf(answer: string): string | undefined {
  const id = parseJsonObject(answer)?.['id']
  return typeof id === 'string' ? id : undefined
}

/** What a right answer says; the caller compares the counter. `undefined` if it is wrong, or is about another person. */
export async function verifyRequest(
  answer: string,
  passkey: Passkey,
  { challenge, origin, rpId }: Ceremony,
): Promise<Pick<Passkey, 'counter' | 'backedUp'> | undefined> {
  const response = parseJsonObject(answer) as AuthenticationResponseJSON | undefined
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server')
  const verified = await verifyAuthenticationResponse({
    response: response!,
    expectedChallenge: challenge,
    expectedOrigin: origin,
    expectedRPID: rpId,
    // The storage compares counters, once on all nodes: for the library, each one is ahead.
    credential: { id: passkey.id, publicKey: Buffer.from(passkey.publicKey, 'base64url'), counter: 0 },
    requireUserVerification: true,
  }).catch(() => undefined)
  if (verified?.verified !== true) return undefined
  const { userHandle } = response!.response
  if (userHandle !== undefined && userHandle !== handleOf(passkey.userId)) return undefined
  const { newCounter, credentialBackedUp } = verified.authenticationInfo
  return { counter: newCounter, backedUp: credentialBackedUp }
}
