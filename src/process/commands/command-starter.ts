/**
 * Starts the commands behind the gate: without a shell, with the variables that they were given and no other of ours, in a folder of their
 * own. Owns what the process gets from this machine, and that nothing of it stays; not what is said to it (plugins/gate/commands).
 */
import { spawn } from 'node:child_process'
import { chownSync, rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import type { AppOptions } from '../../app.ts'
import type { Environment } from '../../config/kinds.ts'
import { referenceOf } from '../../domain/gate/command/passed-variable.ts'
import type { ProcessRules, Words } from '../../domain/gate/command/command.ts'
import { showUpstream } from '../../domain/gate/command/command-line.ts'
import type { Reference } from '../../domain/gate/upstream-header.ts'
import { findAccount } from './command-account.ts'
import type { Account } from './command-account.ts'

type StartCommand = NonNullable<AppOptions['startCommand']>
type Started = Awaited<ReturnType<StartCommand>>

/** What every program needs. None is a setting of ours. */
const USUAL = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'TMPDIR', 'SystemRoot']

/** How long the output of a process that is gone may still come, in ms. */
const LAST_WORDS_MS = 300

/** The processes that are alive, so that none outlives this one, however it ends. */
const alive = new Set<number>()
let isWatching = false

export function createCommandStarter(
  variables: Environment,
  readReference: (reference: Reference) => Promise<string | undefined>,
): StartCommand {
  return async (words, rules) => {
    const account = rules.user === undefined ? undefined : accountOf(rules.user)
    const env = await environmentOf(rules, account)
    const folder = rules.directory === undefined ? await mkdtemp(join(tmpdir(), 'mcp-command-')) : undefined
    if (folder !== undefined && account !== undefined) chownSync(folder, account.uid, account.gid)
    const leave = () => void (folder !== undefined && rmSync(folder, { recursive: true, force: true }))
    try {
      return await start(words, { env, cwd: folder ?? rules.directory!, account, leave })
    } catch (error) {
      leave()
      throw error
    }
  }

  async function environmentOf({ env }: ProcessRules, account: Account | undefined): Promise<Record<string, string>> {
    const given: [string, string][] = USUAL.flatMap((name) => (variables[name] === undefined ? [] : [[name, variables[name]]]))
    if (account !== undefined) given.push(['HOME', account.home], ['USER', account.name], ['LOGNAME', account.name])
    for (const variable of env) {
      const value = (await readReference(referenceOf(variable)))?.replace(/\r?\n$/, '')
      if (value === undefined)
        throw new Error(`The variable ${variable.name} of the command has no value: ${variable.value} leads to nothing.`)
      given.push([variable.name, value])
    }
    return Object.fromEntries(given)
  }
}

function accountOf(named: string): Account {
  const account = findAccount(named)
  if (!account.ok) throw new Error(account.error)
  return account.value
}

interface Place {
  readonly env: Record<string, string>
  readonly cwd: string
  readonly account: Account | undefined
  readonly leave: () => void
}

async function start(words: Words, { env, cwd, account, leave }: Place): Promise<Started> {
  const [program, ...more] = words as [string, ...string[]]
  // A group of its own, so that what it starts ends with it, and a Ctrl-C at our terminal doesn't reach it before us.
  const child = spawn(program, more, {
    cwd,
    env,
    shell: false,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(account !== undefined && { uid: account.uid, gid: account.gid }),
  })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (error: NodeJS.ErrnoException) => reject(new Error(`${showUpstream(words)} can't be started: ${error.message}`)))
  })
  const pid = child.pid!
  const signal = (name: NodeJS.Signals): void => signalGroup(pid, name)
  watch(pid)
  const ended = new Promise<string>((resolve) =>
    child.once('exit', (code, name) => {
      alive.delete(pid)
      signal('SIGKILL') // what it started and left behind
      leave()
      // Its last words may still be on their way; what got away from its group holds them open.
      const late = setTimeout(() => [child.stdin, child.stdout, child.stderr].forEach((stream) => stream.destroy()), LAST_WORDS_MS)
      child.once('close', () => {
        clearTimeout(late)
        resolve(name === null ? `it exited with code ${code}` : `${name} ended it`)
      })
    }),
  )
  return { pid, input: child.stdin, output: child.stdout, errors: child.stderr, ended, signal }
}

function watch(pid: number): void {
  alive.add(pid)
  if (isWatching) return
  isWatching = true
  process.once('exit', () => {
    for (const each of alive) signalGroup(each, 'SIGKILL')
  })
}

function signalGroup(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name)
  } catch {
    // Nothing of it is left.
  }
}

/** What an operator should know before others use a command. */
export function warnAboutCommands(secretFile: string | undefined, { username, uid } = userInfo()): string {
  const what = secretFile === undefined ? 'the files of this server' : `${secretFile} included`
  return (
    `Commands run as ${username} unless --user says otherwise, and can read whatever this account can, ${what}: ` +
    `${uid === 0 ? 'give them an account of their own with --user, or a' : 'better give them a'} container (docs/gate.md, Commands).`
  )
}
