/** What the steps of a login share: how to reach the user, and what the login brought. */
import { randomBytes } from 'node:crypto'
import { usableEndpoint } from '../probe/expectations.ts'
import type { Document, Members } from '../probe/step.ts'
import type { DoctorContext } from '../context.ts'
import { cleanUpClient } from './cleanup-step.ts'

export interface LoginOptions {
  /** Opens the address in the user's browser; `say` prints it as well. */
  readonly openBrowser: (url: string) => void
  /** Shows the user a line at once. */
  readonly say: (line: string) => void
  /** How long to wait for the user, in milliseconds. */
  readonly waitMs: number
  readonly signal: AbortSignal
}

export interface LoginContext extends DoctorContext, LoginOptions {
  readonly state: string
  readonly verifier: string
  redirectUri?: string
  client?: Document
  answer?: URLSearchParams
  tokens?: Members
  /** Every access token that came, in order. */
  readonly accessTokens: string[]
}

export function beginLogin(context: DoctorContext, options: LoginOptions): LoginContext {
  const secret = () => randomBytes(32).toString('base64url')
  return Object.assign(context, options, { state: secret(), verifier: secret(), accessTokens: [] })
}

/** Revokes the tokens (RFC 7009) and deletes the client. */
export async function endLogin(login: LoginContext): Promise<void> {
  const { client, tokens } = login
  if (!client) return
  const url = usableEndpoint(login, 'revocation_endpoint')
  const token = tokens?.['refresh_token'] ?? tokens?.['access_token']
  if (url !== undefined && typeof token === 'string') {
    const body = new URLSearchParams({ token, client_id: String(client.members['client_id']) }).toString()
    await login.send({ url, method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body })
  }
  await cleanUpClient(client, login)
}
