/**
 * Places that many share. The more of them are taken, the fewer one holder may have: a few holders never take all, and a newcomer
 * gets one of those that are left.
 */
export interface FairShares {
  /**
   * Takes one place, which counts as one of each holder.
   *
   * @returns gives the place back, and must be called once; `undefined` if one of the holders has its share
   */
  take(...holders: [string, ...string[]]): (() => void) | undefined
}

/**
 * @param places how many there are
 * @param most how many of them one holder may have at any time
 */
export function createFairShares(places: number, most = places): FairShares {
  const held = new Map<string, number>()
  const heldBy = (holder: string): number => held.get(holder) ?? 0
  let free = places

  return {
    take(...holders) {
      const share = Math.min(most, free / 2)
      if (holders.some((holder) => heldBy(holder) >= share)) return undefined
      free--
      for (const holder of holders) held.set(holder, heldBy(holder) + 1)
      return () => {
        free++
        for (const holder of holders) {
          if (heldBy(holder) === 1) held.delete(holder)
          else held.set(holder, heldBy(holder) - 1)
        }
      }
    },
  }
}
