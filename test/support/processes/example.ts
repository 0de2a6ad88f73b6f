/** The example's MCP server as a process of its own, registered at an authorization server of a test. */
import { resourceId } from '#src/domain/resource/resource.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { newId, newSecret } from '#src/crypto/random.ts'
import { FRESH_MS } from '#src/plugins/kernel/resources.ts'
import type { Storage } from '#src/storage/storage.ts'
import { freePort } from '#src/process/free-port.ts'
import { ROOT, TSX, spawnNode } from './processes.ts'
import type { Running } from './processes.ts'

type Teardown = { teardown(fn: () => unknown): unknown }

/** Its scopes, in the words of the consent page. */
export const SCOPES = [
  { name: 'sky:read', description: 'Look at the sky' },
  { name: 'probes:launch', description: 'Launch probes to other planets' },
]

export interface Example {
  /** Where clients connect to; also the resource that tokens must be for. */
  readonly url: string
  readonly running: Running
  /** Ends it and starts it again at the same address. */
  restart(): Promise<void>
}

/** What `resource add` does, for an MCP server at this address. */
export async function registerResource(
  storage: Storage,
  clock: { now: number },
  identifier: string,
): Promise<{ readonly id: string; readonly secret: string }> {
  const [id, secret] = [resourceId(newId()), newSecret()]
  const now = clock.now
  await storage.resources.insert({
    id,
    secretHash: sha256(secret),
    identifier,
    name: 'Solar System tools',
    scopes: SCOPES,
    createdAt: now,
    updatedAt: now,
  })
  // The server reads its resources once more.
  clock.now += FRESH_MS
  return { id, secret }
}

/**
 * Its tokens are asked about each time they are half a minute old (`whoami` needs `sky:read`, `launch_probe` besides that
 * `probes:launch`).
 *
 * @param script a file of examples/mcp-server
 */
export async function startExample(
  t: Teardown,
  issuer: string,
  storage: Storage,
  clock: { now: number },
  script = 'server.ts',
): Promise<Example> {
  const port = await freePort()
  const url = `http://localhost:${port}/mcp`
  const { id, secret } = await registerResource(storage, clock, url)
  const env = { ISSUER: issuer, RESOURCE: url, RESOURCE_ID: id, RESOURCE_SECRET: secret, PORT: String(port) }

  async function start(): Promise<Running> {
    // The library is found in src, by the `paths` of tsconfig.json.
    const running = spawnNode(t, `examples/mcp-server/${script}`, [], { cwd: ROOT, env, loader: TSX })
    await running.printed('MCP server at')
    return running
  }

  let running = await start()
  return {
    url,
    get running() {
      return running
    },
    async restart() {
      running.child.kill('SIGTERM')
      await running.ended
      running = await start()
    },
  }
}
