/** What the steps of a login share: who is asked to log in, and what came of it. */
import { randomBytes } from 'node:crypto'
import { usableEndpoint } from '../probe/judge.ts'
import type { Document, Members } from '../probe/step.ts'
import { type DoctorContext, takeAway } from '../context.ts'

export type LoginOptions = {
  /** Brings the person to the address; it is printed besides. */
  readonly openBrowser: (url: string) => void
  /** Says something to the person at once. */
  readonly say: (line: string) => void
  /** How long to wait for the person, in milliseconds. */
  readonly waitMs: number
  readonly signal: AbortSignal
}

export type LoginContext = DoctorContext &
  LoginOptions & {
    readonly state: string
    readonly verifier: string
    redirectUri?: string
    client?: Document
    answer?: URLSearchParams
    tokens?: Members
  }

export function beginLogin(context: DoctorContext, options: LoginOptions): LoginContext {
  const secret = () => randomBytes(32).toString('base64url')
  return Object.assign(context, options, { state: secret(), verifier: secret() })
}

/** Gives back what the login brought (RFC 7009), and the client. */
export async function endLogin(login: LoginContext): Promise<void> {
  const { client, tokens } = login
  if (!client) return
  const url = usableEndpoint(login, 'revocation_endpoint')
  const token = tokens?.['refresh_token'] ?? tokens?.['access_token']
  if (url !== undefined && typeof token === 'string') {
    const body = new URLSearchParams({ token, client_id: String(client.members['client_id']) }).toString()
    await login.send({ url, method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body })
  }
  await takeAway(client, login)
}
