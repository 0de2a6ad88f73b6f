/**
 * What a device waits for, and what becomes of it. Owns whether a code still leads to a request, and what is kept of a decision; not who
 * decides, nor what is shown (device.ts).
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { missingFactor } from '../../domain/authorization/authentication.ts'
import type { Missing } from '../../domain/authorization/authentication.ts'
import { NOTHING_KNOWN, decisionDigest } from '../../domain/authorization/consent.ts'
import { offerChoice, takenAway, without } from '../../domain/authorization/consent-choice.ts'
import type { Choice } from '../../domain/authorization/consent-choice.ts'
import { parseRequestedAccess, permissions } from '../../domain/authorization/requested-access.ts'
import type { RequestedAccess } from '../../domain/authorization/requested-access.ts'
import type { Transaction } from '../../domain/authorization/transaction.ts'
import { checkGrantType } from '../../domain/client/client-approval.ts'
import { DEVICE_CODE_GRANT } from '../../domain/client/client-metadata.ts'
import type { Client } from '../../domain/client/client.ts'
import { deviceSector } from '../../domain/client/subject.ts'
import type { DeviceAuthorization } from '../../domain/device/device-authorization.ts'
import { hashUserCode, parseUserCode } from '../../domain/device/device-codes.ts'
import type { OAuthError } from '../../domain/protocol/errors.ts'
import type { FindClient } from '../authentication/find-client.ts'
import { rightsOf } from '../authorization/rights.ts'
import type { BrowserSession } from '../login/session.ts'

/** A device that waits, and what it asks for now. */
export interface Asked {
  readonly waiting: DeviceAuthorization
  readonly client: Client
  readonly access: RequestedAccess
  readonly userCode: string
  /** If nothing that it asks for may be used. */
  readonly refused: OAuthError | undefined
  /** What the login lacks for an access rule, if the person can show it. */
  readonly missing: Exclude<Missing, 'unmet'> | undefined
}

export type Decision = 'allow' | 'deny'
type Shown = NonNullable<Transaction['shown']>

export interface DeviceRequests {
  /**
   * What the device with this code asks for, if it still waits, and what of it this person may have.
   *
   * @throws {OAuthError} if its client can't be found out, or an operator has to approve it first
   */
  findAsked(request: FastifyRequest, typed: string, by: BrowserSession): Promise<Asked | undefined>
  /** The client of a device that this person decided on in the same way: a second press of the button is answered like the first. */
  findDecided(shown: Shown, decision: Decision): Promise<Client | undefined>
  /** Whether the page that the person saw showed exactly this. */
  wasShown(transaction: Transaction, asked: Asked): boolean
  /** Without what the person took away. */
  narrow(asked: Asked, choice: Choice): Asked
  /** `false` if somebody else was faster, or the code has expired. */
  decide(asked: Asked, by: BrowserSession, decision: Decision): Promise<boolean>
}

export function createDeviceRequests(app: FastifyInstance, findClient: FindClient): DeviceRequests {
  const { clients, deviceAuthorizations } = app.storage

  const offeredBy = (access: RequestedAccess) => offerChoice(access, NOTHING_KNOWN, app.settings.consentChoice === 'on')

  /** Codes made before `SECRET` was replaced count until they expire. */
  async function findWaiting(userCode: string): Promise<DeviceAuthorization | undefined> {
    const hashes = app.macKeys.map((key) => hashUserCode(userCode, key))
    const found = await Promise.all(hashes.map((hash) => deviceAuthorizations.findWaiting(hash, app.now())))
    return found.find((waiting) => waiting !== undefined)
  }

  /** The device does not belong to the browser's session: it stays connected when the person logs out here. */
  function allow({ waiting, client, access }: Asked, { session, user }: BrowserSession): Promise<boolean> {
    const resources = access.targets.map(({ identifier }) => identifier)
    return deviceAuthorizations.allow(waiting.deviceCodeHash, {
      userId: user.id,
      clientId: client.id,
      sector: deviceSector(client),
      scopes: permissions(access),
      resources,
      authTime: session.authTime,
      amr: session.amr,
      acr: session.acr,
      identityId: session.identityId,
      createdAt: app.now(),
      expiresAt: waiting.expiresAt,
    })
  }

  return {
    async findAsked(request, typed, by) {
      const userCode = parseUserCode(typed)
      const waiting = userCode === undefined ? undefined : await findWaiting(userCode)
      if (userCode === undefined || waiting === undefined) return undefined
      const found = await findClient(waiting.clientId, request)
      if (!found.ok) throw found.error
      const client = found.value
      if (client === undefined || client.disabledAt !== undefined || !checkGrantType(client, DEVICE_CODE_GRANT).ok) return undefined
      const access = parseRequestedAccess(waiting.parameters, client, await app.resourceRegistry())
      if (!access.ok) return undefined
      const { demanded, ...rights } = await rightsOf(app, access.value, by, client.id)
      const missing = missingFactor(by.session.acr, by.factors, demanded)
      return { waiting, client, userCode, ...rights, missing: missing === 'unmet' ? undefined : missing }
    },
    async findDecided({ userId, deviceCodeHash = '' }, decision) {
      const device = await deviceAuthorizations.find(deviceCodeHash)
      if (device?.decision !== (decision === 'allow' ? 'allowed' : 'denied')) return undefined
      const owner = (await app.storage.grants.findCode(device.grantId, deviceCodeHash))?.grant.userId
      return decision === 'allow' && owner !== userId ? undefined : clients.find(device.clientId)
    },
    wasShown: ({ shown }, { client, userCode, access }) =>
      shown?.digest === decisionDigest(client, userCode, access, NOTHING_KNOWN, offeredBy(access)),
    narrow: (asked, choice) => ({ ...asked, access: without(asked.access, takenAway(offeredBy(asked.access), choice)) }),
    decide: (asked, by, decision) =>
      decision === 'allow' ? allow(asked, by) : deviceAuthorizations.deny(asked.waiting.deviceCodeHash, app.now()),
  }
}
