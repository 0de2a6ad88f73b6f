/** The documents describe what the doctor does: no finding without its cure, no cure without its finding. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { renderJson } from '#src/doctor/json-report.ts'
import { renderDiagnosis, printProgress } from '#src/doctor/report.ts'
import { examine } from '#src/doctor/doctor.ts'
import { FINDINGS } from '#src/doctor/findings.ts'
import type { Stops } from '#src/doctor/findings.ts'
import { CASES } from './findings.ts'
import { runDoctor } from './run-doctor.ts'
import { createWorld } from './world.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const cures = read('docs/troubleshooting.md').split('## What the doctor finds')[1]!

const STOPS: Record<Stops, string> = {
  all: 'Stops every client.',
  nobody: 'Stops nobody.',
  itself: 'Stops the client that met it.',
  hosted: 'Stops hosted clients.',
  browsers: 'Stops clients in browsers.',
  sdk: 'Stops clients built on the MCP SDK.',
  registering: 'Stops clients without a metadata document of their own.',
  wary: 'Stops clients that guard against mix-ups.',
}

/** A server that refuses custom schemes, which stops one client of twelve. */
const refusing = () => createWorld(CASES.find(({ finding }) => finding === 'registration-refused')!.change)

t.test('a reader finds every message of the doctor with its cause and its cure, and none that it never says', async (t) => {
  const written = new Map(
    cures
      .split(/^#### /m)
      .slice(1)
      .map((entry) => [entry.split('\n', 1)[0]!, entry]),
  )
  t.strictSame([...written.keys()].sort(), Object.keys(FINDINGS).sort())
  for (const [id, { says, stops }] of Object.entries(FINDINGS)) {
    const entry = written.get(id) ?? ''
    t.ok(entry.includes(`\n\n${says} *${STOPS[stops]}*\n\n- **Cause**: `), `${id} is what the doctor says`)
    t.match(entry, /\n- \*\*Cure\*\*: [^\n]{3}/, `${id} has a cure`)
  }
})

t.test('a reader of docs/doctor.md sees what the doctor prints', async (t) => {
  const world = refusing()
  const lines: string[] = []
  const write = (line: string) => void lines.push(line)
  const progress = printProgress(write, false)
  const diagnosis = await examine({ url: world.mcp, fetch: world.fetch, readExpiry: async () => undefined, progress })
  lines.push(...renderDiagnosis(diagnosis, false))
  const shown = /<!-- doctor -->\n```\n(.*?)\n```/s.exec(read('docs/doctor.md'))?.[1]
  t.equal(shown, lines.slice(lines.indexOf('What each client does')).join('\n'))
})

t.test('a program that reads --json finds the members that the document shows', async (t) => {
  const { diagnosis } = await runDoctor(refusing())
  const printed = JSON.parse(renderJson(diagnosis)) as Record<string, object[]>
  const shown = JSON.parse(/```json\n(.*?)\n```/s.exec(read('docs/doctor.md'))![1]!) as Record<string, object[]>
  t.strictSame(Object.keys(printed).sort(), Object.keys(shown).sort())
  t.strictSame(printed['findings'], shown['findings'])
  t.strictSame(printed['clients']![0], shown['clients']![0])
})
