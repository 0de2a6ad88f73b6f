/** Whether the clocks of both sides agree: an id_token says from when to when it counts. */
import { open, right, wrong } from '../../domain/provider/provider-finding.ts'
import type { Found } from '../../domain/provider/provider-finding.ts'

/** As openid-provider.ts allows, in seconds. */
const TOLERANCE = 60

/**
 * @param date the header of an answer that came just now
 * @param now ms
 */
export function compareClocks(date: string | null, now: number): Found {
  const at = Date.parse(date ?? '')
  if (Number.isNaN(at)) return open('the provider says no time in its answers')
  const ahead = Math.round((now - at) / 1000)
  if (Math.abs(ahead) <= TOLERANCE) return right("agrees with the provider's")
  const difference = `${Math.abs(ahead)} s ${ahead > 0 ? 'ahead of' : 'behind'} the provider's`
  return wrong(`this machine's clock is ${difference}`, 'Let NTP set the clock here; if it is right, tell the provider.')
}
