/** The authorization code grant (RFC 6749 section 4.1.3). A code brings one token response, ever. */
import { sha256 } from '../domain/credentials.ts'
import { OAuthError } from '../domain/errors.ts'
import { checkRedemption, invalidGrant } from '../domain/redemption.ts'
import { err } from '../domain/result.ts'
import type { GrantHandler } from './grant.ts'
import { redeemCode } from './redeem-code.ts'

export const authorizationCode: GrantHandler = {
  type: 'authorization_code',
  async exchange(form, client, context, now) {
    if (form.code === undefined) return err(new OAuthError('invalid_request', 'code is required'))
    const found = await context.storage.grants.findCode(sha256(form.code))
    if (found === undefined) return invalidGrant('the code is unknown')
    const target = checkRedemption(found.code, found.grant, client.id, form, context.registry)
    if (!target.ok) return target
    return redeemCode(context, client, found, target.value, () => invalidGrant('the code has expired'), now)
  },
}
