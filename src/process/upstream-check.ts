/** Whether the MCP servers that were given at the start answer: who has just typed an address learns at once that it is another one. */
import type { Config } from '../config/config.ts'

const TIMEOUT_MS = 3000

/** A sentence for each that doesn't. Any answer is one, since each kind of server answers differently. */
export async function checkUpstreams({ protect = [] }: Pick<Config, 'protect'>, send = fetch): Promise<string[]> {
  const checked = await Promise.all(
    protect.map(async (protection) => {
      const upstream = protection.upstream as string // PROTECT has addresses only
      try {
        const response = await send(upstream, { method: 'OPTIONS', redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) })
        await response.body?.cancel()
        return []
      } catch {
        return [`Nothing answers at ${upstream} yet: start your MCP server, or correct the address. Until then clients get 503.`]
      }
    }),
  )
  return checked.flat()
}
