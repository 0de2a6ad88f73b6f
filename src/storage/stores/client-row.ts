/** A row of `clients` as the record that it is. */
import type { Client } from '../../domain/client/client.ts'
import type { Row } from '../driver.ts'
import { instant, json, optionalInstant, optionalText, text } from './rows.ts'

export function toClient(row: Row): Client {
  return {
    id: text(row, 'id'),
    secretHash: optionalText(row, 'secret_hash'),
    previousSecretHash: optionalText(row, 'previous_secret_hash'),
    previousSecretExpiresAt: optionalInstant(row, 'previous_secret_expires_at'),
    metadata: json(row, 'metadata'),
    origin: text(row, 'origin') as Client['origin'],
    registrationAccessTokenHash: optionalText(row, 'registration_token_hash'),
    previousRegistrationAccessTokenHash: optionalText(row, 'previous_registration_token_hash'),
    policy: row['policy'] === null ? undefined : json(row, 'policy'),
    createdAt: instant(row, 'created_at'),
    documentFetchedAt: optionalInstant(row, 'document_fetched_at'),
    documentFreshUntil: optionalInstant(row, 'document_fresh_until'),
    lastUsedAt: optionalInstant(row, 'last_used_at'),
    authorizedAt: optionalInstant(row, 'authorized_at'),
    disabledAt: optionalInstant(row, 'disabled_at'),
    shared: row['share_key'] === null ? undefined : true,
  }
}
