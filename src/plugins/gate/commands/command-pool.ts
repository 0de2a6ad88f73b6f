/**
 * The processes of commands: a user or a session has one. Owns how many there are, and that each ends: when nobody uses it, with the server,
 * or when its resource is another one by now.
 */
import type { FastifyInstance } from 'fastify'
import { USUAL_PROCESS } from '../../../domain/gate/command/command.ts'
import type { Words } from '../../../domain/gate/command/command.ts'
import type { GatedResource } from '../../../domain/gate/gate-table.ts'
import { describeError } from '../../../logging/redaction.ts'
import { newId } from '../../../crypto/random.ts'
import type { GateRefusal } from '../gate-answers.ts'
import { createConversation } from './conversation.ts'
import type { Conversation } from './conversation.ts'
import { createSession } from './session.ts'
import type { Session } from './session.ts'
import type { StartCommand } from './start-command.ts'

/** How long a process may be idle, in ms. */
const IDLE_MS = 10 * 60_000
const SWEEP_MS = 1000
/** How many sessions a process has at most: more of them end the oldest. */
const MOST_SESSIONS = 100
/** How patient we are with each process when the server stops, in ms. */
const STOP_MS = 500
const LATER = { 'retry-after': '5' }
const full: GateRefusal = { status: 503, message: 'too many of these MCP servers run at once: try again later', headers: LATER }
const broken: GateRefusal = { status: 503, message: 'the MCP server can not be started', headers: LATER }
const elsewhere: GateRefusal = { status: 503, message: 'this MCP server runs on another node', headers: LATER }

export interface Asked {
  readonly gated: GatedResource
  readonly subject: string
}

export type Found =
  | { readonly conversation: Conversation; readonly refusal?: undefined }
  | { readonly conversation?: undefined; readonly refusal: GateRefusal }

export interface CommandPool {
  /** A process for requests without session, or for a new session of this revision; started if there is none. */
  find(asked: Asked, revision: string | undefined): Promise<Found>
  open(conversation: Conversation): Session
  /** The session with its process, if it is still there. */
  session(id: string, asked: Asked): { readonly conversation: Conversation; readonly session: Session } | undefined
  leave(session: Session): void
}

interface Begun {
  readonly key: string
  readonly asked: Asked
  readonly isShared: boolean
  /** Of the protocol, once a session is open: clients of others need a process of their own. */
  revision: string | undefined
  conversation?: Conversation
}

interface Entry extends Begun {
  readonly found: Promise<Found>
}

interface PoolNeeds {
  readonly startCommand: StartCommand
  /** Whether this process of the server is the one that runs commands. */
  readonly mayRun: () => Promise<boolean>
  readonly isCurrent: (gated: GatedResource) => Promise<boolean>
}

export function createCommandPool(app: FastifyInstance, { startCommand, mayRun, isCurrent }: PoolNeeds): CommandPool {
  const { commands: most, commandsPerUser: mostOfUser, upstreamTimeout } = app.settings
  const entries = new Set<Entry>()
  const sessions = new Map<string, { readonly entry: Entry; readonly session: Session }>()
  let isClosing = false

  async function start(entry: Begun): Promise<Found> {
    const { resource, gate, upstream } = entry.asked.gated
    const log = app.log.child({ resource: resource.identifier })
    try {
      const started = await startCommand(upstream as Words, gate.process ?? USUAL_PROCESS)
      const conversation = createConversation(started, { log, now: app.now, timeoutMs: upstreamTimeout * 1000 })
      log.info({ pid: conversation.pid }, 'a command started')
      entry.conversation = conversation
      void conversation.ended.then((reason) => {
        log.info({ pid: conversation.pid, reason }, 'a command ended')
        for (const session of conversation.sessions) sessions.delete(session.id!)
        forget(entry as Entry)
      })
      return { conversation }
    } catch (error) {
      log.error({ err: describeError(error) }, broken.message)
      forget(entry as Entry)
      return { refusal: broken }
    }
  }

  const forget = (entry: Entry): void => void entries.delete(entry)

  const running = (): Conversation[] => [...entries].flatMap(({ conversation }) => (conversation?.isEnding === false ? [conversation] : []))

  /** Its resource is another one by now, or another node has taken over while this one was cut off. */
  async function endOutdated(): Promise<void> {
    const left = running()
    if (left.length > 0 && !(await mayRun())) for (const conversation of left) conversation.end('another node runs commands')
    for (const { conversation, asked } of entries)
      if (conversation?.isEnding === false && !(await isCurrent(asked.gated))) conversation.end('its resource has changed')
  }

  const timer = setInterval(() => {
    for (const conversation of running())
      if (!conversation.isBusy && app.now() - conversation.activeAt >= IDLE_MS) conversation.end('nobody used it')
    // While the database can't answer, what runs goes on.
    void endOutdated().catch(() => undefined)
  }, SWEEP_MS).unref()

  app.addHook('preClose', async () => {
    isClosing = true
    clearInterval(timer)
    for (const conversation of running()) if (!conversation.isBusy) conversation.end('the server stops', STOP_MS)
  })
  app.addHook('onClose', async () => {
    for (const conversation of running()) conversation.end('the server stops', STOP_MS)
    await Promise.all([...entries].map(async ({ found }) => (await found).conversation?.ended))
  })

  return {
    async find(asked, revision) {
      const { gated, subject } = asked
      const isShared = (gated.gate.process ?? USUAL_PROCESS).per === 'person' || revision === undefined
      const key = JSON.stringify([gated.resource.id, gated.upstream, gated.gate.process, subject])
      const may = await mayRun()
      if (isClosing || !may) return { refusal: elsewhere }
      const usable = [...entries].find((each) => isShared && each.isShared && each.key === key && fits(each, revision))
      if (usable !== undefined) {
        usable.revision ??= revision
        return usable.found
      }
      const ofUser = [...entries].filter((each) => each.asked.subject === subject).length
      if (entries.size >= most || ofUser >= mostOfUser) return { refusal: full }
      const begun: Begun = { key, asked, isShared, revision }
      const entry: Entry = Object.assign(begun, { found: start(begun) })
      entries.add(entry)
      return entry.found
    },
    open(conversation) {
      const session = createSession(newId())
      const entry = [...entries].find((each) => each.conversation === conversation)!
      const [oldest] = conversation.sessions
      if (conversation.sessions.size >= MOST_SESSIONS) leave(oldest!)
      conversation.sessions.add(session)
      sessions.set(session.id!, { entry, session })
      return session
    },
    session(id, { gated, subject }) {
      const known = sessions.get(id)
      const conversation = known?.entry.conversation
      if (known === undefined || conversation === undefined || conversation.isEnding || known.entry.asked.subject !== subject)
        return undefined
      return known.entry.asked.gated.resource.id === gated.resource.id ? { conversation, session: known.session } : undefined
    },
    leave,
  }

  function leave(session: Session): void {
    const { entry } = sessions.get(session.id!)!
    sessions.delete(session.id!)
    entry.conversation!.leave(session)
    if (!entry.isShared) entry.conversation!.end('its session is over')
  }
}

/** Whether a process can serve a client of this revision; without one, a client without sessions. */
function fits({ conversation, revision: own }: Begun, revision: string | undefined): boolean {
  if (conversation?.isEnding === true) return false
  return own === undefined ? revision === undefined || conversation?.isStateless !== true : own === revision
}
