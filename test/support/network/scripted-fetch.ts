/** A fetcher that answers what the test says, under a clock that the test moves. */
import { ok } from '#src/domain/protocol/result.ts'
import type { Result } from '#src/domain/protocol/result.ts'
import type { Fetched, FetchFailure, SafeFetch } from '#src/fetch/safe-fetch.ts'

export const START = 1_800_000_000_000

export function scripted(body: string) {
  const state = {
    now: START,
    fetches: 0,
    next: ok({ body, headers: {} }) as Result<Fetched, FetchFailure>,
    wait: undefined as Promise<void> | undefined,
  }
  const fetch: SafeFetch = async () => {
    state.fetches++
    await (state.wait ?? new Promise((resolve) => setImmediate(resolve)))
    return state.next
  }
  return { state, fetch, now: () => state.now }
}
