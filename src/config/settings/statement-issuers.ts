/** The setting SOFTWARE_STATEMENT_ISSUERS. Part of schema.ts. */
import { err, ok } from '../../domain/protocol/result.ts'
import { readKeys } from '../key-argument.ts'
import type { NamedKeys } from '../key-argument.ts'
import { parts } from '../kinds.ts'
import type { Reading } from '../kinds.ts'

/** An issuer whose software statements we trust (RFC 7591 section 2.3), with the keys that sign them. */
export interface StatementIssuer {
  /** The `iss` of the statements, byte for byte. */
  readonly issuer: string
  readonly keys: NamedKeys
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
