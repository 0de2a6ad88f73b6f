/** What the options of `resource add` and `resource update` say about a resource. */
import { Value } from '@sinclair/typebox/value'
import { ConfigSchema } from '../config/schema.ts'
import type { Resource, ResourceScope } from '../domain/resource/resource.ts'
import { BUILT_IN_SCOPES, parseScope } from '../domain/protocol/scope.ts'
import { plainText } from '../domain/protocol/text.ts'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'
import { readName } from './name-option.ts'

type Told = Partial<Pick<Resource, 'name' | 'scopes' | 'accessTokenTtl' | 'accessTokenFormat' | 'accessTokenAlg'>>

/** Longest sentence about a scope, in characters. */
const MAX_DESCRIPTION = 200
/** Says that the server's setting holds. */
const DEFAULT = 'default'

/** The members that options name, and no others; `default` makes one undefined. */
export function readResourceOptions(call: Call): Told {
  const name = readName(call, 'name')
  const { scope } = call.options
  return {
    ...(name !== undefined && { name }),
    ...(Array.isArray(scope) && { scopes: readScopes(scope) }),
    ...readSetting(call, 'token-ttl', 'accessTokenTtl'),
    ...readSetting(call, 'token-format', 'accessTokenFormat'),
    ...readSetting(call, 'alg', 'accessTokenAlg'),
  }
}

/** `NAME=WORDS`; without words, the name has to do. A single empty one says that there are none. */
function readScopes(given: readonly string[]): ResourceScope[] {
  if (given.length === 1 && given[0] === '') return []
  const scopes = given.map((raw) => {
    const [name = '', ...words] = raw.split('=')
    if (parseScope(name)[0] !== name)
      throw new CommandRefused(`"${plainText(name, 100)}" is no scope: visible ASCII without blanks, quotation marks and backslashes.`)
    if (BUILT_IN_SCOPES.some((scope) => scope === name))
      throw new CommandRefused(`${name} is a scope of this server itself: choose another name.`)
    return { name, description: plainText(words.join('='), MAX_DESCRIPTION) || name }
  })
  const twice = scopes.find(({ name }, index) => scopes.findIndex((other) => other.name === name) < index)
  if (twice !== undefined) throw new CommandRefused(`The scope ${twice.name} is there twice.`)
  return scopes
}

/** An option means what the setting means for which it stands in, within the same bounds. */
function readSetting(call: Call, option: string, key: 'accessTokenTtl' | 'accessTokenFormat' | 'accessTokenAlg'): Told {
  const raw = call.options[option]
  if (typeof raw !== 'string') return {}
  if (raw === DEFAULT) return { [key]: undefined }
  const { variable, ...schema } = ConfigSchema.properties[key]
  const reading = variable.read(raw)
  if (reading.ok && Value.Check(schema, reading.value)) return { [key]: reading.value }
  throw new CommandRefused(`--${option} is "${plainText(raw, 100)}", but must be ${variable.accepts}, or ${DEFAULT}.`)
}
