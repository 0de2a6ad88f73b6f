/** Each finding is found in a world that is broken in one place, and nothing else is found there. */
import t from 'tap'
import { FINDINGS } from '#src/doctor/findings.ts'
import type { FindingId } from '#src/doctor/findings.ts'
import { CASES } from './findings.ts'
import type { Case } from './findings.ts'
import { obliging, runDoctor } from './run-doctor.ts'
import type { Circumstances } from './run-doctor.ts'
import { createWorld } from './world.ts'
import type { World } from './world.ts'

const browsers: Record<NonNullable<Case['login']>, (world: World) => NonNullable<Circumstances['browser']>> = {
  allows: obliging,
  leaves: () => () => undefined,
  refuses: () => (url) => {
    const { searchParams } = new URL(url)
    void fetch(`${searchParams.get('redirect_uri')}?error=access_denied&state=${searchParams.get('state')}`)
  },
}

for (const { finding, change, world: options, circumstances, login, stops, says } of CASES) {
  t.test(`a developer whose server has ${finding} reads so, and which clients it stops`, async (t) => {
    const world = createWorld(change, options)
    const { diagnosis, findings, stopped } = await runDoctor(world, { ...circumstances, ...(login && { browser: browsers[login](world) }) })
    t.strictSame(findings, [finding], JSON.stringify(diagnosis.findings))
    t.strictSame(stopped, stops)
    if (says) t.match(JSON.stringify(diagnosis.findings), says)
  })
}

t.test('every finding has its broken world', async (t) => {
  t.strictSame([...new Set(CASES.map(({ finding }) => finding))].sort(), (Object.keys(FINDINGS) as FindingId[]).sort())
})
