/** A cache that sites share: one site's entries make room for its own new ones, before they push out those of another site. */

export interface SiteCache<T> {
  get(url: string): T | undefined
  set(url: string, value: T): void
}

/**
 * @param max the most entries; beyond it, the site with most of them loses the one that was used longest ago
 * @param siteOf whose an entry is
 */
export function createSiteCache<T>(max: number, siteOf: (url: string) => string): SiteCache<T> {
  /** Both in the order of their last use. */
  const sites = new Map<string, Map<string, T>>()
  let size = 0

  function touch(url: string, value: T): void {
    const site = siteOf(url)
    const entries = sites.get(site) ?? new Map<string, T>()
    sites.delete(site)
    sites.set(site, entries)
    if (!entries.delete(url)) size++
    entries.set(url, value)
  }

  function dropOne(): void {
    const [largest] = [...sites].reduce((most, site) => (site[1].size > most[1].size ? site : most))
    const entries = sites.get(largest)!
    const [oldest] = entries.keys()
    entries.delete(oldest!)
    if (entries.size === 0) sites.delete(largest)
    size--
  }

  return {
    get(url) {
      const value = sites.get(siteOf(url))?.get(url)
      if (value !== undefined) touch(url, value)
      return value
    },
    set(url, value) {
      touch(url, value)
      if (size > max) dropOne()
    },
  }
}
