/** The device authorization grant (RFC 8628 section 3.4): pending until the user decides, then at most one token response. */
import { DEVICE_CODE_GRANT } from '../domain/client/client-metadata.ts'
import { deviceCodeExpired, hashDeviceCode, refuseWaiting } from '../domain/device/device-codes.ts'
import { refuse } from '../domain/protocol/errors.ts'
import { parseTokenHandle } from '../domain/token/token-handle.ts'
import { invalidGrant } from '../domain/token/redemption.ts'
import { narrowTarget } from '../domain/token/token-target.ts'
import type { GrantHandler } from './grant.ts'
import type { PollPace } from './poll-pace.ts'
import { redeemCode } from './redeem-code.ts'
import { targetNow } from './target-now.ts'

export const createDeviceCode = (pace: PollPace): GrantHandler => ({
  type: DEVICE_CODE_GRANT,
  async exchange(form, client, context, now) {
    if (form.device_code === undefined) return refuse('invalid_request', 'device_code is required')
    const { storage, registry } = context
    const presented = parseTokenHandle(form.device_code, hashDeviceCode)
    if (presented === undefined) return invalidGrant('the device code is unknown')
    const { grantId, hash } = presented
    const found = await storage.grants.findCode(grantId, hash)
    if (found === undefined) {
      const waiting = await storage.deviceAuthorizations.find(hash)
      return refuseWaiting(waiting, client.id, waiting?.clientId === client.id && pace.isTooSoon(hash, now), now)
    }
    if (found.grant.clientId !== client.id) return invalidGrant('the device code is unknown')
    const target = await targetNow(
      context,
      client,
      { ...found, redirectUri: found.code.redirectUri },
      { resource: form.resource },
      (grant) => narrowTarget(grant, form, registry, false),
    )
    if (!target.ok) return target
    return redeemCode(context, client, found, target.value, deviceCodeExpired, now)
  },
})
