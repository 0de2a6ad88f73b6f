/** Public keys that an operator names: by their address, or as a file. */
import { readFileSync } from 'node:fs'
import { parseJwksText } from '../domain/client/client-keys.ts'
import type { ClientKeys } from '../domain/client/client-keys.ts'
import { err, ok } from '../domain/protocol/result.ts'
import type { Result } from '../domain/protocol/result.ts'
import { isHttpsUri } from '../domain/protocol/uri.ts'

export type NamedKeys = Pick<ClientKeys, 'jwks' | 'jwksUri'>

/** Reads the https URL of a JWKS, or a file that holds one. The error completes "it must ...". */
export function readKeys(keys: string): Result<NamedKeys, string> {
  if (isHttpsUri(keys)) return ok({ jwksUri: keys })
  if (/^https?:/i.test(keys)) return err(`name a plain https URL or a file, not ${keys}`)
  let text: string
  try {
    text = readFileSync(keys, 'utf8')
  } catch (error) {
    return err(`name a file that can be read, not ${keys} (${(error as NodeJS.ErrnoException).code})`)
  }
  const jwks = parseJwksText(text)
  return jwks.ok ? ok({ jwks: jwks.value }) : err(`name a file with a JWKS: in ${keys} ${jwks.error}`)
}
