/**
 * Everything that the doctor may find, by an id that never changes: one sentence, and which clients it stops. The heading of
 * the same name in docs/troubleshooting.md has the cause and the cure.
 */

/**
 * Which clients a finding stops. `sdk`: those built on the MCP TypeScript SDK, whose schemas refuse it. `browsers`: those that
 * run in a web page. `hosted`: those in the cloud. `registering`: those without a metadata document of their own. `wary`: those
 * that refuse a login where an answer of another server couldn't be recognized. `itself`: only the client that was imitated when
 * it was found.
 */
export type Stops = 'all' | 'nobody' | 'itself' | 'hosted' | 'browsers' | 'sdk' | 'registering' | 'wary'

/**
 * What a step may act on. `resource-metadata`: what the MCP server says about itself. `metadata`: the endpoints of the authorization
 * server. `login`: asking the user to log in. `answer`: the authorization response. `token`: the access token.
 */
export type Subject = 'resource-metadata' | 'metadata' | 'login' | 'answer' | 'token'

interface Entry {
  readonly says: string
  readonly stops: Stops
  /** What no later step may act on. */
  readonly spoils?: Subject
}

export const FINDINGS = {
  // The connection
  'no-answer': { says: 'The server gives no answer.', stops: 'all' },
  'too-slow': { says: 'The server takes too long to answer.', stops: 'all' },
  'certificate-expired': { says: 'The TLS certificate has expired.', stops: 'all' },
  'certificate-wrong-name': { says: 'The TLS certificate is for another name.', stops: 'all' },
  'certificate-untrusted': { says: 'The TLS certificate is not trusted.', stops: 'all' },
  'certificate-expires-soon': { says: 'The TLS certificate expires within two weeks.', stops: 'nobody' },
  'plain-http': { says: 'A public server speaks http without TLS.', stops: 'hosted', spoils: 'login' },
  'check-unfinished': { says: 'A check could not be finished.', stops: 'all' },
  'local-address': { says: 'The address is one of this machine or of a private network.', stops: 'hosted' },

  // The MCP server
  'mcp-open': { says: 'The MCP server answers without a token.', stops: 'nobody' },
  'mcp-wrong-status': { says: 'The MCP server does not answer 401 to a request without a token.', stops: 'all' },
  'mcp-browsers': { says: 'Pages in a browser may not call the MCP server.', stops: 'nobody' },
  'challenge-missing': { says: 'The 401 does not say where the resource metadata is.', stops: 'nobody' },
  'resource-metadata-missing': { says: 'The MCP server publishes no resource metadata.', stops: 'nobody' },
  'resource-metadata-broken': { says: 'The resource metadata cannot be read.', stops: 'all' },
  'resource-metadata-browsers': { says: 'Pages in a browser may not read the resource metadata.', stops: 'browsers' },
  'resource-other': { says: 'The resource metadata is about another resource.', stops: 'all', spoils: 'resource-metadata' },
  'resource-spelling': { says: 'The resource metadata spells the address differently.', stops: 'nobody' },
  'authorization-servers-missing': { says: 'The resource metadata names no authorization server.', stops: 'all' },
  'authorization-server-private': { says: 'A public MCP server names a private authorization server.', stops: 'all' },
  'tool-uncovered': { says: 'A tool of an MCP server that is registered here has no scope.', stops: 'nobody' },
  'tool-twice': { says: 'A tool of an MCP server that is registered here has several scopes.', stops: 'nobody' },
  'scopes-unlisted': { says: 'The MCP server asks for scopes that the authorization server does not list.', stops: 'nobody' },

  // The authorization server's metadata
  'metadata-missing': { says: 'The authorization server publishes no metadata.', stops: 'all' },
  'metadata-error': { says: 'The metadata is answered with an error of the server.', stops: 'all' },
  'metadata-unreadable': { says: 'The metadata is not a JSON object.', stops: 'all' },
  'metadata-redirected': { says: 'The metadata is behind a redirect.', stops: 'nobody' },
  'metadata-openid-only': { says: 'The metadata is only where OpenID Connect has it.', stops: 'nobody' },
  'metadata-type': { says: 'The metadata is not sent as application/json.', stops: 'nobody' },
  'metadata-null': { says: 'The metadata holds null.', stops: 'sdk' },
  'metadata-browsers': { says: 'Pages in a browser may not read the metadata.', stops: 'browsers' },
  'issuer-slash': { says: 'The issuer ends in a slash that its address does not have.', stops: 'all', spoils: 'metadata' },
  'issuer-spelling': {
    says: 'The address of the issuer was given with a slash at the end that the issuer does not have.',
    stops: 'nobody',
  },
  'issuer-private': { says: 'A public server publishes a private issuer.', stops: 'all', spoils: 'metadata' },
  'issuer-other': { says: 'The issuer is not the address that clients were given.', stops: 'all', spoils: 'metadata' },
  'registration-missing': { says: 'Clients cannot register themselves.', stops: 'all' },
  'registration-documents-only': { says: 'Only clients with a metadata document of their own can connect.', stops: 'registering' },
  'endpoint-missing': { says: 'The metadata lacks an endpoint.', stops: 'all' },
  'endpoint-unusable': { says: 'The address of an endpoint cannot be used.', stops: 'all' },
  'endpoint-plain-http': { says: 'An https server names an endpoint with http.', stops: 'all' },
  'endpoint-private': { says: 'A public server names a private endpoint.', stops: 'all' },
  'pkce-missing': { says: 'PKCE with S256 is not announced.', stops: 'all' },
  'code-flow-missing': { says: 'The authorization code flow is not announced.', stops: 'all' },
  'iss-unannounced': { says: 'The server does not announce iss in its answers.', stops: 'nobody' },
  'iss-elsewhere': {
    says: 'The login is at another origin than the issuer, and iss is not announced.',
    stops: 'wary',
    spoils: 'login',
  },
  'iss-unreadable': { says: 'The announcement of iss is not a boolean.', stops: 'sdk' },
  'documents-without-none': { says: 'Client documents are supported, but not clients without a secret.', stops: 'nobody' },
  'keys-unreadable': { says: 'The signing keys cannot be read.', stops: 'all' },
  'keys-private': { says: 'A private key is published.', stops: 'all' },

  // Registration
  'registration-closed': { says: 'Registration demands credentials.', stops: 'all' },
  'registration-failed': { says: 'The registration endpoint does not do its work.', stops: 'all' },
  'registration-limited': { says: 'The server limits registrations.', stops: 'all' },
  'registration-refused': { says: 'The registration is refused.', stops: 'itself' },
  'registration-unreadable': { says: 'The answer to a registration cannot be read.', stops: 'all' },
  'registration-redirects-lost': { says: 'The answer to a registration does not repeat redirect_uris.', stops: 'sdk' },
  'registration-null': { says: 'The answer to a registration holds null.', stops: 'sdk' },
  'registration-cacheable': { says: 'The answer to a registration may be cached.', stops: 'nobody' },
  'registration-status': { says: 'A registration is answered with 200 instead of 201.', stops: 'nobody' },
  'registration-browsers': { says: 'Pages in a browser may not read the answer to a registration.', stops: 'browsers' },
  'registration-error-form': { says: 'A bad registration is not answered with an OAuth error.', stops: 'nobody' },
  'method-unlisted': { says: 'Clients are registered for a method that the metadata does not list.', stops: 'nobody' },
  'deletion-failed': { says: 'The client cannot be deleted as announced.', stops: 'nobody' },
  'deletion-refused': { says: 'The server does not let clients delete themselves.', stops: 'nobody' },
  'deletion-status': { says: 'A deletion is answered with 200 instead of 204.', stops: 'nobody' },

  // The authorization
  'authorization-refused': { says: 'The authorization request is refused.', stops: 'itself' },
  'app-not-admitted': { says: 'The server does not admit this app, or not yet.', stops: 'itself' },
  'authorization-resource-refused': { says: 'The resource is refused.', stops: 'itself' },
  'authorization-failed': { says: 'The authorization endpoint does not do its work.', stops: 'itself' },
  'authorization-error-page': { says: 'The authorization ends on an error page.', stops: 'itself' },
  'authorization-open': { says: 'A code is issued to somebody who has not logged in.', stops: 'all' },
  'authorization-loop': { says: 'The login redirects in a circle.', stops: 'itself' },
  'authorization-elsewhere': { says: 'The login redirects to an address that is not public.', stops: 'itself', spoils: 'login' },
  'login-not-a-page': { says: 'The login is not a web page.', stops: 'itself' },
  'login-empty': { says: 'Nobody can log in on the login page.', stops: 'itself' },
  'login-unseen': { says: 'The login could not be looked at.', stops: 'nobody' },
  'unknown-client-redirected': { says: 'An unknown client is answered with a redirect to it.', stops: 'nobody' },

  // The token endpoint
  'token-failed': { says: 'The token endpoint does not do its work.', stops: 'all' },
  'client-forgotten': { says: 'The token endpoint does not know the client that was just registered.', stops: 'all' },
  'unknown-client-answer': { says: 'An unknown client is not answered with 401 invalid_client.', stops: 'nobody' },
  'dead-code-answer': { says: 'A dead code is not answered with 400 invalid_grant.', stops: 'nobody' },
  'secret-missing': { says: 'A client is registered for a secret and gets none.', stops: 'all' },
  'token-browsers': { says: 'Pages in a browser may not read what the token endpoint answers.', stops: 'browsers' },
  'preflight-refused': { says: 'Preflight requests of browsers are refused.', stops: 'browsers' },

  // With --login
  'login-unfinished': { says: 'The login was not finished in time.', stops: 'all' },
  'login-refused': { says: 'The login ends with an error.', stops: 'all' },
  'login-state': { says: 'The answer does not repeat the state.', stops: 'all' },
  'login-iss': { says: 'The answer does not carry the issuer as iss.', stops: 'all', spoils: 'answer' },
  'code-refused': { says: 'The code is not exchanged for a token.', stops: 'all' },
  'token-unreadable': { says: 'The token response cannot be read.', stops: 'all' },
  'token-null': { says: 'The token response holds null.', stops: 'sdk' },
  'token-audience': { says: 'The token is not for the MCP server.', stops: 'nobody', spoils: 'token' },
  'refresh-missing': { says: 'There is no refresh token.', stops: 'nobody' },
  'refresh-refused': { says: 'The refresh token is refused.', stops: 'nobody' },
  'mcp-refuses-token': { says: 'The MCP server refuses the token.', stops: 'all' },
  'mcp-unreached': { says: 'What is in front of the MCP server gets no answer from it.', stops: 'all' },
  'mcp-broken': { says: 'The MCP server does not speak MCP.', stops: 'all' },
  'tool-failed': { says: 'The tool answers with an error.', stops: 'nobody' },
  'stream-held-back': { says: 'A stream of events that a client opens with GET does not arrive.', stops: 'nobody' },
} as const satisfies Readonly<Record<string, Entry>>

export type FindingId = keyof typeof FINDINGS

/**
 * Whether nobody may act on a subject any more after this finding: standards forbid clients to use what failed such a check, and
 * the doctor is a client. Nobody is asked to log in where no client could.
 */
export function spoils(finding: FindingId, subject: Subject): boolean {
  const entry: Entry = FINDINGS[finding]
  return entry.spoils === subject || (subject === 'login' && entry.stops === 'all')
}
