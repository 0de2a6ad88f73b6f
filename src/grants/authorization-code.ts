/** The authorization code grant (RFC 6749 section 4.1.3). A code brings at most one token response. */
import { refuse } from '../domain/protocol/errors.ts'
import { parseTokenHandle } from '../domain/token/token-handle.ts'
import { checkRedemption, invalidGrant } from '../domain/token/redemption.ts'
import type { GrantHandler } from './grant.ts'
import { redeemCode } from './redeem-code.ts'
import { targetNow } from './target-now.ts'

export const authorizationCode: GrantHandler = {
  type: 'authorization_code',
  async exchange(form, client, context, now) {
    if (form.code === undefined) return refuse('invalid_request', 'code is required')
    const presented = parseTokenHandle(form.code)
    const found = presented && (await context.storage.grants.findCode(presented.grantId, presented.hash))
    if (found === undefined) return invalidGrant('the code is unknown')
    const { code } = found
    const target = await targetNow(context, client, { ...found, redirectUri: found.code.redirectUri }, { resource: form.resource }, (now) =>
      checkRedemption(code, now, client.id, form, context.registry),
    )
    if (!target.ok) return target
    return redeemCode(context, client, found, target.value, () => invalidGrant('the code has expired'), now)
  },
}
