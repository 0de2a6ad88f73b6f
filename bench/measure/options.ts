/** The command line of `npm run bench`. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

export interface Options {
  /** Rows whose name holds one of these; all rows, if there are none. */
  readonly words: readonly string[]
  /** One short round, which only shows that everything works. */
  readonly quick: boolean
  /** Of each row, in each sitting. */
  readonly rounds: number
  /** How often all servers are started anew: two processes of the same code may differ by a few percent. */
  readonly sittings: number
  /** Whether the peer and the bare server run, too. */
  readonly others: boolean
  /** The path of another checkout of this repository. */
  readonly against: string | undefined
  /** Settings of our server; the other checkout runs without them. */
  readonly settings: Readonly<Record<string, string>>
}

export const USAGE = `npm run bench -- [WORD ...] [--against CHECKOUT] [--rounds N] [--sittings N] [--only-ours] [--set NAME=VALUE ...] [--quick]

WORD         only rows whose name holds the word, such as refresh
--against    a checkout of another version, which is built and runs in turn with this one
--rounds     how often each row is measured; 5 by default, 12 shorter ones with --against
--sittings   how often that is done with servers that are started anew; 3 by default with --against, else 1
--only-ours  with --against: leaves out the bare Fastify and the peer
--set        a setting of our server; with --against . it is measured beside the same code without it
--quick      one short round, to see that it works

Without WORD, --only-ours, --set and --quick the figures are kept in bench/results.md.
`

/** A sentence for the person who typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/**
 * @param folder which paths are relative to
 * @throws {UsageError}
 */
export function readOptions(args: readonly string[], folder: string): Options {
  const { values, positionals } = parse(args)
  const { against, quick } = values
  const rounds = quick ? 1 : count('--rounds', values.rounds ?? (against === undefined ? '5' : '12'))
  const sittings = quick ? 1 : count('--sittings', values.sittings ?? (against === undefined ? '1' : '3'))
  if (values['only-ours'] && against === undefined) throw new UsageError('--only-ours needs --against')
  const settings = Object.fromEntries(values.set.map(setting))
  return {
    words: positionals,
    quick,
    rounds,
    sittings,
    others: !values['only-ours'],
    against: against && resolve(folder, against),
    settings,
  }
}

/** Whether it is a run whose figures are worth keeping. */
export const isWhole = ({ words, quick, others, settings }: Options): boolean =>
  words.length === 0 && !quick && others && Object.keys(settings).length === 0

/** @throws {UsageError} if a word is in none of the names */
export function select(names: readonly string[], words: readonly string[]): string[] {
  const stray = words.find((word) => !names.some((name) => name.includes(word)))
  if (stray !== undefined) throw new UsageError(`no row holds "${stray}"; there are: ${names.join('; ')}`)
  return names.filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        against: { type: 'string' },
        rounds: { type: 'string' },
        sittings: { type: 'string' },
        'only-ours': { type: 'boolean', default: false },
        set: { type: 'string', multiple: true, default: [] },
        quick: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error })
  }
}

function setting(raw: string): [string, string] {
  const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/s.exec(raw) ?? []
  if (name === undefined || value === undefined)
    throw new UsageError(`--set is a name and a value, such as METRICS_LISTEN=9464, not ${raw}`)
  return [name, value]
}

function count(option: string, raw: string): number {
  if (!/^[1-9]\d{0,2}$/.test(raw)) throw new UsageError(`${option} is a whole number from 1 to 999, not ${raw}`)
  return Number(raw)
}
