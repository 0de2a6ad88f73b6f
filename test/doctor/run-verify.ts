/** Runs verify and takes its report apart. Not a test itself. */
import type { Test } from 'tap'
import { verify } from '#src/doctor/verify.ts'
import type { VerifyOptions } from '#src/doctor/verify.ts'
import { startFixture } from './fixture-server.ts'
import type { Breakage } from './fixture-server.ts'

export type Report = { ok: boolean; lines: string[]; text: string; titles: Record<'passed' | 'failed' | 'skipped' | 'note', string[]> }

export async function runVerify(url: string, options: Partial<VerifyOptions> = {}): Promise<Report> {
  const lines: string[] = []
  const ok = await verify({ url, write: (line) => lines.push(line), color: false, ...options })
  // Cuts off what is in parentheses: the detail, and "(CORS)" at the end of a title.
  const marked = (mark: string) => lines.filter((line) => line.startsWith(`${mark} `)).map((line) => line.slice(2).replace(/ \(.*$/, ''))
  return {
    ok,
    lines,
    text: lines.join('\n'),
    titles: { passed: marked('✓'), failed: marked('✗'), skipped: marked('–'), note: marked('!') },
  }
}

/** A server that is broken one way: exactly the steps in `fails` must fail, and the report must say `says`. */
export type BrokenServer = { broken: string; change: Breakage; fails: string[]; says: RegExp[]; timeoutMs?: number }

export function testBrokenServers(t: Test, servers: BrokenServer[]): void {
  for (const { broken, change, fails, says, timeoutMs } of servers) {
    t.test(`an operator reads from verify that ${broken}`, async (t) => {
      const { issuer } = await startFixture(t, change)
      const report = await runVerify(issuer, timeoutMs === undefined ? {} : { timeoutMs })
      t.equal(report.ok, false)
      t.strictSame(report.titles.failed, fails)
      for (const words of says) t.match(report.text, words)
      t.equal(Object.values(report.titles).flat().length, 21, 'every step is reported')
      t.notMatch(report.text, /a secret: 100%|PRIVATE/, 'no secret is shown')
      for (const label of ['URL', 'expected', 'received', 'advice']) {
        t.equal(report.lines.filter((line) => line.startsWith(`    ${label} `)).length, fails.length, `${label} is shown`)
      }
    })
  }
}
