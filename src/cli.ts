#!/usr/bin/env node
/** The command line: `npm run cli -- ...` in a checkout, `solar-system-oauth-server ...` once installed. */
import { run } from './cli/run.ts'

/** The scripts of a checkout that lead here. */
const SCRIPTS = ['cli', 'doctor', 'protect', 'verify']
const program = SCRIPTS.includes(String(process.env['npm_lifecycle_event'])) ? 'npm run cli --' : 'solar-system-oauth-server'

process.exitCode = await run(process.argv.slice(2), {
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
  variables: process.env,
  program,
})
