/**
 * Signatures that this server makes for itself (HMAC-SHA256). One key serves several purposes, so the signed text begins with the
 * purpose: a signature for one purpose is invalid for any other.
 */
import { createHmac } from 'node:crypto'
import { constantTimeEqual } from './constant-time.ts'

/** The first key signs. The others still verify, while SECRET is being replaced. */
export type MacKeys = readonly [Buffer, ...Buffer[]]

export type MacPurpose =
  | 'transaction'
  | 'factor set-up'
  | 'logout'
  | 'account'
  | 'console'
  | 'dpop nonce'
  | 'user code'
  | 'refresh token'
  | 'known browser'
  | 'mcp session'
  | 'mcp endpoint'
  | 'provider nonce'
  | 'provider verifier'

/** In base64url. */
export const mac = (key: Buffer | string, purpose: MacPurpose, text: string): string =>
  createHmac('sha256', key).update(`${purpose}\n${text}`).digest('base64url')

/** Whether one of the keys made `given`. Compared as text, since base64url has several spellings of the same bytes. */
export const isMac = (given: string, keys: readonly (Buffer | string)[], purpose: MacPurpose, text: string): boolean =>
  keys.some((key) => constantTimeEqual(given, mac(key, purpose, text)))
