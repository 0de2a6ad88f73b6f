/** Reads the configuration from the process's environment and from `.env` in the working directory. */
import { readFileSync } from 'node:fs'
import { loadConfig, readTexts } from '../config/config.ts'
import type { Config, GivenText } from '../config/config.ts'
import type { Environment } from '../config/kinds.ts'
import { warnAboutNames } from '../config/near-names.ts'
import { err, ok } from '../domain/protocol/result.ts'
import type { Result } from '../domain/protocol/result.ts'
import { parseEnvFile } from '../config/env-file.ts'

/**
 * A variable in the environment wins over one in the file. A missing file is no problem.
 *
 * @param path the file, relative to the working directory
 * @param fallback what holds for variables that are set nowhere, given those that are
 * @returns the settings, or a sentence for each problem
 */
export function readEnvironment(
  variables: Environment = process.env,
  path = '.env',
  fallback: (given: Environment) => Environment = () => ({}),
): Result<Config, string[]> {
  const file = readEnvFile(path)
  if (!file.ok) return err([file.error])
  const given = { ...file.value, ...variables }
  const config = loadConfig({ ...fallback(given), ...given })
  // Not in the environment, which holds the variables of everything else.
  const warnings = warnAboutNames(Object.keys(file.value), path)
  if (!config.ok) return err([...config.error, ...warnings])
  return ok({ ...config.value, warnings: [...config.value.warnings, ...warnings] })
}

/** What somebody set, by the names of the variables. */
export interface GivenSettings {
  readonly settings: Readonly<Record<string, string>>
  /** The names of those that are secret. */
  readonly secrets: readonly string[]
}

/** What the environment and the file set, for others to see: no secret is in it. */
export function readGiven(variables: Environment = process.env, path = '.env'): GivenSettings {
  const file = readEnvFile(path)
  const given = readTexts({ ...(file.ok && file.value), ...variables }).filter(({ isGiven }) => isGiven)
  const isSecret = ({ variable }: GivenText): boolean => variable.secret === true
  return {
    settings: Object.fromEntries(given.filter((each) => !isSecret(each)).map(({ variable, raw }) => [variable.name, raw!])),
    secrets: given.filter(isSecret).map(({ variable }) => variable.name),
  }
}

export function readEnvFile(path = '.env'): Result<Environment, string> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    // A folder of that name may be a Python environment.
    if (code === 'ENOENT' || code === 'EISDIR') return ok({})
    return err(`The file ${path} can't be read (${message}): make it readable, or remove it.`)
  }
  const parsed = parseEnvFile(text)
  if (parsed.ok) return parsed
  // The line itself is not shown, because it may hold a secret.
  return err(`Line ${parsed.error} of ${path} can't be read: write NAME=value, and close every quotation mark that you open.`)
}
