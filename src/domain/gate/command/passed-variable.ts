/** Variables that an operator passes to a command. Only a reference is kept: the value is a secret as a rule. */
import { err, ok } from '../../protocol/result.ts'
import type { Result } from '../../protocol/result.ts'
import type { Reference } from '../upstream-header.ts'
import type { PassedVariable } from './command.ts'

const VARIABLE = /^([a-z_]\w*)(?:=(?:(env):([a-z_]\w*)|(file):(\S.*)))?$/is

/**
 * @param isOurs whether a variable configures this server
 * @returns the variable, or the rest of the sentence "it must ..."
 */
export function parsePassedVariable(raw: string, isOurs: (name: string) => boolean): Result<PassedVariable, string> {
  const [, name = '', , from = name, isFile, path = ''] = VARIABLE.exec(raw.trim()) ?? []
  if (name === '') return err('be NAME, NAME=env:VARIABLE or NAME=file:PATH: the value itself is never kept')
  if (isFile !== undefined) return ok({ name, value: `file:${path}` })
  return isOurs(from) ? err(`not pass ${from}, which is a setting of this server`) : ok({ name, value: `env:${from}` })
}

/** Where the value is. */
export const referenceOf = ({ value }: PassedVariable): Reference =>
  value.startsWith('file:') ? { kind: 'file', path: value.slice('file:'.length) } : { kind: 'env', name: value.slice('env:'.length) }
