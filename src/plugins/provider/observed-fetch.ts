/** Counts and traces requests to identity providers, by their hosts. Owns no request (fetch/provider-fetch.ts). */
import type { FastifyInstance } from 'fastify'
import type { ProviderFetch } from '../../fetch/provider-fetch.ts'

const OUTCOMES = ['ok', 'failed'] as const

export function observeProviderFetch(app: Pick<FastifyInstance, 'meter' | 'traced'>, ask: ProviderFetch): ProviderFetch {
  /** Both, so that each series begins at 0. */
  function count(provider: string, outcome: (typeof OUTCOMES)[number]): void {
    for (const each of OUTCOMES) app.meter.count('providers', { provider, outcome: each }, each === outcome ? 1 : 0)
  }

  return async (url, init) => {
    const provider = new URL(url).host
    try {
      const response = await app.traced('provider', { 'server.address': provider }, () => ask(url, init))
      count(provider, 'ok')
      return response
    } catch (error) {
      count(provider, 'failed')
      throw error
    }
  }
}
