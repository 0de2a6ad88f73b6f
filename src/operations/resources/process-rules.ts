/** What an operator can say about how a command behind the gate runs. */
import { isAbsolute } from 'node:path'
import { ConfigSchema } from '../../config/schema.ts'
import { SHARES, USUAL_PROCESS } from '../../domain/gate/command/command.ts'
import type { PassedVariable, ProcessRules, Share } from '../../domain/gate/command/command.ts'
import { parsePassedVariable } from '../../domain/gate/command/passed-variable.ts'
import { ok } from '../../domain/protocol/result.ts'
import { invalid, invalidArgument } from '../outcome.ts'
import type { Outcome } from '../outcome.ts'

interface GivenRules {
  readonly per?: string | undefined
  readonly env?: readonly string[] | undefined
  readonly user?: string | undefined
  readonly directory?: string | undefined
}

/** A command that could read them could do whatever this server can. */
const isOurs = (name: string): boolean => Object.values(ConfigSchema.properties).some(({ variable }) => variable.name === name)

/** @returns what the rules become; `undefined` if nobody ever said any */
export function parseProcessRules(kept: ProcessRules | undefined, raw: GivenRules): Outcome<ProcessRules | undefined> {
  if ([raw.per, raw.env, raw.user, raw.directory].every((each) => each === undefined)) return ok(kept)
  const { per, env, user, directory } = { ...USUAL_PROCESS, ...kept, ...without(raw) }
  if (!SHARES.some((each) => each === per)) return invalidArgument('per', `must be one of ${SHARES.join(', ')}`, per)
  const variables = raw.env === undefined ? ok(env as readonly PassedVariable[]) : parseVariables(raw.env)
  if (!variables.ok) return variables
  if (directory !== undefined && directory !== '' && !isAbsolute(directory))
    return invalidArgument('directory', 'must be a whole path', directory)
  return ok({
    per: per as Share,
    env: variables.value,
    ...(user !== undefined && user !== '' && { user }),
    ...(directory !== undefined && directory !== '' && { directory }),
  })
}

const without = ({ per, user, directory }: GivenRules): GivenRules =>
  Object.fromEntries(Object.entries({ per, user, directory }).filter(([, value]) => value !== undefined))

/** A value that was typed in by mistake is not shown again. */
function parseVariables(given: readonly string[]): Outcome<PassedVariable[]> {
  const variables: PassedVariable[] = []
  for (const raw of given) {
    const variable = parsePassedVariable(raw, isOurs)
    if (!variable.ok) return invalidArgument('env', `must ${variable.error}`)
    if (variables.some(({ name }) => name === variable.value.name)) return invalid(`The variable ${variable.value.name} appears twice.`)
    variables.push(variable.value)
  }
  return ok(variables)
}
