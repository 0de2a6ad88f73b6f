import t from 'tap'
import { clientVerdicts } from '#src/doctor/diagnosis.ts'
import type { Diagnosis } from '#src/doctor/doctor.ts'
import { renderJson, toJson } from '#src/doctor/json-report.ts'
import { renderDiagnosis, printProgress } from '#src/doctor/report.ts'

const failure = { kind: 'failed', finding: 'token-failed', url: 'u', expected: 'e', received: 'r', advice: 'a' } as const

function diagnose(change: Partial<Diagnosis> = {}): Diagnosis {
  const findings = change.findings ?? []
  return {
    url: 'u',
    kind: 'mcp-server',
    issuer: undefined,
    checked: true,
    withLogin: true,
    findings,
    clients: clientVerdicts(findings),
    remainingClients: [],
    ...change,
  }
}

function tell(color: boolean) {
  const lines: string[] = []
  return { lines, progress: printProgress((line) => void lines.push(line), color) }
}

t.test('a developer sees a failure in full once, and only its name when it comes again', async (t) => {
  const { lines, progress } = tell(false)
  progress.section('The server')
  for (const title of ['One works', 'Two works']) progress.outcome(title, failure)
  progress.outcome('Three works', { kind: 'passed' })
  t.strictSame([lines[0], lines[1], lines[2]], ['', 'The server', '✗ One works'])
  t.strictSame(lines.slice(-2), ['✗ Two works (token-failed, as above)', '✓ Three works'])
})

t.test('a developer sees each client with its verdict', async (t) => {
  const local = renderDiagnosis(diagnose({ findings: [{ finding: 'local-address' }] }), false)
  t.ok(local.includes('! ChatGPT        needs a public https address'))
  t.equal(local.at(-1), '9 of 12 clients work, 0 stopped, 3 out of reach')
  const stopped = renderDiagnosis(diagnose({ findings: [{ finding: 'local-address' }, { finding: 'pkce-missing' }] }), true)
  t.ok(stopped.includes('\u001b[31m✗\u001b[0m ChatGPT        is stopped by pkce-missing'))
  t.equal(stopped.at(-1), '\u001b[31m0 of 12 clients work, 12 stopped, 0 out of reach\u001b[0m')
})

t.test('a developer reads which clients stay, and that nothing could be checked', async (t) => {
  t.ok(renderDiagnosis(diagnose({ remainingClients: ['a', 'b'] }), false).includes('Clients that stay until the server removes them: a, b'))
  t.strictSame(renderDiagnosis(diagnose({ checked: false }), false), ['', 'Nothing answered, so nothing could be checked.'])
})

// threat-model.md T17. A terminal obeys control characters.
t.test('a server cannot steer the terminal, nor does a report hold a secret', async (t) => {
  const evil = 'a\u001b[2J\u0007\u202eb\u009bc'
  const { lines, progress } = tell(false)
  progress.section(`The server ${evil}`)
  progress.outcome('x', { ...failure, url: evil, received: evil, body: `${evil}{"client_secret":"s3cr3t"}` })
  progress.outcome('x', { kind: 'note', finding: 'mcp-open', detail: evil })
  lines.push(...renderDiagnosis(diagnose({ remainingClients: [evil] }), false))
  t.notMatch(lines.join(''), /[\u0000-\u001f\u007f-\u009f\u202e]|s3cr3t/)
  const findings = [{ ...failure, received: evil, body: '{"client_secret":"s3cr3t"}' }]
  t.notMatch(renderJson(diagnose({ findings, remainingClients: [evil] })), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]|s3cr3t/)
})

t.test('a program sees no issuer where none is known', async (t) => {
  t.notHas(toJson(diagnose()), { issuer: String })
})
