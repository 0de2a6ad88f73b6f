/**
 * How many audit events of strangers a node keeps in a day (threat-model.md T18). Past the first bound an event loses its details, past
 * the second it is only logged. Owns the counting; not what an event holds (domain/audit/audit-details.ts).
 */
import { Lru } from 'toad-cache'
import { siteOf } from '../../domain/protocol/network.ts'

/** What a sender's next event may take: everything, all but its details, nothing. */
export type Share = 'whole' | 'bare' | 'none'

export interface EventBudget {
  /** Counts one event of a sender. `now` is ms. */
  spend(address: string, now: number): Share
}

/** Events of one IPv4 address or IPv6 /48 in a day, and of all together. An event has 2 KB at most, without its details about 0.3 KB. */
export const BUDGET = { ofSite: { whole: 500, bare: 2000 }, ofAll: { whole: 5000, bare: 20_000 } }
const DAY_MS = 86_400_000
/** Senders that are remembered. */
const SITES = 20_000

export function createEventBudget(): EventBudget {
  const sites = new Lru<number>(SITES)
  let today = { day: 0, count: 0 }
  return {
    spend(address, now) {
      const day = Math.floor(now / DAY_MS)
      if (day !== today.day) {
        today = { day, count: 0 }
        sites.clear()
      }
      const site = siteOf(address)
      const ofSite = (sites.get(site) ?? 0) + 1
      sites.set(site, ofSite)
      // What a sender may not keep takes no room from others.
      if (ofSite > BUDGET.ofSite.bare) return 'none'
      today.count += 1
      if (today.count > BUDGET.ofAll.bare) return 'none'
      return ofSite > BUDGET.ofSite.whole || today.count > BUDGET.ofAll.whole ? 'bare' : 'whole'
    },
  }
}
