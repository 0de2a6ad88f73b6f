/** An operator's desk for tests: a storage, and a context whose clock and ids a test holds. */
import type { Test } from 'tap'
import type { OperationContext } from '#src/operations/context.ts'
import type { Outcome, Problem } from '#src/operations/outcome.ts'
import type { AuditEvent } from '#src/domain/audit/audit-event.ts'
import { MACHINE_OWNER } from '#src/domain/user/role.ts'
import type { Storage } from '#src/storage/storage.ts'
import { newId, newPersonalToken, newRecordId, newSecret } from '#src/crypto/random.ts'
import { NOW, makeEvent } from '#test/storage/conformance/records.ts'

export interface Scene {
  readonly context: OperationContext
  readonly storage: Storage
  /** All that are kept, the newest first. */
  events(): Promise<AuditEvent[]>
  /** A context whose audit events the database refuses, because it has one under their id already. */
  withRefusedEvents(): Promise<OperationContext>
}

/** What a suite checks over an empty storage of any engine. */
export type Suite = (t: Test, open: () => Promise<Scene>) => Promise<void>

export const SECRET = 'a secret of tests, longer than 32 characters'

export function setScene(storage: Storage): Scene {
  const context: OperationContext = {
    actor: MACHINE_OWNER,
    storage,
    now: () => NOW,
    newId,
    newRecordId,
    newPersonalToken,
    newSecret,
    secret: () => SECRET,
    config: {
      accessDefault: 'open',
      adminUsername: 'Admin',
      clients: 'open',
      clientSecretOverlap: 3600,
      databaseUrl: 'sqlite::memory:',
      issuer: 'https://auth.observatory.example',
      secondFactor: 'offered',
      securityProfile: 'none',
      sessionIdleTtl: 3600,
      personalTokens: 'on',
      personalTokenMaxTtl: 365 * 86_400,
    },
  }
  return {
    context,
    storage,
    events: () => storage.auditEvents.list({ since: 0, limit: 1000 }),
    async withRefusedEvents() {
      const { id, at } = makeEvent({ at: NOW })
      await storage.auditEvents.insert(makeEvent({ id, at }))
      return { ...context, newId: () => id }
    },
  }
}

/** The value of an outcome that has to be one. */
export function valueOf<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value
  throw new Error(outcome.error.message)
}

/** The problem of an outcome that has to be one. */
export function problemOf(outcome: Outcome<unknown>): Problem {
  if (!outcome.ok) return outcome.error
  throw new Error('it was done')
}

/** A change, what it leaves behind, and the event that it notes. */
export interface Change {
  /** Makes what is changed; returns the change, which a test may try in several contexts. */
  prepare(scene: Scene): Promise<(context: OperationContext) => Promise<Outcome<unknown>>>
  readonly event: Partial<AuditEvent>
  /** What the change is about, as it is kept. */
  look(storage: Storage): Promise<unknown>
}

/** Every change is kept with its event, and neither without the other. */
export async function checkChanges(t: Test, open: () => Promise<Scene>, changes: Readonly<Record<string, Change>>): Promise<void> {
  for (const [name, { prepare, event, look }] of Object.entries(changes)) {
    await t.test(`${name} keeps the change and its event, or neither`, async (t) => {
      const scene = await open()
      const change = await prepare(scene)
      const before = await look(scene.storage)
      const refusing = await scene.withRefusedEvents()
      const known = await scene.events()
      await t.rejects(change(refusing), 'an event that the database refuses')
      t.strictSame(await look(scene.storage), before, 'no change without the event')
      t.strictSame(await scene.events(), known)

      valueOf(await change(scene.context))
      t.notSame(await look(scene.storage), before)
      const added = (await scene.events()).filter(({ id }) => !known.some((other) => other.id === id))
      t.match(added, [{ actor: 'operator', at: NOW, ...event }])
      t.equal(added.length, 1)
    })
  }
}

/** What a problem has to match. */
export interface Expected {
  readonly kind: Problem['kind']
  readonly message?: string | RegExp
  readonly argument?: { readonly name: string; readonly value?: string }
}

/** What is refused changes nothing, and leaves no event. */
export async function checkRefused(
  t: Test,
  scene: Scene,
  refused: readonly (readonly [Promise<Outcome<unknown>>, Expected])[],
): Promise<void> {
  const events = await scene.events()
  for (const [outcome, expected] of refused) t.match(problemOf(await outcome), expected)
  t.strictSame(await scene.events(), events, 'no event without the change')
}
