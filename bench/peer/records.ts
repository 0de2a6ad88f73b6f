/**
 * The peer's storage: a map for each kind of record. The adapter that it brings along is for a first try only: it keeps
 * one or two thousand records, fewer than a round needs, and goes through all tokens of a grant for each one that it adds. This one
 * does less, so the peer is faster with it.
 */
interface Payload {
  readonly grantId?: string
  readonly uid?: string
  consumed?: number
}

/** Of one kind: what is older than the newest 25,000 to 50,000 is forgotten, so that memory doesn't grow from row to row. */
const GENERATION = 25_000
/** Few, and needed to the end. Clients are asked for by each request, but only one of them. */
const LASTING = new Set(['Client', 'Grant', 'Session'])

/** @param kind as the peer calls its models */
export function createRecords(kind: string) {
  let recent = new Map<string, Payload>()
  let older = new Map<string, Payload>()
  const get = (id: string): Payload | undefined => recent.get(id) ?? older.get(id)
  const remove = (id: string): boolean => recent.delete(id) || older.delete(id)
  return {
    async upsert(id: string, payload: Payload): Promise<void> {
      if (recent.size >= GENERATION && !LASTING.has(kind)) {
        older = recent
        recent = new Map()
      }
      recent.set(id, payload)
    },
    async find(id: string): Promise<Payload | undefined> {
      return get(id)
    },
    async findByUid(uid: string): Promise<Payload | undefined> {
      return [...recent.values()].find((payload) => payload.uid === uid)
    },
    async findByUserCode(): Promise<undefined> {
      return undefined // no device flow here
    },
    async consume(id: string): Promise<void> {
      const payload = get(id)
      if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1000)
    },
    async destroy(id: string): Promise<void> {
      remove(id)
    },
    async revokeByGrantId(grantId: string): Promise<void> {
      for (const [id, payload] of [...recent, ...older]) if (payload.grantId === grantId) remove(id)
    },
  }
}
