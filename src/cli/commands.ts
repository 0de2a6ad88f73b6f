/** Every command, in the order of the help. What a command needs is loaded when it runs, so that each starts fast. */
import type { CommandSpec } from './command.ts'
import { ACCESS_COMMANDS } from './commands/access-rule.ts'
import { GRANT_COMMANDS, LINK_COMMANDS, SESSION_COMMANDS } from './commands/access.ts'
import { ADMISSION_COMMANDS } from './commands/admission.ts'
import { CLIENT_COMMANDS } from './commands/client.ts'
import { DATABASE_COMMANDS } from './commands/database.ts'
import { GROUP_COMMANDS } from './commands/group.ts'
import { INITIAL_ACCESS_TOKEN_COMMANDS } from './commands/initial-access-token.ts'
import { AUDIT_COMMANDS, KEY_COMMANDS } from './commands/records.ts'
import { PROVIDER_COMMANDS } from './commands/provider.ts'
import { PERSONAL_TOKEN_COMMANDS } from './commands/personal-token.ts'
import { RESOURCE_COMMANDS } from './commands/resource.ts'
import { CONFIG_COMMANDS, LOGIN_COMMANDS, MAIL_COMMANDS, SERVER_COMMANDS } from './commands/server.ts'
import { USER_COMMANDS } from './commands/user.ts'

export interface CommandGroup {
  readonly title: string
  /** The word that its commands begin with; none for those of one word. */
  readonly word?: string
  readonly commands: Readonly<Record<string, CommandSpec>>
}

export const GROUPS: readonly CommandGroup[] = [
  { title: 'Server', commands: SERVER_COMMANDS },
  { title: 'A server from afar', commands: LOGIN_COMMANDS },
  { title: 'Settings', word: 'config', commands: CONFIG_COMMANDS },
  { title: 'Mails', word: 'mail', commands: MAIL_COMMANDS },
  { title: 'Database', commands: DATABASE_COMMANDS },
  { title: 'Users', word: 'user', commands: USER_COMMANDS },
  { title: 'Groups of users', word: 'group', commands: GROUP_COMMANDS },
  { title: 'Identity providers', word: 'provider', commands: PROVIDER_COMMANDS },
  { title: 'Who may come in', word: 'admission', commands: ADMISSION_COMMANDS },
  { title: 'MCP servers', word: 'resource', commands: RESOURCE_COMMANDS },
  { title: 'Access rules', word: 'access', commands: ACCESS_COMMANDS },
  { title: 'Clients', word: 'client', commands: CLIENT_COMMANDS },
  { title: 'Grants', word: 'grant', commands: GRANT_COMMANDS },
  { title: 'Sessions', word: 'session', commands: SESSION_COMMANDS },
  { title: 'Links', word: 'link', commands: LINK_COMMANDS },
  { title: 'Personal access tokens', word: 'personal-token', commands: PERSONAL_TOKEN_COMMANDS },
  { title: 'Initial access tokens', word: 'initial-access-token', commands: INITIAL_ACCESS_TOKEN_COMMANDS },
  { title: 'Signing keys', word: 'keys', commands: KEY_COMMANDS },
  { title: 'Audit log', word: 'audit', commands: AUDIT_COMMANDS },
]

/** By all the words of their names. */
export const COMMANDS: Readonly<Record<string, CommandSpec>> = Object.assign({}, ...GROUPS.map(({ commands }) => commands))

/** Earlier words for a group of commands: still understood, and not shown. */
export const FORMER_WORDS: Readonly<Record<string, string>> = { 'registration-token': 'initial-access-token' }
