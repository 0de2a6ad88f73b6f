/** The login of `provider check --login`: in a browser of this machine; of another one, the address where it ended is pasted here. */
import { createInterface } from 'node:readline'
import { about, wrong } from '../../domain/provider/provider-finding.ts'
import type { ProviderFinding } from '../../domain/provider/provider-finding.ts'
import { trialState } from '../../domain/provider/provider-attempt.ts'
import type { Provider } from '../../domain/provider/provider.ts'
import { awaitCallback } from '../../doctor/probe/callback.ts'
import type { OperationContext } from '../../operations/context.ts'
import { beginTrial, finishTrial } from '../../operations/providers/trial.ts'
import type { Trial } from '../../operations/providers/trial.ts'
import { CommandRefused } from '../command.ts'
import type { Call } from '../command.ts'
import { valueOf } from '../configured.ts'
import { describeLogin } from './describe-login.ts'

/** How a browser is opened, and where requests go; a test has its own. */
export interface Way {
  readonly open: (url: string) => void
  readonly send?: typeof fetch
  /** How long the login may take, in ms. */
  readonly waitMs?: number
}

const WAIT_MS = 10 * 60_000

/** @throws {CommandRefused} if nobody came back */
export async function tryLogin(call: Call, context: OperationContext, provider: Provider, way: Way): Promise<ProviderFinding[]> {
  const state = trialState(context.newSecret())
  const say = (line: string) => void call.errors.write(`${line}\n`)
  const callback = await awaitCallback({ state, signal: new AbortController().signal, waitMs: way.waitMs ?? WAIT_MS, say })
  const paste = awaitPasted(call, state)
  try {
    const port = Number(new URL(callback.redirectUri).port)
    const trial = valueOf(call, await beginTrial(context, provider, { state, port, send: way.send }))
    say(`\nLog in by ${provider.name} in your browser:\n  ${trial.url}`)
    if (paste !== undefined) say('If the browser ends at an error, or is on another machine, paste the address where it ended here:')
    way.open(trial.url)
    const query = await Promise.race([callback.answer, ...(paste === undefined ? [] : [paste.answer])])
    if (query === undefined) throw new CommandRefused('Nobody came back from the provider.')
    return finish(context, trial, query)
  } finally {
    paste?.close()
    callback.close()
  }
}

async function finish(context: OperationContext, trial: Trial, query: URLSearchParams): Promise<ProviderFinding[]> {
  const result = await finishTrial(context, trial, query)
  return result.ok ? describeLogin(result.value) : [about('login', wrong(result.error.message))]
}

/** The first address with this state that somebody types or pastes; `undefined` without a terminal. */
function awaitPasted({ input, errors }: Call, state: string): { answer: Promise<URLSearchParams>; close(): void } | undefined {
  if (input.isTTY !== true) return undefined
  const lines = createInterface({ input, terminal: false })
  const answer = new Promise<URLSearchParams>((resolve) =>
    lines.on('line', (line) => {
      const query = URL.canParse(line.trim()) ? new URL(line.trim()).searchParams : undefined
      if (query?.get('state') === state) resolve(query)
      else if (line.trim() !== '') errors.write('This is not the address of this login: it has the parameter state in it.\n')
    }),
  )
  return { answer, close: () => lines.close() }
}
