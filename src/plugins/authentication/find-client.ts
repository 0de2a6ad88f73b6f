/**
 * Finds a client by its id: a registered one, or one that a metadata document describes
 * (draft-ietf-oauth-client-id-metadata-document; threat-model.md T2). Owns when a document is fetched; not what it may contain
 * (domain/client/client-document.ts), nor how it is fetched (src/fetch).
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { admitClient, deniedClient } from '../../domain/client/client-approval.ts'
import type { Denial } from '../../domain/client/client-approval.ts'
import { isDocumentUrl, parseClientDocument } from '../../domain/client/client-document.ts'
import type { ClientMetadata } from '../../domain/client/client-metadata.ts'
import { COMMAND_LINE_CLIENT_ID, commandLineClient } from '../../domain/management/management.ts'
import type { Client, DocumentClient } from '../../domain/client/client.ts'
import { applyProfile, holdToProfile } from '../../domain/client/security-profile.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { err, ok } from '../../domain/protocol/result.ts'
import type { Result } from '../../domain/protocol/result.ts'
import { createSingleFlights } from '../../domain/protocol/single-flight.ts'
import { createDocumentSource } from '../../fetch/document-source.ts'
import type { SourceFailure } from '../../fetch/document-source.ts'
import { inTime } from '../../fetch/in-time.ts'
import type { SafeFetch } from '../../fetch/safe-fetch.ts'
import { noRoom } from '../kernel/outside-lane.ts'
import type { WaitOutside } from '../kernel/outside-lane.ts'
import { createFetchLimit } from '../kernel/rate-limits.ts'

/**
 * The client of an id, whatever its state; `undefined` if there is none. Only an id that is an https URL is ever
 * fetched, and only if what is kept of it isn't fresh. The error is `invalid_client`, with the document's problem in it, or what a
 * security profile forbids; or `access_denied`, if the client may not come (domain/client/client-approval.ts).
 *
 * @param read how to read what is stored of it
 * @throws {OAuthError} 429 if the sender has named too many documents that are new to us, 503 if there is no room for one
 */
export type FindClient = (
  id: string,
  request: FastifyRequest,
  read?: (id: string) => Promise<Client | undefined>,
) => Promise<Result<Client | undefined, UnusableClient>>

export type UnusableClient = OAuthError & {
  /** The error for programs if nothing is known about the document, because its host gave no answer. */
  readonly away?: OAuthError | undefined
  /** The client, if all that is wrong is that it may not come: people have to learn that. */
  readonly denied?: { readonly client: Client; readonly denial: Denial } | undefined
}

interface Needs {
  readonly safeFetch: SafeFetch
  readonly waitOutside: WaitOutside
  /** Makes room for one more client (registration/client-quota.ts). */
  readonly withClientQuota: <T>(insert: () => Promise<T>) => Promise<T>
}

/** How long a document still counts while its address can't be reached. */
const LAST_GOOD_MS = 24 * 60 * 60 * 1000
/** How long to wait for a new document while an earlier one counts. */
export const PATIENCE_MS = 1000

/** RFC 6749 appendix A.1: what else could be asked for was never registered, and not every database can look for it. */
const CLIENT_ID = /^[\x20-\x7E]+$/

export function createClientFinder(app: FastifyInstance, { safeFetch, waitOutside, withClientQuota }: Needs): FindClient {
  const { clients: store } = app.storage
  const { securityProfile } = app.settings
  const source = createDocumentSource(safeFetch, parse, app.now)
  const inOneFlight = createSingleFlights<Result<Client, SourceFailure>>()
  const isOverLimit = createFetchLimit(app)

  /** A document that the server's profile forbids is not kept. */
  function parse(url: string, body: string): Result<ClientMetadata, string> {
    const parsed = parseClientDocument(url, body)
    if (!parsed.ok) return parsed
    const held = applyProfile(parsed.value, securityProfile)
    return held.ok ? parsed : err(held.error.description)
  }

  /** Fetches the document and keeps it; once for all who need it now. */
  const fetchClient = (id: string, known: DocumentClient | undefined, sender: string): Promise<Result<Client, SourceFailure>> =>
    inOneFlight(id, async () => {
      const sourced = await source(id, sender)
      if (!sourced.ok) {
        app.log.warn({ client: id, reason: sourced.error.reason, lastGood: isLastGood(known, sourced.error) }, 'client document failed')
        return sourced
      }
      const { value: metadata, fetchedAt, freshUntil } = sourced.value
      const save = () => store.saveDocument({ id, metadata, fetchedAt, freshUntil })
      return ok(await (known === undefined ? withClientQuota(save) : save()))
    })

  /** Whether what is known of a client counts, though its document could not be had. */
  const isLastGood = (known: DocumentClient | undefined, failure: Pick<SourceFailure, 'kind'>): boolean =>
    known !== undefined && (failure.kind === 'unreachable' || failure.kind === 'busy') && app.now() < known.documentFetchedAt + LAST_GOOD_MS

  /** The same where an earlier document counts: then nobody waits long for a host that is slow, or was away. */
  async function renewClient(known: DocumentClient, sender: string): Promise<Result<Client, SourceFailure>> {
    const renewed = fetchClient(known.id, known, sender)
    renewed.catch((error: unknown) => app.log.warn({ err: error, client: known.id }, 'client document not kept'))
    return (await inTime(renewed, source.isUnreachable(known.id) ? 0 : PATIENCE_MS)) ?? ok(known)
  }

  /** The client of the command line, for which somebody asks for the first time. */
  async function builtIn(id: string): Promise<Client | undefined> {
    if (id !== COMMAND_LINE_CLIENT_ID || app.settings.admin === 'off') return undefined
    await store.insert(commandLineClient(app.now())).catch(() => undefined) // another request was faster
    return store.find(id)
  }

  const find: FindClient = async (id, request, read = store.find) => {
    if (!CLIENT_ID.test(id)) return ok(undefined)
    const known = (await read(id)) ?? (await builtIn(id))
    if (!isDocumentUrl(id) || (known !== undefined && known.origin !== 'document')) return ok(known)
    if (app.settings.cimd === 'off') return ok(undefined)
    if (known !== undefined && (known.disabledAt !== undefined || app.now() < known.documentFreshUntil)) return ok(known)
    // One that we know is fetched once a minute at most.
    if (known === undefined && (await isOverLimit(request))) {
      throw new OAuthError('temporarily_unavailable', 'too many client documents were asked for from this address: try again later', {
        status: 429,
      })
    }
    const counts = known !== undefined && isLastGood(known, { kind: 'unreachable' }) ? known : undefined
    const found = await waitOutside(request, id, (sender) => (counts ? renewClient(counts, sender) : fetchClient(id, known, sender)))
    if (found.ok) return found
    if (isLastGood(known, found.error)) return ok(known)
    if (found.error.kind === 'busy') throw noRoom(found.error.reason)
    return err(refusal(found.error))
  }

  return async (id, request, read) => {
    const found = await find(id, request, read)
    if (!found.ok || found.value === undefined || found.value.disabledAt !== undefined) return found
    const held = holdToProfile(found.value, securityProfile)
    if (!held.ok) return held
    const admitted = admitClient(held.value, app.settings)
    if (admitted.ok) return admitted
    const [client, denial] = [held.value, admitted.error]
    if (denial === 'waiting' && client.approval === undefined) await store.wait(client.id)
    return err(Object.assign(deniedClient(client, denial), { denied: { client, denial } }))
  }
}

/** What is wrong with a document helps its developer; why it can't be fetched could reveal hosts that only we reach. */
function refusal({ kind, reason: detail, mayPass }: SourceFailure): UnusableClient {
  const document = 'the client metadata document at client_id'
  const problem = kind === 'refused' ? detail : 'it could not be fetched'
  const refused = new OAuthError('invalid_client', `${document} cannot be used: ${problem}`, { detail })
  if (!mayPass) return refused
  const away = new OAuthError('temporarily_unavailable', `${document} could not be fetched: try again later`, { detail })
  return Object.assign(refused, { away })
}
