/** Clients at work, many at a time: each step is journaled before it is sent and before its answer counts. */
import { createPerson } from '#test/support/people/person.ts'
import type { Arrival, Person } from '#test/support/people/person.ts'
import { ADMIN } from '#test/support/app.ts'
import type { Journal, Step, Steps } from './journal.ts'
import type { Seeded } from './seeded.ts'

const REDIRECT_URI = 'https://client.example/callback'
/** Longest wait for an answer, in ms: longer than the server waits for its database. */
const PATIENCE_MS = 15_000

export interface Client {
  readonly clientId: string
  readonly clientSecret: string
}

/** What a request came to: what it brought, or the status and the error code that refused it. */
export type Outcome<T> =
  | { readonly ok: true; readonly brings: T }
  | { readonly ok: false; readonly status: number; readonly error: string | undefined }

export interface Customers {
  /** Logs the administrator in, on the way to `client`. */
  login(client: Client): Promise<Outcome<{ cookies: [string, string][] }>>
  register(): Promise<Outcome<Client>>
  /** A code, by way of the consent page if it shows up. */
  authorize(cookies: Cookies, client: Client): Promise<Outcome<{ code: string }>>
  /** A code without any page, because session and consent are known. */
  authorizeSilently(cookies: Cookies, client: Client): Promise<Outcome<{ code: string }>>
  exchange(client: Client, code: string): Promise<Outcome<{ token: string }>>
  refresh(client: Client, token: string): Promise<Outcome<{ token: string }>>
  revoke(client: Client, token: string): Promise<Outcome<object>>
}
/** Of a person's browser: names and values. */
export type Cookies = readonly (readonly [string, string])[]

/** @throws what `fetch` throws while the server isn't there: the step is then under way for ever */
export function createCustomers(issuer: string, journal: Journal): Customers {
  const patient: typeof fetch = (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) })

  async function journaled<S extends Step>(
    step: S,
    needs: Steps[S]['needs'],
    send: () => Promise<Outcome<Steps[S]['brings']>>,
  ): Promise<Outcome<Steps[S]['brings']>> {
    const n = journal.intend(step, needs)
    const outcome = await send()
    if (outcome.ok) journal.answered(n, step, outcome.brings)
    else if (outcome.status < 500) journal.refused(n, step, `${outcome.status} ${outcome.error}`)
    return outcome
  }

  async function post<T>(
    path: string,
    { clientId, clientSecret }: Client,
    form: Record<string, string>,
    read: (body: Record<string, string>) => T,
  ): Promise<Outcome<T>> {
    const authorization = `Basic ${btoa(`${clientId}:${clientSecret}`)}`
    return outcomeOf(await patient(issuer + path, { method: 'POST', headers: { authorization }, body: new URLSearchParams(form) }), read)
  }

  function open(person: Person, { clientId }: Client, more: Record<string, string> = {}): Promise<Arrival> {
    const parameters = {
      client_id: clientId,
      redirect_uri: REDIRECT_URI,
      response_type: 'code',
      scope: 'profile offline_access',
      state: 'state',
      ...more,
    }
    return person.open(`${issuer}/authorize?${new URLSearchParams(parameters).toString()}`)
  }

  async function walk(cookies: Cookies, client: Client, more: Record<string, string>): Promise<Outcome<{ code: string }>> {
    const person = createPerson(issuer, patient)
    for (const [name, value] of cookies) person.cookies.set(name, value)
    let arrival = await open(person, client, more)
    if (arrival.page?.html.includes('value="allow"') === true) arrival = await person.submit(arrival.page, { decision: 'allow' })
    if (arrival.page !== undefined) return { ok: false, status: arrival.page.status, error: 'a page' }
    const { code, error } = Object.fromEntries(arrival.away.searchParams) as { code?: string; error?: string }
    return code === undefined ? { ok: false, status: 303, error } : { ok: true, brings: { code } }
  }

  const tokenOf = (body: Record<string, string>) => ({ token: body['refresh_token']! })
  return {
    login: (client) =>
      journaled('login', { clientId: client.clientId }, async () => {
        const person = createPerson(issuer, patient)
        const { page } = await open(person, client)
        const arrival = page?.form === undefined ? undefined : await person.submit(page, ADMIN)
        if (arrival?.page?.html.includes('value="allow"') !== true)
          return { ok: false, status: arrival?.page?.status ?? page?.status ?? 303, error: 'not logged in' }
        return { ok: true, brings: { cookies: [...person.cookies] } }
      }),
    register: () =>
      journaled('register', {}, async () => {
        const body = JSON.stringify({ client_name: 'Customer', redirect_uris: [REDIRECT_URI] })
        const response = await patient(`${issuer}/register`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
        return outcomeOf(response, (answer) => ({ clientId: answer['client_id']!, clientSecret: answer['client_secret']! }))
      }),
    authorize: (cookies, client) => journaled('authorize', { clientId: client.clientId }, () => walk(cookies, client, {})),
    authorizeSilently: (cookies, client) =>
      journaled('authorize', { clientId: client.clientId }, () => walk(cookies, client, { prompt: 'none' })),
    exchange: (client, code) =>
      journaled('exchange', { clientId: client.clientId, code }, () =>
        post('/token', client, { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI }, tokenOf),
      ),
    refresh: (client, token) =>
      journaled('refresh', { clientId: client.clientId, token }, () =>
        post('/token', client, { grant_type: 'refresh_token', refresh_token: token }, tokenOf),
      ),
    revoke: (client, token) =>
      journaled('revoke', { clientId: client.clientId, token }, () => post('/revoke', client, { token }, () => ({}))),
  }
}

async function outcomeOf<T>(response: Response, read: (body: Record<string, string>) => T): Promise<Outcome<T>> {
  const text = await response.text()
  const body = (text === '' ? {} : JSON.parse(text)) as Record<string, string>
  return response.ok ? { ok: true, brings: read(body) } : { ok: false, status: response.status, error: body['error'] }
}

/** How many refreshes one client makes in a row, at most. */
const REFRESHES = 5
const REVOKED_SHARE = 0.3
const LOGIN_SHARE = 0.1

/**
 * A client that comes, works and goes, and then the next one, until it is over.
 *
 * @param cookies of somebody who is logged in
 * @param refusals gets what was refused although it was in order
 */
export async function keepComing(
  customers: Customers,
  cookies: Cookies,
  random: Seeded,
  isOver: () => boolean,
  refusals: string[],
): Promise<void> {
  while (!isOver())
    await comeOnce(customers, cookies, random).catch((error: Error) => error instanceof Refused && refusals.push(error.message))
}

async function comeOnce(customers: Customers, cookies: Cookies, random: Seeded): Promise<void> {
  const client = brought(await customers.register())
  const session = random.chance(LOGIN_SHARE) ? brought(await customers.login(client)).cookies : cookies
  const { code } = brought(await customers.authorize(session, client))
  let { token } = brought(await customers.exchange(client, code))
  for (let left = random.between(0, REFRESHES); left >= 1; left--) ({ token } = brought(await customers.refresh(client, token)))
  if (random.chance(REVOKED_SHARE)) brought(await customers.revoke(client, token))
}

/** A client, and the cookies of somebody who is logged in. */
export async function logIn(customers: Customers): Promise<{ client: Client; cookies: Cookies }> {
  const client = brought(await customers.register())
  const { cookies } = brought(await customers.login(client))
  return { client, cookies }
}

class Refused extends Error {}

/** @throws {Refused} unless the server only can't answer now */
function brought<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.brings
  const message = `under load: ${outcome.status} ${outcome.error}`
  throw outcome.status < 500 ? new Refused(message) : new Error(message)
}
