/** The configuration: takes environment variables, returns the settings or all problems at once. schema.ts lists the variables. */
import { Value } from '@sinclair/typebox/value'
import type { Environment, Variable } from './kinds.ts'
import { problemsAcross, warningsAbout } from './rules.ts'
import { ConfigSchema } from './schema.ts'
import type { Settings } from './schema.ts'
import { PROVIDED_JWT_TTL } from '../domain/provider/check-schedule.ts'
import { err, ok } from '../domain/protocol/result.ts'
import type { Result } from '../domain/protocol/result.ts'

export { renderConfigTable, renderEnvExample } from './documents.ts'

/** The settings that the server runs with. Lifetimes (`...Ttl`) are seconds. */
export type Config = Settings & {
  /** Sentences for the log at the start. */
  readonly warnings: readonly string[]
  /** The longest life of a JWT of somebody who came by a provider, if `ACCESS_TOKEN_TTL` isn't set. */
  readonly providedJwtTtl?: number
}

/**
 * Reads and checks the environment. Unknown variables are ignored; an empty or blank one counts as not set.
 *
 * @param variables usually `process.env`
 * @returns the settings, or a sentence for each problem: the variable, its value unless secret, and what it must be
 */
export function loadConfig(variables: Environment): Result<Config, string[]> {
  const { settings, problems, env } = readSettings(variables)
  problems.push(...problemsAcross(settings, env))
  if (problems.length > 0) return err(problems)
  Value.Assert(ConfigSchema, settings)
  const provided = env['ACCESS_TOKEN_TTL'] === undefined ? { providedJwtTtl: PROVIDED_JWT_TTL } : {}
  return ok({ ...settings, ...provided, warnings: warningsAbout(settings, env) })
}

/** A variable and what it is set to. */
export interface GivenText {
  readonly variable: Variable
  /** What was given, or else the default; undefined for what is optional and wasn't given. */
  readonly raw: string | undefined
  readonly isGiven: boolean
}

/** The text of every setting, right or wrong. */
export const readTexts = (variables: Environment): readonly GivenText[] => readSettings(variables).texts

function readSettings(variables: Environment) {
  const env = withoutEmpty(variables)
  const settings: Record<string, unknown> = {}
  const problems: string[] = []
  const texts: GivenText[] = []
  for (const [key, schema] of Object.entries(ConfigSchema.properties)) {
    const { variable } = schema
    const trimmed = env[variable.name]
    const given = variable.verbatim === true && trimmed !== undefined ? variables[variable.name] : trimmed
    const raw = given ?? variable.derive?.(env, settings) ?? variable.fallback
    texts.push({ variable, raw, isGiven: given !== undefined })
    if (raw === undefined) continue
    const reading = variable.read(raw)
    if (!reading.ok) problems.push(problemWith(variable, given, raw, reading.error))
    else if (!Value.Check(schema, reading.value)) problems.push(problemWith(variable, given, raw, `be ${variable.accepts}`))
    else settings[key] = reading.value
  }
  return { settings, problems, env, texts }
}

function withoutEmpty(variables: Environment): Environment {
  const trimmed = Object.entries(variables).map(([name, value]) => [name, value?.trim()] as const)
  return Object.fromEntries(trimmed.filter(([, value]) => value !== undefined && value !== ''))
}

function problemWith({ name, secret, example }: Variable, given: string | undefined, raw: string, mandate: string): string {
  if (secret === true) return `${name} (its value isn't shown) must ${mandate}.`
  const subject = given === undefined ? `${name} isn't set, and would be ${quoted(raw)}, but` : `${name} is ${quoted(raw)}, but`
  return `${subject} must ${mandate}. For example: ${name}=${example}`
}

/** A value as one line of limited length. In a URL, what is in front of an @ is hidden: it may be a password. */
function quoted(raw: string): string {
  const shown = withoutPassword(raw)
  return JSON.stringify(shown.length > 100 ? `${shown.slice(0, 100)}...` : shown)
}

export const withoutPassword = (raw: string): string => (/[:/\\]/.test(raw) ? raw.replace(/^.*@/s, '***@') : raw)
