/** `verify [URL]`: the configured issuer, or any server. */
import { verify } from '../doctor/verify.ts'
import type { Call } from './command.ts'
import { configured } from './configured.ts'

export async function verifyServer(call: Call): Promise<number> {
  const { output, positionals, variables } = call
  const url = positionals[0] ?? configured(call).issuer
  const color = output.isTTY === true && variables['NO_COLOR'] === undefined
  return (await verify({ url, write: (line) => void output.write(`${line}\n`), color })) ? 0 : 1
}
