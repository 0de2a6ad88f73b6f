/**
 * From what a client asks for to what is registered, the same for a new client and an update (threat-model.md T12). Owns the look-ups:
 * who signed a software statement, and what a sector_identifier_uri lists; not the rules (domain/client/client-metadata.ts).
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { parseClientMetadata } from '../../domain/client/client-metadata.ts'
import type { ClientMetadata, SecurityProfile } from '../../domain/client/client-metadata.ts'
import { applyProfile } from '../../domain/client/security-profile.ts'
import { applyStatement, checkStatementClaims } from '../../domain/client/software-statement.ts'
import { checkSectorDocument } from '../../domain/client/subject.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { unverifiedClaims } from '../../domain/protocol/jwt.ts'
import type { SafeFetch } from '../../fetch/safe-fetch.ts'
import { PATHS } from '../../schemas/paths.ts'
import type { RegistrationRequest } from '../../schemas/registration.ts'
import { keysAway } from '../authentication/signatures.ts'
import type { VerifySignature } from '../authentication/signatures.ts'
import { noRoom } from '../kernel/outside-lane.ts'
import type { WaitOutside } from '../kernel/outside-lane.ts'

/**
 * The metadata that a request may register.
 *
 * @param body of the request; it has passed its shape
 * @param own what an operator holds the client to, whatever it registers
 * @throws {OAuthError} one of the four of RFC 7591 section 3.2.2; 429 or 503 if something can't be fetched now
 */
export type ValidateRegistration = (request: FastifyRequest, body: RegistrationRequest, own?: SecurityProfile) => Promise<ClientMetadata>

interface Needs {
  readonly safeFetch: SafeFetch
  readonly waitOutside: WaitOutside
  readonly verifySignature: VerifySignature
}

export function createRegistrationValidator(
  app: FastifyInstance,
  { safeFetch, waitOutside, verifySignature }: Needs,
): ValidateRegistration {
  const { issuer, securityProfile, softwareStatementIssuers = [] } = app.settings
  const audience = [issuer, issuer + PATHS.register]

  const validateRegistration: ValidateRegistration = async (request, body, own) => {
    // RFC 7591 section 3.1.1: a server that does not support this feature may ignore the statement.
    const statement = (softwareStatementIssuers.length > 0 && body.software_statement) || undefined
    const parsed = parseClientMetadata(statement === undefined ? body : await verifySoftwareStatement(request, statement, body))
    if (!parsed.ok) throw parsed.error
    const held = applyProfile(parsed.value, own ?? securityProfile)
    if (!held.ok) throw held.error
    await checkSector(request, held.value)
    // Their first keys are published before the client can have any use for them.
    for (const alg of responseAlgsOf(held.value)) await app.keyset.signingKey(alg)
    return { ...held.value, securityProfile: own, softwareStatement: statement }
  }

  /** The request as a trusted issuer's statement completes it. */
  async function verifySoftwareStatement(
    request: FastifyRequest,
    statement: string,
    body: RegistrationRequest,
  ): Promise<RegistrationRequest> {
    const claims = unverifiedClaims(statement)
    if (claims === undefined || typeof claims['iss'] !== 'string') throw invalid('is not a JWT with an iss')
    const trusted = softwareStatementIssuers.find((known) => known.issuer === claims['iss'])
    if (trusted === undefined)
      throw new OAuthError('unapproved_software_statement', 'software_statement is from an issuer that is not trusted here')
    const signed = await verifySignature(request, statement, trusted.keys)
    if (!signed.ok)
      throw signed.error.mayPass
        ? keysAway(signed.error.reason, 'of the issuer of software_statement')
        : invalid('is not signed by a key of its issuer', signed.error.reason)
    const checked = checkStatementClaims(claims, audience, app.now())
    if (!checked.ok) throw invalid(checked.error)
    const completed = applyStatement(body, claims)
    if (!completed.ok) throw invalid(completed.error)
    return completed.value
  }

  async function checkSector(request: FastifyRequest, { sectorIdentifierUri: uri, redirectUris }: ClientMetadata): Promise<void> {
    if (uri === undefined) return
    const fetched = await waitOutside(request, uri, (sender) => safeFetch(uri, { sender }))
    if (!fetched.ok && fetched.error.kind === 'busy') throw noRoom(fetched.error.reason)
    if (!fetched.ok)
      throw new OAuthError('invalid_client_metadata', 'sector_identifier_uri could not be fetched', { detail: fetched.error.reason })
    const listed = checkSectorDocument(fetched.value.body, redirectUris)
    if (!listed.ok) throw new OAuthError('invalid_client_metadata', listed.error)
  }

  return validateRegistration
}

const responseAlgsOf = (metadata: ClientMetadata) =>
  [
    metadata.idTokenSignedResponseAlg,
    metadata.userinfoSignedResponseAlg,
    metadata.authorizationSignedResponseAlg,
    metadata.introspectionSignedResponseAlg,
  ].filter((alg) => alg !== undefined)

const invalid = (problem: string, detail?: string): OAuthError =>
  new OAuthError('invalid_software_statement', `software_statement ${problem}`, detail === undefined ? {} : { detail })
