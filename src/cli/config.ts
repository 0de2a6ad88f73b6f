/** `config show`. */
import { withoutPassword } from '../config/config.ts'
import { listSettings } from '../operations/settings.ts'
import type { ListedSetting } from '../operations/settings.ts'
import { readEnvFile } from '../process/environment.ts'
import { findServer, settingsOf } from '../process/running-server.ts'
import type { RunningServer } from '../process/running-server.ts'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'
import { configured, valueOf } from './configured.ts'
import { printJson, printTable } from './terminal/print.ts'
import { isSet } from './read-options.ts'

const SERVER = 'running server'

export async function showConfig(call: Call): Promise<void> {
  const file = readEnvFile()
  if (!file.ok) throw new CommandRefused(file.error)
  const databaseUrl = { ...file.value, ...call.variables }['DATABASE_URL']
  const server = findServer(databaseUrl?.trim() || undefined)
  const sources = [
    { name: 'environment', variables: call.variables },
    { name: '.env', variables: file.value },
    ...(server === undefined ? [] : [{ name: SERVER, ...givenTo(server) }]),
  ]
  const settings = valueOf(call, listSettings(sources))
  if (isSet(call, 'json')) printJson(call, settings.map(settingJson))
  else printTable(call, ['Setting', 'Value', 'From'], settings.map(row))
  if (server !== undefined) warnAboutDifferences(call, settings, server)
  configured(call) // says what is wrong with them
}

const givenTo = (server: RunningServer) => ({
  variables: { ...server.given?.settings, ...settingsOf(server), DATABASE_URL: server.database },
  secrets: server.given?.secrets ?? [],
})

const row = ({ name, value, secret, isSet, from }: ListedSetting): string[] => [name, value ?? (secret && isSet ? 'set' : 'not set'), from]

const settingJson = ({ name, value, isSet, from }: ListedSetting) => ({ name, value, is_set: isSet, from })

/** What was changed after the server started counts for commands at once, and for the server when it starts again. */
function warnAboutDifferences({ errors }: Call, settings: readonly ListedSetting[], server: RunningServer): void {
  const given = server.given?.settings
  if (given === undefined) return
  const names = settings.filter(({ name, value, secret, isSet, from }) => {
    if (!isSet || secret || from === SERVER) return false
    return ![given[name], settingsOf(server)[name]].some((its) => its !== undefined && withoutPassword(its) === value)
  })
  if (names.length === 0) return
  const listed = names.map(({ name }) => name).join(', ')
  errors.write(`The running server was started with other values of ${listed}: start it again to apply these.\n`)
}
