/** Options and arguments that several commands have. */
import type { ArgumentSpec, OptionSpec } from '../command.ts'

export const JSON_OPTION: OptionSpec = { flags: '--json', description: 'print JSON, for programs' }
export const YES: OptionSpec = { flags: '--yes', description: 'do not ask for confirmation' }
export const FORCE: OptionSpec = { flags: '--force', description: 'replace the file if it exists' }
export const PASSWORD_STDIN: OptionSpec = {
  flags: '--password-stdin',
  description: 'read the password from standard input instead of asking for it',
}

export const limit = (usual: number, max: number): OptionSpec => ({
  flags: '--limit <number>',
  description: `show at most this many, up to ${max}; ${usual} if left out`,
})

export const USERNAME: ArgumentSpec = { name: '<username>', description: 'the name that the user logs in with' }
export const CLIENT_ID: ArgumentSpec = { name: '<client-id>', description: 'the id of the client' }
export const RESOURCE: ArgumentSpec = { name: '<resource>', description: 'the address of the MCP server, or its id' }
export const TOKEN_NAME: ArgumentSpec = { name: '<name>', description: 'what you call the token' }
