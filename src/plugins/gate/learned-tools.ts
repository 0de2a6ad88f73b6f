/**
 * Learns which tools an MCP server has from the answers that pass (LEARN_TOOLS), for the consent page and for operators. Owns how much of an
 * answer is kept for that, and how often something is written; not what a tool is (domain/resource/tools.ts).
 */
import type { FastifyInstance } from 'fastify'
import { changedResourceDetails } from '../../domain/audit/audit-details.ts'
import type { GatedResource } from '../../domain/gate/gate-table.ts'
import { addTools, idOfToolsList, toolsInAnswer } from '../../domain/gate/listed-tools.ts'
import { isEventStream } from '../../domain/gate/response-headers.ts'
import { describeError } from '../../logging/redaction.ts'
import { newId } from '../../crypto/random.ts'
import type { SentBody } from './receive-body.ts'
import type { UpstreamResponse } from './upstream.ts'

/** Gets the chunks of an answer as they pass. */
export interface AnswerWatcher {
  push(chunk: Buffer): void
  /** The answer is over. */
  end(): void
}

export interface ToolLearner {
  /** `undefined` if there is nothing to learn. */
  watch(gated: GatedResource, body: SentBody | undefined, response: UpstreamResponse): AnswerWatcher | undefined
}

/** The longest answer that is looked at, in bytes. */
const MOST_BYTES = 1024 * 1024
/** How often the tools of a resource may change, in ms: a server must not write to the database without end. */
const PAUSE_MS = 60_000

export function createToolLearner(app: FastifyInstance): ToolLearner {
  const isOn = app.settings.learnTools === 'on'
  const learnedAt = new Map<string, number>()

  async function learn({ resource }: GatedResource, listed: readonly unknown[]): Promise<void> {
    const tools = addTools(resource.tools ?? [], listed)
    const now = app.now()
    if (tools === undefined || now - (learnedAt.get(resource.id) ?? -Infinity) < PAUSE_MS) return
    learnedAt.set(resource.id, now)
    const after = { ...resource, tools, updatedAt: Math.max(now, resource.updatedAt + 1) }
    const details = changedResourceDetails(resource, after)
    // If somebody else has changed it meanwhile, the next answer says it again.
    await app.storage.resources.update(
      { before: resource, after },
      { id: newId(), at: now, name: 'resource.updated', actor: 'server', details },
    )
  }

  return {
    watch(gated, body, { statusCode, headers }) {
      if (!isOn || !Buffer.isBuffer(body?.content) || statusCode !== 200 || headers['content-encoding'] !== undefined) return undefined
      const id = idOfToolsList(body.content)
      if (id === undefined) return undefined
      let chunks: Buffer[] = []
      let size = 0
      return {
        push(chunk) {
          size += chunk.length
          if (size <= MOST_BYTES) chunks.push(chunk)
        },
        end() {
          const listed = size > MOST_BYTES ? undefined : toolsInAnswer(Buffer.concat(chunks).toString(), isEventStream(headers), id)
          chunks = []
          if (listed === undefined) return
          learn(gated, listed).catch((error: unknown) =>
            app.log.warn({ err: describeError(error) }, 'the tools of a server could not be kept'),
          )
        },
      }
    },
  }
}
