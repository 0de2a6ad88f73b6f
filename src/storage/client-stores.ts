/** The stores of clients (storage.ts has the others). */
import type { AuditEvent } from '../domain/audit/audit-event.ts'
import type { SearchKeys } from '../domain/client/search-keys.ts'
import type { Client, RegisteredClient } from '../domain/client/client.ts'
import type { InitialAccessToken } from '../domain/client/initial-access-token.ts'
import type { ApprovedLive, ClientKey, ClientUpdate, FetchedDocument, FoundClient, LiveBatch, SecretRotation } from './inputs.ts'

/** An `event` is stored if, and only if, the change happens. This is true for all stores. */
export interface Clients {
  insert(client: Client, event?: AuditEvent): Promise<void>
  /**
   * Inserts a client that all registrations with the same key share, or finds the existing one, and refreshes its `createdAt`. All
   * callers with one key, on any node, get the same client. The stored event names that client.
   */
  insertShared(client: RegisteredClient, shareKey: string, event?: AuditEvent): Promise<RegisteredClient>
  /**
   * Stores a client's metadata document; the first fetch is the client's creation. Returns the client as it is stored now: an older
   * fetch doesn't replace a newer one, a document doesn't replace a client of another origin, and a disabled client stays disabled.
   */
  saveDocument(document: FetchedDocument): Promise<Client>
  /** The client, in any state. */
  find(id: string): Promise<Client | undefined>
  /** At most `limit` clients that follow `after`, the newest first. `search` is text in the id or the metadata, in any case. */
  list(page: { after?: Pick<Client, 'id' | 'createdAt'>; search?: string; limit: number; isWaiting?: boolean }): Promise<Client[]>
  count(): Promise<number>
  /**
   * Makes room: deletes at most `limit` clients, first the oldest ones that no user ever allowed, then the longest idle ones that have
   * no grant and weren't used for a day. Returns how many. Keeps clients that have a grant, and those that an operator added.
   */
  evict(limit: number, now: number): Promise<number>
  /** Disables a client and ends its grants. Registering the same metadata makes another client. Returns whether it was enabled. */
  disable(id: string, now: number, event?: AuditEvent): Promise<boolean>
  /** Enables a client, without its former grants and tokens. Returns whether it was disabled. */
  enable(id: string, now: number, event?: AuditEvent): Promise<boolean>
  /** Records that a client that nobody decided about waits for an operator. */
  wait(id: string): Promise<void>
  /**
   * Approves a client, if it still is as the operator has seen it and is enabled; returns whether it wasn't approved before. The approval ends when the
   * client becomes another one (`update`).
   */
  approve(seen: Pick<Client, 'id' | 'metadata'>, event?: AuditEvent): Promise<boolean>
  /** Refuses a client and ends its grants and tokens; returns whether it wasn't refused before. */
  refuse(id: string, now: number, event?: AuditEvent): Promise<boolean>
  countWaiting(): Promise<number>
  /** At most `limit` clients with ids behind `after` that begin with `prefix`, by their ids. */
  listFrom(page: { after?: string | undefined; prefix?: string | undefined; limit: number }): Promise<Client[]>
  /** At most `limit` clients that were used, the last used first. */
  listUsed(page: { after?: { at: number; id: string } | undefined; limit: number }): Promise<Client[]>
  /**
   * At most `limit` clients whose key (domain/client/search-keys.ts) begins with `prefix`, of those that somebody allowed, an operator made or was
   * asked about; those with the same key by age, the newest first.
   */
  listByKey(by: keyof SearchKeys, prefix: string, page: { after?: ClientKey | undefined; limit: number }): Promise<FoundClient[]>
  /** The same of all others, the newest first, if they are among the newest `among` of those. */
  listUnused(by: keyof SearchKeys, prefix: string, page: { among: number; limit: number }): Promise<Client[]>
  /** Approves those of a batch of clients that wait, or that nobody decided about, and have a live grant. `undefined` after the last batch. */
  approveLive(batch: LiveBatch, now: number): Promise<ApprovedLive | undefined>
  /** The rule about clients that was in force last. */
  findRule(): Promise<string | undefined>
  saveRule(rule: string, now: number): Promise<void>
  /** Records that a client got a token for itself: it is in use, although no user may ever allow it. */
  touch(id: string, now: number): Promise<void>
  /**
   * Replaces metadata, secrets and registration access tokens, if the client is enabled and still has the secret and the registration
   * access tokens of `before`. If these change, at most one of the callers with the same `before`, on any node, ever gets `true`.
   */
  update(update: ClientUpdate, event?: AuditEvent): Promise<boolean>
  /** Records that the current registration access token was used, which ends the previous one. */
  confirmRegistrationAccessToken(id: string, registrationAccessTokenHash: string): Promise<void>
  /** Replaces the secret of a client; `false` if there is no such client, or it has no secret. */
  rotateSecret(id: string, rotation: SecretRotation, event?: AuditEvent): Promise<boolean>
  /**
   * Deletes a client with its consents, grants and tokens; returns whether it existed. Its records are deleted first, in steps as by
   * `sweep`, because a client can have many. If a step fails, the client still exists, and calling again goes on.
   */
  delete(id: string, event?: AuditEvent): Promise<boolean>
}

export interface InitialAccessTokens {
  /** `false` if the name is taken. */
  insert(token: InitialAccessToken, event?: AuditEvent): Promise<boolean>
  find(tokenHash: string): Promise<InitialAccessToken | undefined>
  /** All tokens, sorted by name. */
  list(): Promise<InitialAccessToken[]>
  /** Registers a client with a token. At most as many callers, on all nodes, get `true` as the token has uses; none once it expires. */
  redeem(tokenHash: string, now: number, client: Client, event?: AuditEvent): Promise<boolean>
  /** Deletes a token; clients that it registered stay. Returns whether it existed. */
  delete(name: string, event?: AuditEvent): Promise<boolean>
}
