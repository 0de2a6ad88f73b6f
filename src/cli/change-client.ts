/** `client disable`, `enable`, `delete` and `rotate-secret`: what happens to a client that is there already. */
import { parseDuration, renderDuration } from '../config/durations.ts'
import type { AuditEvent } from '../domain/audit/audit-event.ts'
import type { Client } from '../domain/client/client.ts'
import { sha256 } from '../domain/protocol/sha256.ts'
import { newSecret } from '../crypto/random.ts'
import type { Clients } from '../storage/storage.ts'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'
import { withStorage } from './configured.ts'
import { confirm } from './confirm.ts'
import { findClient } from './list-clients.ts'
import { operatorEvent } from './operator.ts'

/** Longest time, in seconds, that two secrets count: that of CLIENT_SECRET_OVERLAP. */
const MAX_OVERLAP = 30 * 86_400

export async function disableClient(call: Call): Promise<void> {
  await withClient(call, async ({ id }, clients) => {
    if (!(await clients.disable(id, Date.now(), eventOf('client.disabled', id)))) throw new CommandRefused(`${id} is disabled already.`)
    call.output.write(`${id} is disabled: it gets no token any more, and its grants are ended.\n`)
  })
}

export async function enableClient(call: Call): Promise<void> {
  await withClient(call, async ({ id }, clients) => {
    if (!(await clients.enable(id, Date.now(), eventOf('client.enabled', id)))) throw new CommandRefused(`${id} is not disabled.`)
    call.output.write(`${id} can be used again. People have to connect it anew.\n`)
  })
}

export async function deleteClient(call: Call): Promise<void> {
  await withClient(call, async ({ id, origin }, clients) => {
    const warning = origin === 'document' ? 'Its document will bring it back as soon as it is used: disable it to keep it away. ' : ''
    const question = `${warning}Delete ${id} for good, with all that people allowed it? Type its id to confirm: `
    await confirm(call, question, (answer) => answer.trim() === id)
    if (!(await clients.delete(id, eventOf('client.deleted', id))))
      throw new CommandRefused(`${id} was deleted by somebody else at the same moment.`)
    call.output.write(`${id} is deleted, with all that people allowed it.\n`)
  })
}

export async function rotateSecret(call: Call): Promise<void> {
  const given = parseOverlap(call)
  await withClient(call, async ({ id }, clients, clientSecretOverlap) => {
    const secret = newSecret()
    const overlap = given ?? clientSecretOverlap
    const rotation = { secretHash: sha256(secret), previousExpiresAt: Date.now() + overlap * 1000 }
    if (!(await clients.rotateSecret(id, rotation, eventOf('client.secret_rotated', id)))) throw new CommandRefused(`${id} has no secret.`)
    const before = overlap === 0 ? 'The one before counts no more.' : `The one before counts for ${renderDuration(overlap)} yet.`
    call.errors.write(`The new secret is shown this once. ${before}\n`)
    call.output.write(`${secret}\n`)
  })
}

type Work = (client: Client, clients: Clients, clientSecretOverlap: number) => Promise<void>

async function withClient(call: Call, work: Work): Promise<void> {
  await withStorage(call, async ({ clients }, { clientSecretOverlap }) => {
    await work(await findClient(call, clients, call.positionals[0]!), clients, clientSecretOverlap)
  })
}

function parseOverlap({ options: { overlap } }: Call): number | undefined {
  if (typeof overlap !== 'string') return undefined
  const seconds = parseDuration(overlap)
  if (seconds !== undefined && seconds <= MAX_OVERLAP) return seconds
  throw new CommandRefused(`--overlap must be a duration from 0s to ${renderDuration(MAX_OVERLAP)}, as in 1h.`)
}

const eventOf = (name: AuditEvent['name'], clientId: string): AuditEvent => operatorEvent({ name, clientId, details: {} })
