/** The start of an authorization, without a socket: an app, a registered client, and the address that it sends people to. */
import { createHash } from 'node:crypto'
import type { AppOptions } from '#src/app.ts'
import type { Grant } from '#src/domain/token/grant.ts'
import { parseTokenHandle } from '#src/domain/token/token-handle.ts'
import { createApp, injectFetch } from './app.ts'
import type { TestApp, TestOptions } from './app.ts'
import { hashCheaply } from './people/cheap-password.ts'
import { createPerson, decodeEntities, wayBackOf } from './people/person.ts'
import type { Arrival, Page, Person } from './people/person.ts'

export const HTTPS = 'https://client.example/callback'
export const LOOPBACK = 'http://127.0.0.1:33418/callback'
export const CUSTOM = 'cursor://anysphere.cursor-mcp/oauth/callback'

/** A PKCE pair (RFC 7636); the verifier is long enough and nothing else. */
export const VERIFIER = 'a-verifier-of-the-tests-that-is-long-enough-for-rfc-7636'
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')

export { wayBackOf }

/** `undefined` leaves a parameter out, an array repeats it. */
export type Parameters = Record<string, string | readonly string[] | undefined>

export interface Flow extends TestApp {
  readonly issuer: string
  readonly send: typeof fetch
  readonly clientId: string
  /** The address of an authorization request: a good one, but for what `changes` says. */
  url(changes?: Parameters): string
  /** Somebody with a browser of their own. */
  person(): Person
  /** Registers one more client; its id. */
  register(metadata: object): Promise<string>
}

type Teardown = { teardown(fn: () => unknown): unknown }

/**
 * @param env variables as a person would set them
 * @param metadata of the client; it registers an https redirect URI, and is public, if this doesn't say otherwise
 */
export async function startFlow(
  t: Teardown,
  env: Record<string, string> = {},
  metadata: object = {},
  logger?: AppOptions['logger'],
  options?: TestOptions,
): Promise<Flow> {
  const made = await createApp(t, env, logger, options)
  const { issuer } = made.config
  const send = injectFetch(made.app)
  const register = (asked: object) => registerClient(send, issuer, asked)
  const clientId = await register(metadata)
  return {
    ...made,
    issuer,
    send,
    clientId,
    register,
    url: (changes) => authorizeUrl(issuer, clientId, changes),
    person: () => createPerson(issuer, send),
  }
}

export async function registerClient(send: typeof fetch, issuer: string, metadata: object = {}): Promise<string> {
  const response = await send(`${issuer}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_name: 'Test Client', redirect_uris: [HTTPS], token_endpoint_auth_method: 'none', ...metadata }),
  })
  const body = (await response.json()) as { client_id?: string }
  if (body.client_id === undefined) throw new Error(JSON.stringify(body))
  return body.client_id
}

export function authorizeUrl(issuer: string, clientId: string, changes: Parameters = {}): string {
  const query = new URLSearchParams()
  const parameters: Parameters = {
    client_id: clientId,
    redirect_uri: HTTPS,
    response_type: 'code',
    scope: 'openid',
    state: 'the state',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...changes,
  }
  for (const [name, value] of Object.entries(parameters)) for (const each of [value ?? []].flat()) query.append(name, each)
  return `${issuer}/authorize?${query.toString()}`
}

/** Where somebody is: the name of a page, `client` if the server sent them away. */
export function whereabouts(arrival: Arrival): string {
  if (arrival.away !== undefined) return 'client'
  return /<body class="page-([\w-]+)"/.exec(arrival.page.html)?.[1] ?? arrival.page.html
}

/** The page of an arrival that must be one. */
export function pageOf(arrival: Arrival): Page {
  if (arrival.page === undefined) throw new Error(`sent away to ${arrival.away.href}`)
  return arrival.page
}

/**
 * The parameters of the response that the server sent somebody away with, or that its error page offers to take back to a client which
 * nobody vouches for. Whether it leads there without a click is what errors-to-clients.test.ts is about.
 */
export function answerOf(arrival: Arrival): Record<string, string> {
  const answer = arrival.away ?? wayBackOf(arrival.page)
  if (answer === undefined) throw new Error(`still at ${whereabouts(arrival)} (${arrival.page?.status})`)
  return Object.fromEntries(answer.searchParams)
}

/** The grant of a code. */
export async function grantOf({ storage }: TestApp, code: string | undefined): Promise<Grant> {
  const presented = parseTokenHandle(code ?? '')
  const found = presented && (await storage.grants.findCode(presented.grantId, presented.hash))
  if (found === undefined) throw new Error(`no grant for the code ${code}`)
  return found.grant
}

/** Adds somebody who can log in with this name and password. */
export async function addUser({ storage, clock }: TestApp, username: string, password: string): Promise<string> {
  const id = `id of ${username}`
  const times = { createdAt: clock.now, updatedAt: clock.now }
  await storage.users.insert({
    id,
    username,
    passwordHash: await hashCheaply(password),
    origin: 'operator',
    profile: {},
    emailVerified: false,
    ...times,
  })
  return id
}

/** What a person reads: the text of a page, entities resolved, white space folded. */
export function textOf(html: string): string {
  const text = html.replace(/^.*<main>/s, '').replace(/<[^>]*>/g, ' ')
  return decodeEntities(text).replace(/\s+/g, ' ').trim()
}
