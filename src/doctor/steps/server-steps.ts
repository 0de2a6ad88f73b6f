/** What the doctor asks an authorization server in addition to `verify`: preflights, error bodies, methods (RFC 6749, RFC 7591). */
import { randomUUID } from 'node:crypto'
import { authorizationUrl } from './authorization-step.ts'
import { redirectTarget } from '../probe/follow.ts'
import { BROWSER_ORIGIN, expectCors, usableEndpoint } from '../probe/expectations.ts'
import { REDIRECT_URI, register } from './registration-steps.ts'
import { stringsOf } from '../probe/shown.ts'
import { clientStep, failed, metadataStep, noted, passed, skipped, unanswered } from '../probe/step.ts'
import type { Context, Document, Outcome, Step } from '../probe/step.ts'
import type { DoctorContext } from '../context.ts'
import { cleanUpClient } from './cleanup-step.ts'
import { preflight } from '../probe/preflight.ts'

export const registrationAllowsBrowsers = clientStep('Clients in browsers may read the registration (CORS)', ({ reply }) =>
  expectCors('registration-browsers', reply),
)

/** The endpoints that clients in browsers call, with the headers that need a preflight. */
const PREFLIGHTS = [
  ['registration_endpoint', ['content-type', 'mcp-protocol-version']],
  ['token_endpoint', ['authorization', 'mcp-protocol-version']],
] as const

export const preflightsAreAnswered = metadataStep('Preflight requests of browsers are answered (CORS)', askPreflights, ['metadata'])

async function askPreflights({ reply }: Document, context: Context): Promise<Outcome> {
  const problem = (await preflight(context.send, reply.url, 'GET', ['mcp-protocol-version'])) ?? (await firstProblem())
  if (problem === undefined) return passed()
  return failed(reply, {
    finding: 'preflight-refused',
    expected: `status 204, Access-Control-Allow-Origin: *, and every header in Access-Control-Allow-Headers (asked by ${BROWSER_ORIGIN})`,
    received: problem,
    advice: 'Answer OPTIONS on the metadata, registration and token endpoints; a proxy must let it through.',
  })

  async function firstProblem(): Promise<string | undefined> {
    for (const [name, headers] of PREFLIGHTS) {
      const url = usableEndpoint(context, name)
      const found = url === undefined ? undefined : await preflight(context.send, url, 'POST', headers)
      if (found !== undefined) return found
    }
    return undefined
  }
}

/** Clients show `error_description` to users, and some act on `error` (RFC 7591 section 3.2.2). */
export const badRegistrationIsRefused: Step<DoctorContext> = {
  title: 'A bad registration is answered with an OAuth error',
  async run(context) {
    if (!context.registration) return skipped('no client was registered')
    const registered = await register(context, { redirect_uris: [] })
    if (registered.ok) {
      await cleanUpClient(registered.client, context)
      return noted('registration-error-form', 'a client without any redirect URI is registered')
    }
    const { outcome } = registered
    if (outcome.kind !== 'failed' || !outcome.finding.startsWith('registration-')) return outcome
    if (/^status 400 with error "/.test(outcome.received)) return passed(outcome.received)
    return noted('registration-error-form', `a body without redirect_uris gets ${outcome.received}`)
  },
}

export const methodsAreListed = clientStep('The methods of authentication are listed', ({ members }, { metadata }) => {
  const supported: unknown = metadata?.members['token_endpoint_auth_methods_supported']
  if (!Array.isArray(supported)) return skipped('the metadata lists none')
  const listed = stringsOf(supported)
  const method = members['token_endpoint_auth_method']
  if (typeof method === 'string' && !listed.includes(method))
    return noted('method-unlisted', `a client was registered for ${method}, but only ${listed.join(', ')} are listed`)
  if (metadata?.members['client_id_metadata_document_supported'] === true && !listed.includes('none'))
    return noted('documents-without-none', 'clients with a document of their own have no secret: "none" is not listed')
  return passed(listed.join(', '))
})

/** The authorization server drops or refuses scopes that it doesn't list, and the MCP server keeps asking for them. */
export const scopesAreListed: Step<DoctorContext> = {
  title: 'The scopes of the MCP server are listed',
  run({ metadata, resourceScopes }) {
    const listed: unknown = metadata?.members['scopes_supported']
    if (!Array.isArray(listed) || !Array.isArray(resourceScopes)) return skipped('one of both names none')
    const missing = stringsOf(resourceScopes).filter((scope) => !listed.includes(scope))
    return missing.length === 0 ? passed() : noted('scopes-unlisted', `${missing.join(', ')}: clients may request it in vain`)
  },
}

/** RFC 6749 section 4.1.2.1: the server must tell the user, and must not redirect. */
export const unknownClientIsNotRedirected: Step = {
  title: 'An unknown client is not sent anywhere',
  uses: ['metadata'],
  async run(context) {
    const url = authorizationUrl(context, { client_id: randomUUID(), redirect_uri: REDIRECT_URI })
    if (url === undefined) return skipped('there is no usable authorization_endpoint')
    const sent = await context.send({ url: url.href, headers: { accept: 'application/json' } })
    if (!sent.ok) return unanswered(sent.noReply)
    const target = redirectTarget(sent.reply)
    if (target?.href.startsWith(REDIRECT_URI) !== true) return passed()
    return noted('unknown-client-redirected', 'it is sent to the redirect URI of the request: show an error page instead')
  },
}
