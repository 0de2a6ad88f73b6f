/** `doctor <url>`: which clients can connect, and what stops the others. */
import { examine } from '../doctor/doctor.ts'
import { renderJson } from '../doctor/json-report.ts'
import { openBrowser } from '../doctor/open-browser.ts'
import { parseIssuerUrl } from '../doctor/probe/issuer-url.ts'
import { printProgress, renderDiagnosis } from '../doctor/report.ts'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'
import { CURES } from './cures.ts'
import { readInstalledResources } from './installed-resources.ts'
import { isSet } from './read-options.ts'

const LOGIN_WAIT_MS = 5 * 60_000
const COULD_NOT_CHECK = 2
/** 130 is what shells make of Ctrl-C. */
const INTERRUPTED = 130

/** @returns 0 if every client works that can reach the address, 1 if one is stopped, 2 if nothing could be checked */
export async function runDoctor(call: Call, open = openBrowser): Promise<number> {
  const { output, errors, positionals, variables } = call
  const parsed = parseIssuerUrl(positionals[0]!)
  if (!parsed.ok) throw new CommandRefused(parsed.sentence, COULD_NOT_CHECK)
  const json = isSet(call, 'json')
  const color = output.isTTY === true && variables['NO_COLOR'] === undefined
  const write = (line: string) => void (json || output.write(`${line}\n`))
  const interruption = new AbortController()
  const interrupt = () => interruption.abort()
  process.once('SIGINT', interrupt)
  // The reader of the pipe is gone, as `head` goes early: the clients that were registered still have to be deleted.
  output.on('error', interrupt)
  try {
    write(`Examining ${positionals[0]}`)
    const diagnosis = await examine({
      url: positionals[0]!.trim(),
      progress: printProgress(write, color, CURES),
      signal: interruption.signal,
      readInstalled: (issuer) => readInstalledResources(call, issuer),
      ...(isSet(call, 'login') && {
        login: { openBrowser: open, say: (line: string) => void errors.write(`${line}\n`), waitMs: LOGIN_WAIT_MS },
      }),
    })
    if (json) output.write(`${renderJson(diagnosis)}\n`)
    for (const line of renderDiagnosis(diagnosis, color)) write(line)
    if (interruption.signal.aborted) return INTERRUPTED
    if (!diagnosis.checked) return COULD_NOT_CHECK
    return diagnosis.clients.some(({ verdict }) => verdict === 'stopped') ? 1 : 0
  } finally {
    process.off('SIGINT', interrupt)
  }
}
