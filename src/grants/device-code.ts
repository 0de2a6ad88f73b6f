/** The device authorization grant (RFC 8628 section 3.4): pending until a person has decided, then one token response, ever. */
import { DEVICE_CODE_GRANT } from '../domain/client-metadata.ts'
import { deviceCodeExpired, hashDeviceCode, refuseWaiting } from '../domain/device-authorization.ts'
import { OAuthError } from '../domain/errors.ts'
import { invalidGrant } from '../domain/redemption.ts'
import { err } from '../domain/result.ts'
import { narrowTarget } from '../domain/token-target.ts'
import type { GrantHandler } from './grant.ts'
import type { PollPace } from './poll-pace.ts'
import { redeemCode } from './redeem-code.ts'

export const createDeviceCode = (pace: PollPace): GrantHandler => ({
  type: DEVICE_CODE_GRANT,
  async exchange(form, client, context, now) {
    if (form.device_code === undefined) return err(new OAuthError('invalid_request', 'device_code is required'))
    const { storage, registry } = context
    const hash = hashDeviceCode(form.device_code)
    const found = await storage.grants.findCode(hash)
    if (found === undefined) {
      const waiting = await storage.deviceAuthorizations.find(hash)
      return refuseWaiting(waiting, client.id, waiting?.clientId === client.id && pace.isTooSoon(hash, now), now)
    }
    if (found.grant.clientId !== client.id) return invalidGrant('the device code is unknown')
    const target = narrowTarget(found.grant, form, registry, false)
    if (!target.ok) return target
    return redeemCode(context, client, found, target.value, deviceCodeExpired, now)
  },
})
