/**
 * Who is in a large database: every second client is connected to one person, by a grant with a code and refresh tokens of several
 * generations; nobody ever allowed the others. Each record follows from its number, so that a process that loads the server
 * knows the secrets without keeping them.
 */
import { searchKeysOf } from '../../src/domain/client/search-keys.ts'
import type { ClientMetadata } from '../../src/domain/client/client-metadata.ts'
import { formatTokenHandle } from '../../src/domain/token/token-handle.ts'
import { sha256 } from '../../src/domain/protocol/sha256.ts'
import { timestamp } from '../../src/crypto/random.ts'
import type { Parameter } from '../../src/storage/driver.ts'
import type { Table } from '../../src/storage/transfer.ts'

export interface Population {
  readonly clients: number
  /** Of how many grants the code wasn't redeemed yet; they have no refresh token. They are the last ones, as codes live for a minute. */
  readonly openCodes: number
  /** The instant, in ms, at which all this is there. */
  readonly now: number
  /** In front of every name, so that two populations fit into one database. */
  readonly name: string
  /** All is over: what was connected ended two days before `now`, what wasn't is older than any client that waits. */
  readonly over: boolean
}

/** A record, by its columns; the others are null. */
export type Fields = Readonly<Record<string, Parameter>>

export const REDIRECT_URI = 'https://client.example/callback'
export const RESOURCE = 'https://mcp.example.com/mcp'
export const VERIFIER = 'v'.repeat(64)
/** Refresh tokens of a family, all but the last one used. */
export const GENERATIONS = 6

const CHALLENGE = sha256(VERIFIER)
const CLIENTS_PER_USER = 10
const HOUR = 3_600_000
const DAY = 24 * HOUR
const METADATA: ClientMetadata = {
  redirectUris: [REDIRECT_URI],
  tokenEndpointAuthMethod: 'none',
  grantTypes: ['authorization_code', 'refresh_token'],
  scopes: [],
  display: { client_name: 'Bench' },
}
const SCOPES = JSON.stringify(['profile', 'offline_access'])
const RESOURCES = JSON.stringify([RESOURCE])

/** Of the length of ids, and of secrets. */
const id = (seed: string): string => sha256(seed).slice(0, 22)
const secret = sha256
/** As `newRecordId()` makes them: what comes later sorts later. */
const recordId = (population: Population, kind: string, number: number): string =>
  timestamp(cameAt(population, number)) + id(`${population.name} ${kind} ${number}`).slice(8)

/** When a client came, and was connected: evenly over four weeks. */
const cameAt = ({ clients, now, over }: Population, number: number): number =>
  now - (over ? 100 * DAY : 0) - Math.floor((1 - number / clients) * 28 * DAY) - 8 * HOUR

export const clientId = (population: Population, number: number): string => `client_${recordId(population, 'client', number)}`
export const codeOf = (population: Population, number: number): string =>
  formatTokenHandle(grantId(population, number), secret(`${population.name} code ${number}`))
/** The token of one generation, from 1 on; the last one wasn't used yet. */
export const refreshTokenOf = (population: Population, number: number, generation = GENERATIONS): string =>
  formatTokenHandle(grantId(population, number), secret(`${population.name} token ${number} ${generation}`))

const userId = ({ name }: Population, number: number): string => id(`${name} user ${Math.floor(number / CLIENTS_PER_USER)}`)
const grantId = (population: Population, number: number): string => recordId(population, 'grant', number)
const isConnected = (number: number): boolean => number % 2 === 0
/** Whether a connected client was at work within the last day: its next use need not be noted. */
export const isBusy = (number: number): boolean => number % 4 === 0

/** Numbers of grants with an open code. */
export function openCodes({ clients, openCodes }: Population): number[] {
  const connected = Math.ceil(clients / 2)
  return Array.from({ length: openCodes }, (_, index) => (connected - 1 - index) * 2)
}

/** Numbers of `amount` grants with refresh tokens, spread evenly. */
export function families(population: Population, amount: number): number[] {
  const open = new Set(openCodes(population))
  const connected = Array.from({ length: Math.ceil(population.clients / 2) }, (_, index) => index * 2).filter((number) => !open.has(number))
  return Array.from({ length: amount }, (_, index) => connected[Math.floor((index * connected.length) / amount)]!)
}

/** Every record of the tables that large databases are made of, parents before their children. */
export function tables(population: Population): [Table, Iterable<Fields>][] {
  const { clients, now, name, over } = population
  const open = new Set(population.openCodes === 0 ? [] : openCodes(population))
  const endOf = (at: number, lifetime: number): number => (over ? now - 2 * DAY : at + lifetime)

  function* users(): Iterable<Fields> {
    for (let number = 0; number < clients; number += CLIENTS_PER_USER) {
      const username = `${name}-${number}`
      yield {
        id: userId(population, number),
        username,
        password_hash: 'none',
        origin: 'person',
        profile: '{}',
        email: `${username}@example.com`,
        email_verified: 1,
        created_at: now - 200 * DAY,
        updated_at: now - 200 * DAY,
      }
    }
  }
  function* registered(): Iterable<Fields> {
    const keys = searchKeysOf({ id: 'client', origin: 'registration', metadata: METADATA })
    for (let number = 0; number < clients; number++) {
      const at = cameAt(population, number)
      const used = isConnected(number) ? { authorized_at: at, last_used_at: isBusy(number) && !over ? now - HOUR : at } : {}
      yield {
        id: clientId(population, number),
        metadata: JSON.stringify(METADATA),
        name_key: keys.name ?? null,
        host_key: keys.host ?? null,
        origin: 'registration',
        created_at: at,
        registration_token_hash: secret(`${name} registration ${number}`),
        ...used,
      }
    }
  }
  function* connected<T>(each: (number: number, at: number) => Iterable<T>): Iterable<T> {
    for (let number = 0; number < clients; number += 2) yield* each(number, cameAt(population, number))
  }
  const consents = connected(function* (number, at): Iterable<Fields> {
    yield {
      user_id: userId(population, number),
      client_id: clientId(population, number),
      receiver: 'client.example',
      client_hash: '',
      scopes: SCOPES,
      resources: RESOURCES,
      created_at: at,
      updated_at: at,
    }
  })
  const grants = connected(function* (number, at): Iterable<Fields> {
    const code = open.has(number) ? { code_expires_at: now + 30 * DAY } : { code_expires_at: at + 60_000, redeemed_at: at }
    yield {
      id: grantId(population, number),
      user_id: userId(population, number),
      client_id: clientId(population, number),
      scopes: SCOPES,
      resources: RESOURCES,
      auth_time: at,
      created_at: at,
      last_used_at: at,
      expires_at: endOf(at, 365 * DAY),
      sid: id(`${name} session ${number}`),
      code_hash: sha256(codeOf(population, number)),
      redirect_uri: REDIRECT_URI,
      redirect_uri_given: 1,
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
      ...code,
    }
  })
  const refreshTokens = connected(function* (number, at): Iterable<Fields> {
    if (open.has(number)) return
    let parent: string | null = null
    for (let generation = 1; generation <= GENERATIONS; generation++) {
      const hash = sha256(refreshTokenOf(population, number, generation))
      const createdAt = at + generation * HOUR
      const last = generation === GENERATIONS
      const used = last
        ? { successors: 0 }
        : { successors: 1, used_at: createdAt + HOUR, successor_used_at: generation === GENERATIONS - 1 ? null : createdAt + 2 * HOUR }
      yield {
        token_hash: hash,
        grant_id: grantId(population, number),
        generation,
        parent_hash: parent,
        created_at: createdAt,
        expires_at: endOf(createdAt, 30 * DAY),
        ...used,
      }
      parent = hash
    }
  })
  function* events(): Iterable<Fields> {
    for (let number = 0; number < clients; number++) {
      const details = JSON.stringify({ client_name: 'Bench', redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: 'none' })
      yield {
        id: id(`${name} event ${number}`),
        at: cameAt(population, number),
        name: 'client.registered',
        actor: 'anonymous',
        address: '192.0.2.1',
        client_id: clientId(population, number),
        details,
        times: 1,
        attempts: 0,
      }
    }
  }
  return [
    ['users', users()],
    ['clients', registered()],
    ['consents', consents],
    ['grants', grants],
    ['refresh_tokens', refreshTokens],
    ['audit_events', events()],
  ]
}
