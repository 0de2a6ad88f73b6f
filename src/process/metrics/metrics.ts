/** The metrics of this process: who keeps them, and how they get out. */
import cluster from 'node:cluster'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config/config.ts'
import type { Prometheus, Snapshot } from '../../metrics/prometheus.ts'
import { VERSION } from '../version.ts'
import { listenForMetrics } from './listener.ts'

/** What the primary sends, and what a worker answers. */
export interface Asked {
  readonly metricsWanted: number
}
export interface Answered {
  readonly metricsOf: number
  readonly snapshot: Snapshot
}

/** `undefined` where nobody wants them; then their library isn't even loaded. */
export async function createMetrics({ metricsListen }: Pick<Config, 'metricsListen'>): Promise<Prometheus | undefined> {
  return metricsListen && (await import('../../metrics/prometheus.ts')).createPrometheus(VERSION)
}

/** Before the app listens. A worker tells the process that started it, which listens for all (worker-sum.ts). */
export async function offerMetrics(app: FastifyInstance, { metricsListen }: Config, metrics: Prometheus): Promise<void> {
  if (cluster.isWorker) return answerPrimary(metrics)
  const server = await listenForMetrics(metricsListen!, metrics.text)
  app.addHook('onClose', async () => void server.close())
}

type Channel = Pick<NodeJS.Process, 'on' | 'send' | 'connected'>

export function answerPrimary({ snapshot }: Pick<Prometheus, 'snapshot'>, channel: Channel = process): void {
  channel.on('message', ({ metricsWanted }: Partial<Asked>) => {
    if (metricsWanted === undefined) return
    void snapshot().then((own) => channel.connected && channel.send?.({ metricsOf: metricsWanted, snapshot: own } satisfies Answered))
  })
}
