/** What clients need from an MCP server before they know its authorization server (RFC 9728, RFC 6750). */
import { resourceMetadataUrls } from '../../domain/protocol/discovery-urls.ts'
import type { FindingId, Subject } from '../findings.ts'
import { redirectTarget } from '../probe/follow.ts'
import type { Reply } from '../probe/http.ts'
import { adviceForStatus, BROWSER_ORIGIN, endpointProblem, expectCors, parseObject } from '../probe/expectations.ts'
import { shown } from '../probe/shown.ts'
import { failed, noted, passed, skipped, unanswered } from '../probe/step.ts'
import type { Document, Outcome, Step } from '../probe/step.ts'
import { readResponse } from '../probe/mcp.ts'
import { preflight } from '../probe/preflight.ts'
import { challengeUrl, readJson } from '../probe/mcp-server.ts'
import type { ResourceContext } from '../probe/mcp-server.ts'

type ResourceStep = Step<ResourceContext>

const asksForToken: ResourceStep = {
  title: 'The MCP server asks for a token',
  run({ replyWithoutToken: reply }) {
    if (reply.status === 401) return passed()
    if (readResponse(reply, 1)) return noted('mcp-open', 'it answers without one; clients log in only after a 401')
    const target = redirectTarget(reply)
    return failed(reply, {
      finding: 'mcp-wrong-status',
      expected: 'status 401 for a request without a token',
      received: `status ${reply.status}${target ? `, a redirect to ${target.href}` : ''}`,
      advice: target
        ? 'Give people the address behind the redirect: clients lose the request, or the token, on the way.'
        : reply.status === 404 || reply.status === 405
          ? 'Give the address of the MCP endpoint itself, with its path.'
          : 'Answer 401 with WWW-Authenticate: nothing else makes clients log in.',
    })
  },
}

const saysWhereMetadataIs: ResourceStep = {
  title: 'Its 401 says where the resource metadata is',
  run({ replyWithoutToken, metadata }) {
    if (replyWithoutToken.status !== 401 || !metadata) return skipped(metadata ? 'it is no 401' : 'there is no resource metadata')
    const url = challengeUrl(replyWithoutToken)
    if (url !== undefined) return passed(url)
    return noted('challenge-missing', 'WWW-Authenticate has no resource_metadata="..."; clients have to guess its address')
  },
}

const metadataIsFound: ResourceStep = {
  title: 'The resource metadata is found',
  async run(context) {
    const named = challengeUrl(context.replyWithoutToken)
    const problem = named === undefined ? undefined : endpointProblem(named, context.url)
    if (problem !== undefined) return broken(context.replyWithoutToken, `resource_metadata: ${problem.words}`)
    for (const url of named === undefined ? resourceMetadataUrls(context.url) : [named]) {
      const sent = await readJson(context.send, url)
      if (!sent.ok) return unanswered(sent.noReply)
      const { reply } = sent
      if (named === undefined && reply.status >= 300 && reply.status < 500) continue
      if (reply.status !== 200) return broken(reply, `status ${reply.status}`, adviceForStatus(reply.status))
      const parsed = parseObject(reply)
      if (!parsed.ok) return broken(reply, parsed.received)
      context.metadata = { reply, members: parsed.members }
      return passed(url)
    }
    context.issuer = new URL(context.url).origin
    return noted('resource-metadata-missing', `there is none; clients take ${context.issuer} for the authorization server, or give up`)
  },
}

const PUBLISH = 'Publish the metadata at the address that the 401 names (RFC 9728 section 3).'

function broken(reply: Reply, received: string, advice = PUBLISH): Outcome {
  return failed(reply, { finding: 'resource-metadata-broken', expected: 'status 200 and a JSON object', received, advice })
}

function documentStep(
  title: string,
  check: (metadata: Document, context: ResourceContext) => Outcome,
  uses: readonly Subject[] = [],
): ResourceStep {
  return { title, uses, run: (context) => (context.metadata ? check(context.metadata, context) : skipped('there is no resource metadata')) }
}

/**
 * RFC 9728 sections 3.3 and 7.3: metadata about another resource must not be used, or a token for that one would come here.
 * Clients accept a resource of the same origin whose path is that of the address, or a folder above it.
 */
const isAboutThisServer = documentStep('It is about this MCP server', ({ reply, members }, { url }) => {
  const { resource } = members
  const asked = new URL(url)
  const named = typeof resource === 'string' && URL.canParse(resource) ? new URL(resource) : undefined
  const folder = (path: string) => (path.endsWith('/') ? path : `${path}/`)
  if (named?.origin !== asked.origin || !folder(asked.pathname).startsWith(folder(named.pathname))) {
    return failed(reply, {
      finding: 'resource-other',
      expected: `"resource": "${url}"`,
      received: resource === undefined ? 'no resource' : `"resource": ${shown(resource)}`,
      advice: 'Configure the public address of the MCP server: clients refuse metadata about another resource (RFC 9728 section 3.3).',
    })
  }
  if (named.href === asked.href) return passed()
  return noted('resource-spelling', `it says "${String(resource)}", people were given "${url}"; spell both alike`)
})

const SERVER_FINDINGS: Readonly<Partial<Record<FindingId, FindingId>>> = {
  'endpoint-private': 'authorization-server-private',
  'endpoint-unusable': 'authorization-servers-missing',
}

const namesAuthorizationServer = documentStep('It names an authorization server', findAuthorizationServer, ['resource-metadata'])

function findAuthorizationServer({ reply, members }: Document, context: ResourceContext): Outcome {
  const expected = '"authorization_servers" with the issuer of an authorization server'
  const named: unknown = members['authorization_servers']
  const first: unknown = Array.isArray(named) ? named[0] : undefined
  const problem = endpointProblem(first, context.url)
  if (problem === undefined) {
    context.issuer = String(first)
    return passed(context.issuer)
  }
  return failed(reply, {
    finding: SERVER_FINDINGS[problem.finding] ?? problem.finding,
    expected,
    received: first === undefined ? 'none' : problem.words,
    advice: 'Name the public address of the authorization server, exactly as its metadata spells the issuer (RFC 9728 section 2).',
  })
}

const metadataAllowsBrowsers = documentStep('Clients in browsers may read it (CORS)', ({ reply }) =>
  expectCors('resource-metadata-browsers', reply),
)

/** For Inspector and others that connect from a web page. Only a note, since most of them can use a proxy. */
const callsAllowBrowsers: ResourceStep = {
  title: 'Clients in browsers may call the MCP server (CORS)',
  async run({ url, send, replyWithoutToken: reply }) {
    if (reply.status !== 401 && !readResponse(reply, 1)) return skipped('it does not ask for a token')
    const problem = await preflight(send, url, 'POST', ['authorization', 'content-type', 'mcp-protocol-version'])
    if (problem !== undefined) return noted('mcp-browsers', problem)
    if (expectCors('mcp-browsers', reply).kind === 'failed') return noted('mcp-browsers', `its answers do not allow ${BROWSER_ORIGIN}`)
    const exposed = reply.headers.get('access-control-expose-headers') ?? ''
    if (reply.status === 401 && !/www-authenticate|^\*$/i.test(exposed))
      return noted('mcp-browsers', 'Access-Control-Expose-Headers does not hold WWW-Authenticate, which says where to log in')
    return passed()
  },
}

export const RESOURCE_STEPS: readonly ResourceStep[] = [
  asksForToken,
  metadataIsFound,
  saysWhereMetadataIs,
  isAboutThisServer,
  namesAuthorizationServer,
  metadataAllowsBrowsers,
  callsAllowBrowsers,
]
