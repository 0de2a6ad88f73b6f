/** `provider check`: what is right and wrong with a provider, line by line, and with `--login` whom it says somebody is. */
import { CHECKED } from '../../domain/provider/provider-finding.ts'
import type { ProviderFinding } from '../../domain/provider/provider-finding.ts'
import { openBrowser } from '../../doctor/open-browser.ts'
import * as operations from '../../operations/providers/check.ts'
import { findProvider } from '../../operations/providers/providers.ts'
import type { Call } from '../command.ts'
import { valueOf, withOperations } from '../configured.ts'
import { isSet } from '../read-options.ts'
import { printJson } from '../terminal/print.ts'
import { printableLines } from '../../domain/protocol/printable.ts'
import { tryLogin } from './try-login.ts'
import type { Way } from './try-login.ts'

/** @returns 0 if nothing is wrong, else 1 */
export async function checkProvider(call: Call, way: Way = { open: openBrowser }): Promise<number> {
  return withOperations(call, async (context) => {
    const hints = { 'not-found': `List them with: ${call.program} provider list` }
    const provider = valueOf(call, await findProvider(context, call.positionals[0]!), hints)
    const found = valueOf(call, await operations.checkProvider(context, provider, way.send))
    const json = isSet(call, 'json')
    if (!json) for (const finding of found) printFinding(call, finding)
    const isWrong = found.some(({ verdict }) => verdict === 'wrong')
    if (!isSet(call, 'login')) {
      if (json) printJson(call, found)
      else call.output.write(conclusion(isWrong, call, provider.name))
      return isWrong ? 1 : 0
    }
    const tried = await tryLogin(call, context, provider, way)
    if (json) printJson(call, [...found, ...tried])
    else for (const finding of tried) printFinding(call, finding)
    return isWrong || tried.some(({ verdict }) => verdict === 'wrong') ? 1 : 0
  })
}

const conclusion = (isWrong: boolean, { program }: Call, name: string): string =>
  isWrong
    ? '\nSomething is wrong: see above.\n'
    : `\nNothing is wrong as far as this shows. Log in by it yourself: ${program} provider check ${name} --login\n`

const WIDTH = Math.max(...CHECKED.map(({ length }) => length))
const MARKS = { right: 'ok   ', wrong: 'WRONG', open: 'note ' } as const

function printFinding({ output }: Call, { about, verdict, text, cure }: ProviderFinding): void {
  output.write(`${MARKS[verdict]}  ${about.padEnd(WIDTH)}  ${printableLines(text)}\n`)
  if (cure !== undefined) output.write(`${' '.repeat(MARKS.open.length + WIDTH + 4)}${printableLines(cure)}\n`)
}
