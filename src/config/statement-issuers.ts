/** The setting SOFTWARE_STATEMENT_ISSUERS. Part of schema.ts. */
import { readFileSync } from 'node:fs'
import { parseJwksText } from '../domain/client/client-keys.ts'
import type { ClientKeys } from '../domain/client/client-keys.ts'
import { err, ok } from '../domain/protocol/result.ts'
import type { Result } from '../domain/protocol/result.ts'
import { isHttpsUri } from '../domain/protocol/uri.ts'
import { parts } from './kinds.ts'
import type { Reading } from './kinds.ts'

/** An issuer whose software statements we trust (RFC 7591 section 2.3), with the keys that sign them. */
export interface StatementIssuer {
  /** The `iss` of the statements, byte for byte. */
  readonly issuer: string
  readonly keys: Pick<ClientKeys, 'jwks' | 'jwksUri'>
}

/** Reads `ISSUER=KEYS,...`; KEYS is the https URL of a JWKS, or a file, which is read immediately. */
export function readStatementIssuers(raw: string): Reading {
  const issuers: StatementIssuer[] = []
  for (const part of parts(raw)) {
    const [, issuer, keys] = /^([^=]+)=(.+)$/.exec(part) ?? []
    if (issuer === undefined || keys === undefined) return ok(undefined)
    if (issuers.some((known) => known.issuer === issuer)) return err(`name ${issuer} only once`)
    const read = readKeys(keys)
    if (!read.ok) return read
    issuers.push({ issuer, keys: read.value })
  }
  return ok(issuers)
}

function readKeys(keys: string): Result<StatementIssuer['keys'], string> {
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
