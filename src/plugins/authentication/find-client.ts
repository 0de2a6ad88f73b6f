/**
 * Finds a client by its id: a registered one, or one that a metadata document describes
 * (draft-ietf-oauth-client-id-metadata-document; threat-model.md T2). Owns when a document is fetched; not what it may contain
 * (domain/client/client-document.ts), nor how it is fetched (src/fetch).
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isDocumentUrl, parseClientDocument } from '../../domain/client/client-document.ts'
import type { Client } from '../../domain/client/client.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { err, ok } from '../../domain/protocol/result.ts'
import type { Result } from '../../domain/protocol/result.ts'
import { createDocumentSource } from '../../fetch/document-source.ts'
import type { SourceFailure } from '../../fetch/document-source.ts'
import type { SafeFetch } from '../../fetch/safe-fetch.ts'
import { createFetchLimit } from '../kernel/rate-limits.ts'

/**
 * The client of an id, whatever its state; `undefined` if there is none. Only an id that is an https URL is ever
 * fetched, and only if what is kept of it isn't fresh. The error is `invalid_client`, with the document's problem in it.
 *
 * @throws {OAuthError} 429 if the sender has named too many documents that are new to us, 503 if there is no room for one
 */
export type FindClient = (id: string, request: FastifyRequest) => Promise<Result<Client | undefined, OAuthError>>

interface Needs {
  readonly safeFetch: SafeFetch
  /** Makes room for one more client (registration/client-quota.ts). */
  readonly withClientQuota: <T>(insert: () => Promise<T>) => Promise<T>
}

/** How long a document still counts while its address can't be reached. */
const LAST_GOOD_MS = 24 * 60 * 60 * 1000

/** RFC 6749 appendix A.1: what else could be asked for was never registered, and not every database can look for it. */
const CLIENT_ID = /^[\x20-\x7E]+$/

export function createClientFinder(app: FastifyInstance, { safeFetch, withClientQuota }: Needs): FindClient {
  const { clients: store } = app.storage
  const source = createDocumentSource(safeFetch, parseClientDocument, app.now)
  const isOverLimit = createFetchLimit(app)

  return async (id, request) => {
    if (!CLIENT_ID.test(id)) return ok(undefined)
    const known = await store.find(id)
    if (!isDocumentUrl(id) || (known !== undefined && known.origin !== 'document')) return ok(known)
    if (app.settings.cimd === 'off') return ok(undefined)
    if (known !== undefined && (known.disabledAt !== undefined || app.now() < known.documentFreshUntil!)) return ok(known)
    // One that we know is fetched once a minute at most.
    if (known === undefined && (await isOverLimit(request))) {
      throw new OAuthError('temporarily_unavailable', 'too many client documents were asked for from this address: try again later', {
        status: 429,
      })
    }
    const sourced = await source(id)
    if (sourced.ok) {
      const { value: metadata, fetchedAt, freshUntil } = sourced.value
      const save = () => store.saveDocument({ id, metadata, fetchedAt, freshUntil })
      return ok(await (known === undefined ? withClientQuota(save) : save()))
    }
    const { kind, reason } = sourced.error
    const lastGood = known !== undefined && kind === 'unreachable' && app.now() < known.documentFetchedAt! + LAST_GOOD_MS
    request.log.warn({ client: id, reason, lastGood }, 'client document failed')
    return lastGood ? ok(known) : err(refusal(sourced.error))
  }
}

/** What is wrong with a document helps its developer; why it can't be fetched could reveal hosts that only we reach. */
function refusal({ kind, reason }: SourceFailure): OAuthError {
  const problem = kind === 'refused' ? reason : 'it could not be fetched'
  return new OAuthError('invalid_client', `the client metadata document at client_id cannot be used: ${problem}`, { detail: reason })
}
