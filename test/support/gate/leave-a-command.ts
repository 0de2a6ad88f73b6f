/** Starts a command that would go on, prints its pid, and ends without stopping it. */
import { createCommandStarter } from '#src/process/commands/command-starter.ts'

const startCommand = createCommandStarter(process.env, async () => undefined)
const { pid } = await startCommand(['sleep', '60'], { per: 'person', env: [] })
process.stdout.write(`pid ${pid}\n`)
process.exit(0)
