/** What a stranger's RSA key may cost to check a signature with, good or bad (threat-model.md T18). */

/** Longest modulus, and longest exponent, in base64url characters: 4096 bits, and 32 where all the world takes 17. */
const MAX_MODULUS = 683
const MAX_EXPONENT = 6

/** Whether checking costs too much: with an exponent as long as the modulus, it is as slow as signing, or slower. */
export function isCostlyKey({ kty, n, e }: { readonly kty?: unknown; readonly n?: unknown; readonly e?: unknown }): boolean {
  return kty === 'RSA' && (isLonger(n, MAX_MODULUS) || isLonger(e, MAX_EXPONENT))
}

const isLonger = (text: unknown, limit: number): boolean => typeof text === 'string' && text.length > limit
