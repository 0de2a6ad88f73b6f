/** Converts a row of `clients` to a record. */
import type { Client } from '../../../domain/client/client.ts'
import type { Row } from '../../driver.ts'
import { instant, json, optionalInstant, optionalJson, optionalText, originOf, text } from '../rows.ts'

/** One literal with the members of all origins, because every request reads a client: with objects of several shapes it takes longer. */
export function toClient(row: Row): Client {
  const origin = originOf(row) as Client['origin']
  const isDocument = origin === 'document'
  return {
    id: text(row, 'id'),
    origin,
    secretHash: optionalText(row, 'secret_hash'),
    previousSecretHash: optionalText(row, 'previous_secret_hash'),
    previousSecretExpiresAt: optionalInstant(row, 'previous_secret_expires_at'),
    metadata: json<Client['metadata']>(row, 'metadata'),
    createdAt: instant(row, 'created_at'),
    lastUsedAt: optionalInstant(row, 'last_used_at'),
    authorizedAt: optionalInstant(row, 'authorized_at'),
    disabledAt: optionalInstant(row, 'disabled_at'),
    approval: optionalText(row, 'approval'),
    registrationAccessTokenHash: optionalText(row, 'registration_token_hash'),
    previousRegistrationAccessTokenHash: optionalText(row, 'previous_registration_token_hash'),
    policy: optionalJson(row, 'policy'),
    managementRole: optionalText(row, 'management_role'),
    shared: row['share_key'] === null ? undefined : true,
    documentFetchedAt: isDocument ? (optionalInstant(row, 'document_fetched_at') ?? 0) : undefined,
    documentFreshUntil: isDocument ? (optionalInstant(row, 'document_fresh_until') ?? 0) : undefined,
  } as Client
}
