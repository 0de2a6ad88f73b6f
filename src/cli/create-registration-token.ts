/** `registration-token create`: an initial access token (RFC 7591 section 1.2), shown once, and what may be registered by it. */
import { parseDuration, renderDuration } from '../config/durations.ts'
import { parts } from '../config/kinds.ts'
import { AUTH_METHODS, GRANT_TYPES } from '../domain/client/client-metadata.ts'
import { REDIRECT_KINDS } from '../domain/client/registration-policy.ts'
import type { RegistrationPolicy } from '../domain/client/registration-policy.ts'
import { parseScope } from '../domain/protocol/scope.ts'
import { sha256 } from '../domain/protocol/sha256.ts'
import { plainText } from '../domain/protocol/text.ts'
import { newSecret } from '../crypto/random.ts'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'
import { withStorage } from './configured.ts'
import { operatorEvent } from './operator.ts'

/** Longest life and most uses: what is meant to have no bound goes without the option. */
const MAX_TTL = 3650 * 86_400
const MAX_USES = 1_000_000

export async function createRegistrationToken(call: Call): Promise<void> {
  const name = call.positionals[0]!
  if (!/^[\w.-]{1,64}$/.test(name)) throw new CommandRefused('The name must have 1 to 64 letters, digits, dots, dashes or underscores.')
  const ttl = parseTtl(call)
  const usesLeft = parseUses(call)
  const policy = parsePolicy(call)
  const secret = newSecret()
  const now = Date.now()
  const token = {
    name,
    tokenHash: sha256(secret),
    policy,
    usesLeft,
    createdAt: now,
    expiresAt: ttl === undefined ? undefined : now + ttl * 1000,
  }
  const details = {
    token: name,
    policy,
    ...(usesLeft !== undefined && { uses: usesLeft }),
    ...(ttl !== undefined && { expires: renderDuration(ttl) }),
  }
  const event = operatorEvent({ name: 'registration_token.created', details })
  const created = await withStorage(call, ({ initialAccessTokens }) => initialAccessTokens.insert(token, event))
  if (!created) throw new CommandRefused(`There is a token ${name} already: choose another name, or delete it first.`)
  call.errors.write('This is shown once. Clients send it to /register as "Authorization: Bearer ...":\n')
  call.output.write(`${secret}\n`)
}

function parseTtl({ options: { expires } }: Call): number | undefined {
  if (typeof expires !== 'string') return undefined
  const seconds = parseDuration(expires)
  if (seconds !== undefined && seconds > 0 && seconds <= MAX_TTL) return seconds
  throw new CommandRefused(`--expires must be a duration up to ${renderDuration(MAX_TTL)}, as in 12h or 30d.`)
}

function parseUses({ options: { uses } }: Call): number | undefined {
  if (typeof uses !== 'string') return undefined
  if (/^[1-9]\d*$/.test(uses) && Number(uses) <= MAX_USES) return Number(uses)
  throw new CommandRefused(`--uses must be a whole number from 1 to ${MAX_USES}.`)
}

function parsePolicy(call: Call): RegistrationPolicy {
  return {
    redirectHosts: parseList(call, 'redirect-hosts', parseHost, 'hosts such as app.example.com or app.example.com:8443'),
    redirectKinds: parseList(call, 'redirect-kinds', oneOf(REDIRECT_KINDS), `any of ${REDIRECT_KINDS.join(', ')}`),
    scopes: parseList(call, 'scopes', (raw) => (parseScope(raw)[0] === raw ? raw : undefined), 'scopes without blanks'),
    authMethods: parseList(call, 'auth-methods', oneOf(AUTH_METHODS), `any of ${AUTH_METHODS.join(', ')}`),
    grantTypes: parseList(call, 'grant-types', oneOf(GRANT_TYPES), `any of ${GRANT_TYPES.join(', ')}`),
  }
}

/** A list separated by commas; an option that isn't there bounds nothing. */
function parseList<T extends string>(
  { options }: Call,
  name: string,
  parse: (raw: string) => T | undefined,
  accepts: string,
): T[] | undefined {
  const raw = options[name]
  if (typeof raw !== 'string') return undefined
  return parts(raw).map((part) => {
    const value = parse(part)
    if (value !== undefined) return value
    throw new CommandRefused(`--${name} must be ${accepts}, separated by commas; "${plainText(part, 100)}" is not one.`)
  })
}

const oneOf =
  <T extends string>(words: readonly T[]) =>
  (raw: string): T | undefined =>
    words.find((word) => word === raw)

/** The host as `URL.host` spells it, which is what redirect URIs are compared with. */
function parseHost(raw: string): string | undefined {
  const url = URL.canParse(`https://${raw}`) ? new URL(`https://${raw}`) : undefined
  return url !== undefined && url.href === `https://${url.host}/` && !/[/?#@\\]/.test(raw) ? url.host : undefined
}
