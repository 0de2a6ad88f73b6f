/** Why a login by a provider came to nothing: in the words of the page, and in the log, where only the operator reads it. */
import type { FastifyRequest } from 'fastify'
import { labelOf } from '../../domain/provider/provider-label.ts'
import type { ProviderProblem } from '../../domain/provider/provider-problem.ts'
import type { Provider } from '../../domain/provider/provider.ts'
import type { Audit } from '../kernel/audit.ts'

export interface Refusal {
  readonly problem: Trouble
  readonly reason: string
  /** The rules that would have let the person in. */
  readonly missing?: readonly string[]
}

type Trouble = 'denied' | 'unreachable' | 'invalid' | 'refused' | 'stale' | 'admission' | 'taken' | 'disabled'

/** In the words of the page, and its status. */
const PROBLEMS: Readonly<Record<Trouble, readonly [ProviderProblem, number]>> = {
  denied: ['denied', 403],
  unreachable: ['unreachable', 502],
  invalid: ['broken', 502],
  refused: ['broken', 502],
  stale: ['stale', 403],
  admission: ['admission', 403],
  disabled: ['admission', 403],
  taken: ['taken', 403],
}

export function problemAt(provider: Provider, kind: Trouble) {
  const [problem, status] = PROBLEMS[kind]
  return { problem, providerName: labelOf(provider), status }
}

export async function noteRefusal(
  audit: Audit,
  request: FastifyRequest,
  provider: Provider,
  { problem, reason, missing = [] }: Refusal,
  clientId?: string,
): Promise<void> {
  request.isLogged = true
  request.log.warn({ provider: provider.name, problem, reason, address: request.ip }, 'login by a provider refused')
  const details = { provider: provider.name, problem, reason, ...(missing.length > 0 && { missing: missing.slice(0, 10) }) }
  // That the person changed their mind, or the provider is down, is no news.
  if (problem !== 'denied' && problem !== 'unreachable') await audit.note(request, { name: 'login.refused', clientId, details })
}
