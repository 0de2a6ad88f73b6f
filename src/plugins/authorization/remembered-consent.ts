/** What a person has allowed a client before. Owns when that still counts, and how it grows; not what needs it (next-step.ts). */
import type { FastifyInstance } from 'fastify'
import { clientFingerprint } from '../../domain/authorization/consent.ts'
import type { Consent } from '../../domain/authorization/consent.ts'
import { decisions, permissions } from '../../domain/authorization/requested-access.ts'
import type { RequestedAccess } from '../../domain/authorization/requested-access.ts'
import type { VerifiedRedirect } from '../../domain/authorization/verified-redirect.ts'
import type { Client } from '../../domain/client/client.ts'
import { redirectReceiver } from '../../domain/protocol/redirect-uri.ts'

/** A client that looks different from the one that was allowed never was. */
export const consentNow = (consent: Consent | undefined, client: Client): Consent | undefined =>
  consent?.clientHash === clientFingerprint(client) ? consent : undefined

/** For the same receiver: a client that answers elsewhere was never allowed, either. */
export async function findConsent(
  app: FastifyInstance,
  userId: string,
  client: Client,
  redirect: VerifiedRedirect,
): Promise<Consent | undefined> {
  return consentNow(await app.storage.consents.find(userId, client.id, redirectReceiver(redirect.uri)), client)
}

/** Adds a decision to those before. `taken` are permissions that the person was offered, and didn't choose. */
export async function rememberConsent(
  app: FastifyInstance,
  userId: string,
  client: Client,
  redirect: VerifiedRedirect,
  allowed: RequestedAccess,
  taken: readonly string[],
): Promise<void> {
  const before = await findConsent(app, userId, client, redirect)
  const union = (known: readonly string[] = [], more: readonly string[]) => [...new Set([...known, ...more])]
  const resources = allowed.targets.map(({ identifier }) => identifier)
  await app.storage.consents.save(
    {
      userId,
      clientId: client.id,
      receiver: redirectReceiver(redirect.uri),
      clientHash: clientFingerprint(client),
      scopes: union(before?.scopes, decisions(allowed)),
      resources: union(before?.resources, resources),
      declined: union(before?.declined, taken).filter((permission) => !permissions(allowed).includes(permission)),
    },
    app.now(),
  )
}
