/** A grant is issued with its code, for a pushed request at most once (threat-model.md T7). grant-transitions.ts has what comes after. */
import { CLIENT_USED_INTERVAL_MS } from '../../../domain/client/client.ts'
import type { AuthorizationCode, Grant } from '../../../domain/token/grant.ts'
import { batch, run, short, statement } from '../../driver.ts'
import type { BatchWork, Call, Parameter, ShortWork } from '../../driver.ts'
import { useOnce } from '../replays.ts'
import type { PushedUse } from '../../storage.ts'

const GRANT = `grants
    (id, user_id, client_id, scopes, resources, nonce, auth_time, created_at, last_used_at, expires_at, sid, claims,
     code_hash, code_expires_at, redirect_uri, redirect_uri_given, code_challenge, code_challenge_method, code_dpop_jkt, sector, amr, acr,
     identity_id)`
const VALUES = '$1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22'
const noteAuthorized = (clientId: string, now: string, before: string): string => `
  update clients set authorized_at = coalesce(authorized_at, ${now}), last_used_at = ${now}
  where id = ${clientId} and (authorized_at is null or coalesce(last_used_at, 0) < ${before})`
const INSERT_GRANT = statement(`insert into ${GRANT} values (${VALUES})`)
const NOTE_AUTHORIZED = statement(noteAuthorized('$1', '$2', '$3'))
const USE_REQUEST = statement(useOnce('$1', '$2'))
/** The short form: each part reads that the request was used, which only one of several statements can insert. */
const ISSUE_FOR_REQUEST = statement(`
  with used as (${useOnce('$23', '$24')}),
  issued as (insert into ${GRANT} select ${VALUES} from used),
  noted as (${noteAuthorized('$3', '$8', '$25')} and exists (select 1 from used))
  select id from used`)

/** Stores a grant with its code, and that a user allowed the client. */
export const issue = (grant: Grant, code: AuthorizationCode): BatchWork => batch(...calls(grant, code))

/** The same for a pushed request, which is used up by that; nothing happens if it already was. */
export function issueForRequest(grant: Grant, code: AuthorizationCode, { requestUriHash, rememberedUntil }: PushedUse): ShortWork<boolean> {
  const parameters = [...columnsOf(grant, code), requestUriHash, rememberedUntil, usedBefore(grant)]
  return short({ statement: ISSUE_FOR_REQUEST, parameters }, true, function* () {
    if ((yield* run(USE_REQUEST, requestUriHash, rememberedUntil)).length === 0) return false
    for (const call of calls(grant, code)) yield call
    return true
  })
}

const calls = (grant: Grant, code: AuthorizationCode): Call[] => [
  { statement: INSERT_GRANT, parameters: columnsOf(grant, code) },
  { statement: NOTE_AUTHORIZED, parameters: [grant.clientId, grant.createdAt, usedBefore(grant)] },
]

/** When a client must have been used last for this use to be noted. */
const usedBefore = ({ createdAt }: Grant): number => createdAt - CLIENT_USED_INTERVAL_MS

const columnsOf = (
  grant: Grant,
  { codeHash, redirectUri, redirectUriGiven, codeChallenge, dpopJkt, expiresAt }: AuthorizationCode,
): Parameter[] => [
  grant.id,
  grant.userId,
  grant.clientId,
  JSON.stringify(grant.scopes),
  JSON.stringify(grant.resources),
  grant.nonce ?? null,
  grant.authTime,
  grant.createdAt,
  grant.expiresAt,
  grant.sid ?? null,
  grant.claims === undefined ? null : JSON.stringify(grant.claims),
  codeHash,
  expiresAt,
  redirectUri,
  redirectUriGiven ? 1 : 0,
  codeChallenge?.value ?? null,
  codeChallenge?.method ?? null,
  dpopJkt ?? null,
  grant.sector ?? null,
  JSON.stringify(grant.amr),
  grant.acr,
  grant.identityId ?? null,
]
