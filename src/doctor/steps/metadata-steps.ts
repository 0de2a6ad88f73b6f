/** What MCP clients demand of the metadata (RFC 8414 section 2, RFC 7591, RFC 7636, RFC 9207). */
import type { FindingId } from '../findings.ts'
import { endpointProblem, expectCors, expectNoNulls, mediaType, usableEndpoint } from '../probe/expectations.ts'
import { leadsToPrivateHost } from '../../fetch/private-host.ts'
import { shown } from '../probe/shown.ts'
import { failed, metadataStep, noted, passed } from '../probe/step.ts'
import type { Members, Step } from '../probe/step.ts'

export const metadataIsJson = metadataStep('The metadata is application/json', ({ reply }) => {
  const type = mediaType(reply)
  if (type === 'application/json') return passed()
  return failed(reply, {
    finding: 'metadata-type',
    expected: 'Content-Type: application/json',
    received: type === '' ? 'no Content-Type' : `Content-Type: ${type}`,
    advice: 'RFC 8414 section 3.2 requires application/json; set the header where the document is served.',
  })
})

export const metadataHasNoNull = metadataStep('The metadata holds no null', ({ reply, members }) =>
  expectNoNulls('metadata-null', reply, members),
)

export const issuerEqualsUrl = metadataStep('issuer equals the URL', ({ reply, members }, { issuer }) => {
  const published = members['issuer']
  if (published === issuer) return passed(issuer)
  const finding = issuerFinding(published, issuer)
  if (finding === 'issuer-spelling')
    return noted(finding, `it is "${String(published)}"; name it without the slash, clients compare byte for byte`)
  return failed(reply, {
    finding,
    expected: `"issuer": "${issuer}"`,
    received: published === undefined ? 'no issuer' : `"issuer": ${shown(published)}`,
    advice: ISSUER_ADVICE[finding],
  })
})

const ISSUER_ADVICE = {
  'issuer-slash':
    'Configure the issuer without the trailing slash, or name it with the slash everywhere: clients compare it byte for byte.',
  'issuer-private':
    'Configure the public address as the issuer. Behind a proxy the server sees only its own: configure it, or which forwarded headers to trust.',
  'issuer-other': 'Configure the issuer as exactly the address that people give to clients; they compare it byte for byte.',
} as const

/** The newest MCP SDK tolerates a slash in the given address that the issuer lacks, but not the reverse. */
function issuerFinding(published: unknown, issuer: string): keyof typeof ISSUER_ADVICE | 'issuer-spelling' {
  if (typeof published !== 'string' || !URL.canParse(published)) return 'issuer-other'
  if (published === `${issuer}/`) return 'issuer-slash'
  if (`${published}/` === issuer) return 'issuer-spelling'
  return leadsToPrivateHost(issuer, published) ? 'issuer-private' : 'issuer-other'
}

/** RFC 7591: without it, only clients with a metadata document of their own can connect. */
export const registrationEndpoint = endpointStep(
  'registration_endpoint',
  'Without it clients cannot register themselves: switch on dynamic client registration (RFC 7591) and publish it.',
  (members) => (members['client_id_metadata_document_supported'] === true ? 'registration-documents-only' : 'registration-missing'),
)
export const authorizationEndpoint = endpointStep(
  'authorization_endpoint',
  'RFC 8414 requires it for the authorization code flow; publish it.',
)
export const tokenEndpoint = endpointStep('token_endpoint', 'RFC 8414 requires it; publish it.')

function endpointStep(name: string, absent: string, missing: (members: Members) => FindingId = () => 'endpoint-missing'): Step {
  return metadataStep(`${name} is published`, ({ reply, members }, { issuer }) => {
    const expected = `"${name}" with an absolute URL${issuer.startsWith('https:') ? ' that is https' : ''}`
    if (members[name] === undefined || members[name] === null) {
      return failed(reply, { finding: missing(members), expected, received: `${name} not found`, advice: absent })
    }
    const problem = endpointProblem(members[name], issuer)
    if (problem === undefined) return passed(String(members[name]))
    return failed(reply, {
      finding: problem.finding,
      expected,
      received: `${name}: ${problem.words}`,
      advice: 'Configure the public address of the server; behind a proxy that ends TLS it does not see that it is https.',
    })
  })
}

export const pkceIsSupported = memberStep(
  'pkce-missing',
  'PKCE with S256 is supported',
  'code_challenge_methods_supported',
  'S256',
  'MCP clients refuse a server that does not announce PKCE with S256.',
)
export const codeFlowIsSupported = memberStep(
  'code-flow-missing',
  'The code flow is supported',
  'response_types_supported',
  'code',
  'Clients ask for response_type=code and nothing else.',
)

function memberStep(finding: FindingId, title: string, name: string, wanted: string, advice: string): Step {
  return metadataStep(title, ({ reply, members }) => {
    const value = members[name]
    if (Array.isArray(value) && value.includes(wanted)) return passed()
    return failed(reply, {
      finding,
      expected: `"${name}" with "${wanted}" in its list`,
      received: value === undefined ? `${name} not found` : `"${name}": ${shown(value)}`,
      advice,
    })
  })
}

/**
 * RFC 9207 section 3. Its absence is only a note, because MCP says SHOULD so far. But with the login elsewhere, nothing else would
 * tell that an answer is of another server (RFC 9700 section 4.4, mix-up): then careful clients refuse, and so does the doctor.
 */
export const issIsAnnounced = metadataStep('iss in authorization responses is announced', ({ reply, members }, context) => {
  const name = 'authorization_response_iss_parameter_supported'
  const value = members[name]
  if (value === true) return passed()
  const login = usableEndpoint(context, 'authorization_endpoint')
  if (login !== undefined && new URL(login).origin !== new URL(context.issuer).origin) {
    return failed(reply, {
      finding: 'iss-elsewhere',
      expected: `"${name}": true, or an authorization_endpoint at ${new URL(context.issuer).origin}`,
      received: `"${name}": ${shown(value)}, and the authorization_endpoint is at ${new URL(login).origin}`,
      advice: 'Send `iss` with every authorization response (RFC 9207) and announce it, or move the endpoint.',
    })
  }
  if (value === undefined || value === false) {
    return noted(
      'iss-unannounced',
      `${name} is not true. MCP will demand it: send \`iss\` with every authorization response (RFC 9207) and announce it.`,
    )
  }
  return failed(reply, {
    finding: 'iss-unreadable',
    expected: `"${name}": true`,
    received: `"${name}": ${shown(value)}`,
    advice: 'It is a boolean: true, without quotes.',
  })
})

export const metadataAllowsBrowsers = metadataStep('Clients in browsers may read the metadata (CORS)', ({ reply }) =>
  expectCors('metadata-browsers', reply),
)
