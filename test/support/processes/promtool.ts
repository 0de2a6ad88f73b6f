/**
 * The example's alert rules, asked by Prometheus's own promtool about what a server really showed. A sample each few milliseconds stands
 * for one each 15 seconds, as Prometheus takes them: otherwise a test would take minutes.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Test } from 'tap'
import { ROOT } from './processes.ts'

/** Why tests that need it are left out, or false. */
export const withoutPromtool = spawnSync('promtool', ['--version']).status !== 0 && 'promtool is not installed (Debian: prometheus)'

export const RULES = join(ROOT, 'examples/monitoring/alerts.yml')
const INTERVAL_SECONDS = 15
const EVERY_MS = 40

type Teardown = { teardown(fn: () => unknown): unknown }

export interface Scraping {
  /** The samples so far; after it nothing more is asked. */
  end(): Promise<readonly string[]>
}

/** Asks for metrics again and again; an answer that doesn't come is none. */
export function scrape(t: Teardown, ask: () => Promise<string>, everyMs = EVERY_MS): Scraping {
  const samples: string[] = []
  let over = false
  const running = (async () => {
    while (!over) {
      samples.push(await ask().catch(() => ''))
      await wait(everyMs)
    }
  })()
  const end = async () => {
    over = true
    await running
    return samples
  }
  t.teardown(end)
  return { end }
}

export const scrapeServer = (t: Teardown, port: number): Scraping =>
  scrape(t, async () => (await fetch(`http://localhost:${port}/metrics`, { signal: AbortSignal.timeout(2000) })).text())

/** Exactly these alerts fired at some time. */
export function raises(t: Test, samples: readonly string[], alerts: readonly string[]): void {
  if (withoutPromtool !== false) {
    t.comment(withoutPromtool)
    return
  }
  const series = seriesOf(samples)
  const last = (samples.length + 20) * INTERVAL_SECONDS
  const fired = { expr: 'group by (alertname) (max_over_time(ALERTS{alertstate="firing"}[1d]))', eval_time: `${last}s` }
  const expected = { ...fired, exp_samples: alerts.map((alert) => ({ labels: `{alertname="${alert}"}`, value: 1 })) }
  const folder = mkdtempSync(join(tmpdir(), 'promtool-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'test.yml') // JSON is YAML
  const group = { interval: `${INTERVAL_SECONDS}s`, input_series: series, promql_expr_test: [expected] }
  writeFileSync(file, JSON.stringify({ rule_files: [RULES], evaluation_interval: `${INTERVAL_SECONDS}s`, tests: [group] }))
  const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8', timeout: 60_000 })
  t.equal(status, 0, `${alerts.join(', ') || 'no alert'} expected: ${stdout}${stderr}`)
}

/** As promtool reads them; what isn't there at a time is `_`. After the last one each stays as it is for a while. */
function seriesOf(samples: readonly string[]): { series: string; values: string }[] {
  const all = new Map<string, string[]>()
  // Prometheus itself says whether there was an answer.
  all.set(
    'up{job="solar-system",instance="node"}',
    samples.map((text) => (text === '' ? '0' : '1')),
  )
  samples.forEach((text, index) => {
    for (const [, name, labels = '', value] of text.matchAll(/^(solar_\w+)(?:\{(.*)\})? (\S+)$/gm)) {
      const key = `${name}{${[labels, 'job="solar-system"', 'instance="node"'].filter((part) => part !== '').join(',')}}`
      const values = all.get(key) ?? new Array<string>(samples.length).fill('_')
      values[index] = value!
      all.set(key, values)
    }
  })
  return [...all]
    .filter(([key]) => !key.includes('_bucket{'))
    .map(([series, values]) => ({ series, values: `${values.join(' ')} ${values.findLast((value) => value !== '_')!}x20` }))
}
