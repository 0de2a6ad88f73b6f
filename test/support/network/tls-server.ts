/** A TLS server on the loopback interface that plays public hosts: documents and key sets for the safe fetcher. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SafeFetchOptions } from '#src/fetch/safe-fetch.ts'

type Teardown = { teardown(fn: () => unknown): unknown }
export type Answer = (request: IncomingMessage, response: ServerResponse) => void

export interface TlsServer {
  /** For `buildApp({ safeFetch })`: the hosts lead here, and their certificate is trusted. */
  readonly testHosts: NonNullable<SafeFetchOptions['testHosts']>
  /** What is answered at a URL, until it is set anew; everything else is a 404. */
  readonly answers: Map<string, Answer>
  /** The URLs that were asked for, in order. */
  readonly asked: string[]
}

/** A certificate for the hosts, its own authority. */
export function makeCertificate(hosts: readonly string[]): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'solar-system-tls-'))
  try {
    const file = (name: string) => join(folder, name)
    const names = hosts.map((host) => `DNS:${host}`).join(',')
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=tests'],
        ...['-addext', `subjectAltName=${names}`, '-keyout', file('key'), '-out', file('cert')],
      ],
      { stdio: 'ignore' },
    )
    return { key: readFileSync(file('key'), 'utf8'), cert: readFileSync(file('cert'), 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export async function serveHosts(t: Teardown, hosts: readonly string[]): Promise<TlsServer> {
  const certificate = makeCertificate(hosts)
  const answers = new Map<string, Answer>()
  const asked: string[] = []
  const server = createServer(certificate, (request, response) => {
    const url = `https://${request.headers.host}${request.url}`
    asked.push(url)
    const answer = answers.get(url) ?? ((_request, missing) => missing.writeHead(404).end())
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const testHosts = new Map(hosts.map((host) => [host, { address: '127.0.0.1', port, ca: certificate.cert }]))
  return { testHosts, answers, asked }
}

/** An answer with a JSON document. */
export function json(document: unknown, headers: Record<string, string> = {}): Answer {
  return (_request, response) => response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(document))
}
