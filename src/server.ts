/** What `npm start`, `npm run dev` and the container image run; `serve` of the command line (cli.ts) is the same. */
import { serve, serveTunneled } from './process/serve.ts'

process.exitCode = await (process.argv.includes('--tunnel') ? serveTunneled : serve)('npm run cli --')
