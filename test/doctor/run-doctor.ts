/** Examines a world, and takes the diagnosis apart. Not a test itself. */
import { examine } from '#src/doctor/doctor.ts'
import type { Diagnosis } from '#src/doctor/doctor.ts'
import type { Outcome } from '#src/doctor/probe/step.ts'
import type { ReadExpiry } from '#src/doctor/steps/address-steps.ts'
import type { InstalledResource } from '#src/doctor/steps/installed-tools-steps.ts'
import type { World } from './world.ts'

export interface Examination {
  readonly diagnosis: Diagnosis
  /** The ids of the findings, each once. */
  readonly findings: string[]
  /** The ids of the clients that are stopped. */
  readonly stopped: string[]
  readonly outcomes: [title: string, outcome: Outcome][]
  /** What the user read during a login. */
  readonly said: string[]
}

export interface Circumstances {
  readonly url?: string
  readonly timeoutMs?: number
  /** When the certificates expire, in days from now. */
  readonly certificateDays?: number
  /** Instead of `certificateDays`. */
  readonly readExpiry?: ReadExpiry
  /** Opens the authorization address for a user; without it, nobody is asked to log in. */
  readonly browser?: (authorizationUrl: string) => void
  readonly waitMs?: number
  readonly signal?: AbortSignal
  readonly now?: () => number
  /** The MCP servers that are registered on this machine. */
  readonly installed?: readonly InstalledResource[]
}

/** The browser of a user who allows everything. */
export const obliging =
  (world: World): NonNullable<Circumstances['browser']> =>
  (url) =>
    void fetch(world.approve(url)).catch(() => undefined) // nobody waits for the answer any more

export async function runDoctor(world: World, circumstances: Circumstances = {}): Promise<Examination> {
  const { url = world.mcp, timeoutMs = 2000, certificateDays = 90, browser, waitMs = 5000, signal, now, installed } = circumstances
  const outcomes: Examination['outcomes'] = []
  const said: string[] = []
  const diagnosis = await examine({
    url,
    fetch: world.fetch,
    timeoutMs,
    readExpiry: circumstances.readExpiry ?? (async () => Date.now() + certificateDays * 86_400_000),
    progress: { section: () => undefined, outcome: (title, outcome) => void outcomes.push([title, outcome]), end: () => undefined },
    ...(browser && { login: { openBrowser: browser, say: (line: string) => void said.push(line), waitMs } }),
    ...(signal && { signal }),
    ...(now && { now }),
    ...(installed && { readInstalled: async (issuer: string) => (issuer === world.issuer ? installed : undefined) }),
  })
  return {
    diagnosis,
    findings: [...new Set(diagnosis.findings.map(({ finding }) => finding))],
    stopped: diagnosis.clients.filter(({ verdict }) => verdict === 'stopped').map(({ id }) => id),
    outcomes,
    said,
  }
}
