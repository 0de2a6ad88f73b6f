/** The management API for tests: people with roles, tokens for it, and calls with them. */
import { createHash } from 'node:crypto'
import type { Test } from 'tap'
import { COMMAND_LINE_CLIENT_ID, MANAGEMENT_SCOPES, managementAddress } from '#src/domain/management/management.ts'
import { MACHINE_OWNER } from '#src/domain/user/role.ts'
import { newId, newPersonalToken, newRecordId, newSecret } from '#src/crypto/random.ts'
import type { OperationContext } from '#src/operations/context.ts'
import { addClient } from '#src/operations/clients/clients.ts'
import { changeRole } from '#src/operations/users/roles.ts'
import { addUser } from '#src/operations/users/user-credentials.ts'
import { SECRET, createApp, injectFetch } from '../app.ts'
import type { TestApp, TestOptions } from '../app.ts'
import { createPerson } from './person.ts'

export const CALLBACK = 'http://127.0.0.1:8123/callback'
const VERIFIER = 'v'.repeat(43)

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: Record<string, never> & { readonly detail?: string; readonly items?: readonly Record<string, unknown>[] }
}

export interface Asked {
  readonly token?: string | undefined
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Login {
  readonly username: string
  readonly password: string
}

export interface Management extends TestApp {
  readonly context: OperationContext
  /** Adds somebody with a role. */
  addPerson(username: string, role?: string): Promise<Login>
  /** Where the browser is sent when somebody is asked to let a client manage. */
  authorize(login?: Login, more?: Readonly<Record<string, string>>): Promise<URL>
  /** A token for the API, of the command line's client unless another one is named. */
  tokenOf(login?: Login, more?: Readonly<Record<string, string>>): Promise<string>
  call(method: string, path: string, asked?: Asked): Promise<Answer>
}

export const contextOf = ({ storage, config, clock }: Pick<TestApp, 'storage' | 'config' | 'clock'>): OperationContext => ({
  actor: MACHINE_OWNER,
  storage,
  now: () => clock.now,
  newId,
  newRecordId,
  newSecret,
  newPersonalToken,
  secret: () => SECRET,
  config,
})

export async function createManagement(t: Test, env: Record<string, string> = {}, options: TestOptions = {}): Promise<Management> {
  const made = await createApp(t, { ADMIN: '', RATE_LIMIT_TOKEN: 'off', ...env }, options.logger, options)
  const { app, config } = made
  const { issuer } = config
  const context = contextOf(made)

  const management: Management = {
    ...made,
    context,
    async addPerson(username, role) {
      const login = { username, password: `the password of ${username} ☾` }
      const added = await addUser(context, login)
      if (!added.ok) throw new Error(added.error.message)
      if (role !== undefined) await changeRole(context, added.value, role)
      return login
    },
    authorize: (login, more = {}) =>
      createPerson(issuer, injectFetch(app)).authorize(
        `${issuer}/authorize?${new URLSearchParams({
          response_type: 'code',
          client_id: COMMAND_LINE_CLIENT_ID,
          redirect_uri: CALLBACK,
          resource: managementAddress(issuer),
          scope: MANAGEMENT_SCOPES.join(' '),
          code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
          code_challenge_method: 'S256',
          ...more,
        })}`,
        login,
      ),
    async tokenOf(login, more = {}) {
      const code = (await management.authorize(login, more)).searchParams.get('code') ?? ''
      const { client_id = COMMAND_LINE_CLIENT_ID, redirect_uri = CALLBACK } = more
      const form = new URLSearchParams({ grant_type: 'authorization_code', code, client_id, redirect_uri, code_verifier: VERIFIER })
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      const answer = await app.inject({ method: 'POST', url: '/token', headers, payload: String(form) })
      const { access_token } = answer.json() as { access_token?: string }
      if (access_token === undefined) throw new Error(answer.body)
      return access_token
    },
    async call(method, path, { token, body, headers = {} } = {}) {
      const answer = await app.inject({
        method: method as 'GET',
        url: path.startsWith('/admin') ? path : `/admin/api/v1${path}`,
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { payload: JSON.stringify(body) }),
      })
      return { status: answer.statusCode, headers: answer.headers, body: (answer.body === '' ? {} : answer.json()) as never }
    },
  }
  return management
}

/** The id of a client that an operator added; with `management`, for managing the server. */
export async function addPersonClient(context: OperationContext, management?: string): Promise<string> {
  const request = { redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' }
  const added = await addClient(context, request, { management })
  if (!added.ok) throw new Error(added.error.message)
  return added.value.client.id
}
