/** Rules across settings: what contradicts, and what the operator should know. */
import { resolve, sep } from 'node:path'
import { MAX_CODE_TTL } from '../domain/client/security-profile.ts'
import { checkGatePath, gatePathOf } from '../domain/gate/gate-path.ts'
import { protectionsOf } from '../domain/gate/upstream-address.ts'
import { isLoopback } from '../domain/protocol/loopback.ts'
import { isInMemory, sqlitePathOf } from '../domain/protocol/sqlite-path.ts'
import { MIN_PASSWORD_LENGTH, normalizePassword } from '../domain/user/new-password.ts'
import { renderDuration } from './durations.ts'
import type { Environment } from './kinds.ts'
import { warningsAboutLocales } from './settings/locales.ts'
import { isRailway } from './platform.ts'
import { problemsOfProviders } from './settings/provider-settings.ts'
import { ConfigSchema } from './schema.ts'
import type { Settings } from './schema.ts'

const { variable: adminPassword } = ConfigSchema.properties.adminPassword

/** The least that the administrator's password must have where others can try it; users get the better rule. */
const LEAST_PASSWORD = 8
const passwordLength = ({ adminPassword: password = '' }: Partial<Settings>): number => [...normalizePassword(password)].length

/** Passwords that the documents show to everybody. */
const PUBLIC_PASSWORDS = [adminPassword.fallback, adminPassword.example]

/**
 * Problems between settings that are fine one by one.
 *
 * @param settings those that could be read; the others have been reported already
 */
export function problemsAcross(settings: Partial<Settings>, env: Environment): string[] {
  const problems: string[] = []
  const exposed = exposure(settings)
  if (PUBLIC_PASSWORDS.includes(settings.adminPassword) && exposed !== undefined) {
    problems.push(`ADMIN_PASSWORD is still one that everybody knows, and others can reach the server (${exposed}): set your own.`)
  }
  if (exposed !== undefined && passwordLength(settings) < LEAST_PASSWORD && problems.length === 0) {
    problems.push(
      `ADMIN_PASSWORD has fewer than ${LEAST_PASSWORD} characters, and others can reach the server (${exposed}): set a longer one.`,
    )
  }
  if (settings.databaseUrl?.startsWith('postgres') === true && env.SECRET === undefined) {
    problems.push('SECRET must be set when DATABASE_URL is PostgreSQL, the same on all nodes: use what `openssl rand -base64 32` prints.')
  }
  if (settings.workers !== undefined && settings.workers > 1 && sqlitePathOf(settings.databaseUrl ?? '') !== undefined) {
    problems.push(
      `WORKERS is ${settings.workers}, but an SQLite database has one process that writes: leave it at 1, or set DATABASE_URL to PostgreSQL.`,
    )
  }
  problems.push(...againstProfile(settings))
  problems.push(...notLonger('REFRESH_TOKEN_IDLE_TTL', settings.refreshTokenIdleTtl, 'REFRESH_TOKEN_TTL', settings.refreshTokenTtl))
  problems.push(...notLonger('SESSION_IDLE_TTL', settings.sessionIdleTtl, 'SESSION_TTL', settings.sessionTtl))
  problems.push(...problemsOfProtections(settings), ...problemsOfProviders(settings))
  if (settings.auditWebhook !== undefined && env.AUDIT_WEBHOOK_SECRET === undefined)
    problems.push('AUDIT_WEBHOOK_SECRET must be set with AUDIT_WEBHOOK: use what `openssl rand -base64 32` prints.')
  if (settings.metricsListen !== undefined && settings.metricsListen.port === settings.port)
    problems.push(`METRICS_LISTEN has the port of PORT, ${settings.port}, which everybody reaches: choose another one.`)
  problems.push(...problemsOfMails(settings, env))
  if (settings.forwardAuth === 'on' && !Array.isArray(settings.trustProxy))
    problems.push(
      'FORWARD_AUTH is on, so TRUST_PROXY must be the addresses or networks of your proxies, not a number: others could answer for them.',
    )
  return problems
}

/** What FAPI 2.0 forbids the server itself (Security Profile sections 5.3.2.1 and 5.4.1). */
function againstProfile({ securityProfile, codeTtl, accessTokenAlg, personalTokens }: Partial<Settings>): string[] {
  if (securityProfile !== 'fapi2') return []
  const why = 'because SECURITY_PROFILE is fapi2'
  return [
    // Section 5.3.2.1: access tokens have to be bound to a key, which these aren't.
    ...(personalTokens === 'on' ? [`PERSONAL_TOKENS is on, but must be off, ${why}.`] : []),
    ...(codeTtl !== undefined && codeTtl > MAX_CODE_TTL
      ? [`CODE_TTL is ${renderDuration(codeTtl)}, but must be at most ${renderDuration(MAX_CODE_TTL)}, ${why}.`]
      : []),
    ...(accessTokenAlg === 'RS256' ? [`ACCESS_TOKEN_ALG is RS256, but must be ES256, ${why}.`] : []),
  ]
}

/** A mail needs both, and who begins an account at the login page needs a mail. */
function problemsOfMails({ signUp }: Partial<Settings>, { SMTP_URL: smtpUrl, MAIL_FROM: mailFrom }: Environment): string[] {
  if (smtpUrl === undefined && signUp === 'invited')
    return ['SIGN_UP is invited, but there are no mails without SMTP_URL and MAIL_FROM: set both.']
  if ((smtpUrl === undefined) === (mailFrom === undefined)) return []
  const [given, missing] = smtpUrl === undefined ? ['MAIL_FROM', 'SMTP_URL'] : ['SMTP_URL', 'MAIL_FROM']
  return [`${given} is set, but ${missing} isn't, and mails need both: set ${missing}, too.`]
}

/** A path has one meaning: a route of ours, or one MCP server. */
function problemsOfProtections(settings: Partial<Settings>): string[] {
  const { protectCommand, workers = 1 } = settings
  const alone =
    protectCommand !== undefined && workers > 1
      ? [`PROTECT_COMMAND is set, but WORKERS is ${workers}: commands belong to one process of this server, so leave WORKERS at 1.`]
      : []
  return [...alone, ...problemsOfPaths(protectionsOf(settings).map(gatePathOf))]
}

function problemsOfPaths(paths: readonly string[]): string[] {
  const refused = paths.flatMap((path) => {
    const checked = checkGatePath(path)
    return checked.ok ? [] : [`PROTECT: ${checked.error}`]
  })
  const twice = paths.find((path, index) => paths.indexOf(path) < index)
  return twice === undefined ? refused : [...refused, `PROTECT has two MCP servers at ${twice}: write PATH=URL to give one another path.`]
}

/** What the operator should know although the server starts. */
export const warningsAbout = (settings: Settings, env: Environment): string[] => [
  ...aboutPassword(settings),
  ...aboutPlatform(settings, env),
  ...aboutStorage(settings, env),
  ...warningsAboutLocales(settings.locales),
]

function aboutPassword(settings: Settings): string[] {
  if (exposure(settings) === undefined || passwordLength(settings) >= MIN_PASSWORD_LENGTH) return []
  return [`ADMIN_PASSWORD has fewer than ${MIN_PASSWORD_LENGTH} characters, and others can reach the server: better set a longer one.`]
}

function aboutPlatform({ issuer }: Settings, env: Environment): string[] {
  if (!isRailway(env) || !isLoopback(new URL(issuer).hostname)) return []
  return ['This Railway service has no public domain yet, so nobody can reach it: generate one, then deploy again.']
}

function aboutStorage({ databaseUrl }: Settings, env: Environment): string[] {
  if (isInMemory(databaseUrl)) {
    return ['DATABASE_URL is sqlite::memory:, so nothing is kept: after the next start every client has to connect again.']
  }
  const path = sqlitePathOf(databaseUrl)
  if (!isRailway(env) || path === undefined) return []
  const volume = env.RAILWAY_VOLUME_MOUNT_PATH
  const lost = 'so all clients and logins will be lost at the next deployment'
  if (volume === undefined) return [`This Railway service has no volume, ${lost}: attach one, or set DATABASE_URL to PostgreSQL.`]
  const inVolume = resolve(path).startsWith(resolve(volume, '.') + sep)
  return inVolume ? [] : [`DATABASE_URL is outside the volume ${volume}, ${lost}: leave it unset, or name a file in the volume.`]
}

/** Why others can reach the server; undefined if they can't. */
export function exposure({ issuer, host }: Partial<Settings>): string | undefined {
  if (issuer !== undefined && !isLoopback(new URL(issuer).hostname)) return `ISSUER is ${issuer}`
  return host !== undefined && !isLoopback(host) ? `HOST is ${host}` : undefined
}

function notLonger(idleName: string, idle: number | undefined, totalName: string, total: number | undefined): string[] {
  if (idle === undefined || total === undefined || idle <= total) return []
  const limit = `${totalName}, which is ${renderDuration(total)}`
  return [`${idleName} is ${renderDuration(idle)}, but must not be longer than ${limit}: change one of them.`]
}
