/** Every setting: its value, and where that comes from. */
import { readTexts, withoutPassword } from '../config/config.ts'
import { databaseName } from '../config/database-name.ts'
import { smtpShown } from '../config/settings/mail-settings.ts'
import type { Environment } from '../config/kinds.ts'
import { ok } from '../domain/protocol/result.ts'
import { sqlitePathOf } from '../domain/protocol/sqlite-path.ts'
import type { Outcome } from './outcome.ts'

/** Where variables were found, the source that counts most first. */
export interface SettingsSource {
  readonly name: string
  readonly variables: Environment
  /** Secrets that are set there, although nobody may know to what. */
  readonly secrets?: readonly string[]
}

export interface ListedSetting {
  readonly name: string
  /** Undefined for what isn't set and has no default, and for secrets. */
  readonly value: string | undefined
  readonly secret: boolean
  readonly isSet: boolean
  /** The name of a source, or `default`. */
  readonly from: string
}

/** An empty variable hides what later sources have, and counts as not set, as when the configuration is read. */
export function listSettings(sources: readonly SettingsSource[]): Outcome<ListedSetting[]> {
  const merged = Object.assign({}, ...sources.map(({ variables }) => variables).reverse()) as Environment
  const listed = readTexts(merged).map(({ variable: { name, secret = false }, raw, isGiven }) => {
    const source = sources.find(({ variables, secrets = [] }) => variables[name] !== undefined || secrets.includes(name))
    const isSet = isGiven || source?.secrets?.includes(name) === true
    return { name, value: shownAs(name, secret, raw), secret, isSet, from: isSet ? source!.name : 'default' }
  })
  return ok(listed)
}

function shownAs(name: string, secret: boolean, raw: string | undefined): string | undefined {
  if (raw === undefined) return undefined
  if (name === 'DATABASE_URL') return databaseShown(raw)
  if (name === 'SMTP_URL') return smtpShown(raw)
  return secret ? undefined : withoutPassword(raw)
}

/** Without user and password; nothing of what can't be parsed, since anything may be a password there. */
const databaseShown = (databaseUrl: string): string | undefined =>
  sqlitePathOf(databaseUrl) !== undefined || (/^postgres(ql)?:/.test(databaseUrl) && URL.canParse(databaseUrl))
    ? databaseName(databaseUrl)
    : undefined
