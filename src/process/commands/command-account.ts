/** The accounts of this machine as which commands may run (`--user`). Owns who may choose one, and that a start without that right says so. */
import { readFileSync } from 'node:fs'
import type { Config } from '../../config/config.ts'
import { isCommand } from '../../domain/gate/command/command.ts'
import { createGateTable } from '../../domain/gate/gate-table.ts'
import { protectionsOf } from '../../domain/gate/upstream-address.ts'
import { err, ok } from '../../domain/protocol/result.ts'
import type { Result } from '../../domain/protocol/result.ts'
import { StorageRefused } from '../../storage/storage.ts'
import type { Storage } from '../../storage/storage.ts'

export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}

const ROOT = 0

/**
 * An account of this machine, by its name or number.
 *
 * @returns a sentence if there is none, or if this process can't run anything as it
 */
export function findAccount(named: string, passwd = '/etc/passwd', own = process.getuid?.()): Result<Account, string> {
  for (const line of linesOf(passwd)) {
    const [name = '', , uid = '', gid = '', , home = '/'] = line.split(':')
    if (uid === '' || (name !== named && uid !== named)) continue
    const account = { name, uid: Number(uid), gid: Number(gid), home }
    return own === ROOT || own === account.uid
      ? ok(account)
      : err(`A command can't run as ${name}: only root can choose an account. Start this server as root, or leave out --user.`)
  }
  return err(`There is no account ${named} on this machine: a command can't run as it.`)
}

function linesOf(passwd: string): string[] {
  try {
    return readFileSync(passwd, 'utf8').split('\n')
  } catch {
    return [] // a machine without such accounts
  }
}

/** @throws {StorageRefused} if a command is to run as an account that it can't run as */
export async function refuseAccounts(
  { resources }: Pick<Storage, 'resources'>,
  config: Config,
  find: (named: string) => Result<Account, string> = findAccount,
): Promise<void> {
  const { gated } = createGateTable(await resources.list(), protectionsOf(config), config.issuer, false)
  for (const { resource, upstream, gate } of gated) {
    const user = isCommand(upstream) ? gate.process?.user : undefined
    const account = user === undefined ? undefined : find(user)
    if (account?.ok === false) throw new StorageRefused(`${resource.identifier}: ${account.error}`)
  }
}
