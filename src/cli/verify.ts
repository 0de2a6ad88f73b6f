/** `verify [url]`: the configured issuer, or any server. */
import { printableJson } from '../domain/protocol/printable.ts'
import { parseIssuerUrl } from '../doctor/probe/issuer-url.ts'
import type { Outcome } from '../doctor/probe/step.ts'
import { verify } from '../doctor/verify.ts'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'
import { configured } from './configured.ts'
import { CURES } from './cures.ts'
import { isSet } from './read-options.ts'

/** @returns 0 if nothing failed, else 1 */
export async function verifyServer(call: Call): Promise<0 | 1> {
  const { output, positionals, variables } = call
  const url = positionals[0] ?? configured(call).issuer
  if (isSet(call, 'json')) return verifyForPrograms(call, url)
  const color = output.isTTY === true && variables['NO_COLOR'] === undefined
  return (await verify({ url, write: (line) => void output.write(`${line}\n`), color, cures: CURES })) ? 0 : 1
}

/** The same as one JSON document. Members are added to it, never changed; `version` counts the rest. */
async function verifyForPrograms({ output }: Call, url: string): Promise<0 | 1> {
  const parsed = parseIssuerUrl(url)
  if (!parsed.ok) throw new CommandRefused(parsed.sentence)
  const steps: ({ readonly title: string } & Outcome)[] = []
  const onOutcome = (title: string, outcome: Outcome) => void steps.push({ title, ...outcome })
  const passed = await verify({ url, write: () => undefined, color: false, onOutcome })
  output.write(`${printableJson({ version: 1, issuer: parsed.issuer, passed, steps }, 2)}\n`)
  return passed ? 0 : 1
}
