/** Over the network nobody makes this server ask hosts that only it reaches (threat-model.md T25). */
import { ok } from '../../domain/protocol/result.ts'
import { createLookUp } from '../../fetch/look-up.ts'
import { isPublicAddress } from '../../fetch/public-address.ts'
import { invalidArgument } from '../../operations/outcome.ts'
import type { Outcome } from '../../operations/outcome.ts'

/** How long to ask for the addresses of an issuer, in ms. */
const LOOK_UP_MS = 5000
const lookUp = createLookUp()

/** Whether the issuer of a provider leads to public addresses only. What is no address at all, the operation refuses. */
export async function checkPublicIssuer(issuer: string | undefined): Promise<Outcome<void>> {
  if (issuer === undefined || !URL.canParse(issuer)) return ok(undefined)
  const host = new URL(issuer).hostname.replace(/^\[|\]$/g, '')
  const addresses = await lookUp(host, AbortSignal.timeout(LOOK_UP_MS)).catch(() => [])
  const all = isPublicAddress(host) ? [host] : addresses.map(({ address }) => address)
  return all.length > 0 && all.every(isPublicAddress)
    ? ok(undefined)
    : invalidArgument('issuer', 'must lead to public addresses: others are for the command line of the machine', issuer)
}
