/** One request to a provider within a check: its answer, or in words why there is none. */
import { err, ok } from '../../domain/protocol/result.ts'
import type { Result } from '../../domain/protocol/result.ts'
import type { ProviderFetch, ProviderUnreachable } from '../../fetch/provider-fetch.ts'

export interface Answer {
  readonly status: number
  readonly text: string
  /** Its Date header. */
  readonly date: string | null
  /** Where it redirects to. */
  readonly location?: string | undefined
}

export async function ask(fetch: ProviderFetch, url: string, init?: RequestInit): Promise<Result<Answer, string>> {
  try {
    const response = await fetch(url, init)
    const { status, headers } = response
    const location = status >= 300 && status < 400 ? (headers.get('location') ?? undefined) : undefined
    return ok({ status, text: await response.text(), date: headers.get('date'), location })
  } catch (error) {
    return err((error as ProviderUnreachable).message)
  }
}

/** A form as a POST. */
export const form = (members: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}): RequestInit => ({
  method: 'POST',
  headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded', ...headers },
  body: new URLSearchParams(members).toString(),
})
