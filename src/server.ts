/** What `npm start`, `npm run dev` and the container image run; `serve` of the command line (cli.ts) is the same. */
import { serve } from './process/serve.ts'

process.exitCode = await serve('npm run cli --')
