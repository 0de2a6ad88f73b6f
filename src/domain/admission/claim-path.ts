/** Finds a claim by a JSON Pointer (RFC 6901), such as `/groups` or `/https:~1~1acme.example~1roles`. */

/** Longest path, in characters. */
const MAX_LENGTH = 256

export const isClaimPath = (path: string): boolean => path.length <= MAX_LENGTH && /^(?:\/(?:[^~/]|~[01])+)+$/.test(path)

/** @returns `undefined` if there is nothing at the path; what objects inherit is nothing */
export function claimAt(claims: unknown, path: string): unknown {
  const names = path
    .slice(1)
    .split('/')
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
  return names.reduce<unknown>(
    (at, name) => (typeof at === 'object' && at !== null && Object.hasOwn(at, name) ? (at as Record<string, unknown>)[name] : undefined),
    claims,
  )
}

/** Whether a claim is the value, or a list with the value in it. Numbers and booleans count as they are written. */
export const claimHas = (claim: unknown, value: string): boolean =>
  (Array.isArray(claim) ? claim : [claim]).some((each) => isValue(each, value))

const isValue = (claim: unknown, value: string): boolean =>
  claim === value || ((typeof claim === 'number' || typeof claim === 'boolean') && String(claim) === value)
