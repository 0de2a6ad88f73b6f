/**
 * How many audit events of strangers a node keeps in a day (threat-model.md T18). Past the first bound an event loses its details, past
 * the second it is only logged. Owns the counting; not what an event holds (domain/audit/audit-details.ts).
 */
import { Lru } from 'toad-cache'
import { siteOf } from '../../domain/protocol/network.ts'

/** What a sender's next event may take: everything, all but its details, nothing. */
export type Share = 'whole' | 'bare' | 'none'

export interface EventBudget {
  /** Counts one event of a sender: an address, or a person. `now` is ms. */
  spend(sender: string, now: number): Share
}

/** Events of one IPv4 address or IPv6 /48 in a day, and of all together. An event has 2 KB at most, without its details about 0.3 KB. */
export const BUDGET = { ofSite: { whole: 500, bare: 2000 }, ofAll: { whole: 5000, bare: 20_000 } }
/** People who are signed in. How many there are is up to the operator. */
export const BUDGET_OF_PEOPLE: typeof BUDGET = { ofSite: BUDGET.ofSite, ofAll: { whole: Infinity, bare: Infinity } }
const DAY_MS = 86_400_000
/** Senders that are remembered. */
const SITES = 20_000

/** @param placeOf who counts as one sender */
export function createEventBudget(bounds = BUDGET, placeOf: (sender: string) => string = siteOf): EventBudget {
  const sites = new Lru<number>(SITES)
  let today = { day: 0, count: 0 }
  return {
    spend(sender, now) {
      const day = Math.floor(now / DAY_MS)
      if (day !== today.day) {
        today = { day, count: 0 }
        sites.clear()
      }
      const site = placeOf(sender)
      const ofSite = (sites.get(site) ?? 0) + 1
      sites.set(site, ofSite)
      // What a sender may not keep takes no room from others.
      if (ofSite > bounds.ofSite.bare) return 'none'
      today.count += 1
      if (today.count > bounds.ofAll.bare) return 'none'
      return ofSite > bounds.ofSite.whole || today.count > bounds.ofAll.whole ? 'bare' : 'whole'
    },
  }
}
