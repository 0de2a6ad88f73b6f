/** What the doctor asks of an authorization server beyond verify: preflights, error bodies, methods (RFC 6749, RFC 7591). */
import { randomUUID } from 'node:crypto'
import { authorizationUrl } from './authorization-step.ts'
import { redirectTarget } from '../probe/follow.ts'
import { browserOrigin, judgeCors, usableEndpoint } from '../probe/judge.ts'
import { redirectUri, register } from './registration-steps.ts'
import { clientStep, failed, metadataStep, noted, passed, skipped, type Step, unanswered } from '../probe/step.ts'
import { type DoctorContext, takeAway } from '../context.ts'
import { preflight } from '../probe/preflight.ts'

export const registrationAllowsBrowsers = clientStep('Clients in browsers may read the registration (CORS)', ({ reply }) =>
  judgeCors('registration-browsers', reply),
)

/** What a client in a browser sends that needs a preflight. */
const ASKED = [
  ['registration_endpoint', ['content-type', 'mcp-protocol-version']],
  ['token_endpoint', ['authorization', 'mcp-protocol-version']],
] as const

export const preflightsAreAnswered = metadataStep('Preflight requests of browsers are answered (CORS)', async ({ reply }, context) => {
  const problem = (await preflight(context.send, reply.url, 'GET', ['mcp-protocol-version'])) ?? (await firstProblem())
  if (problem === undefined) return passed()
  return failed(reply, {
    finding: 'preflight-refused',
    expected: `status 204, Access-Control-Allow-Origin: *, and every header in Access-Control-Allow-Headers (asked by ${browserOrigin})`,
    received: problem,
    advice: 'Answer OPTIONS on the metadata, registration and token endpoints; a proxy must let it through.',
  })

  async function firstProblem(): Promise<string | undefined> {
    for (const [name, headers] of ASKED) {
      const url = usableEndpoint(context, name)
      const found = url === undefined ? undefined : await preflight(context.send, url, 'POST', headers)
      if (found !== undefined) return found
    }
    return undefined
  }
})

/** Clients show `error_description` to people, and some act on `error` (RFC 7591 section 3.2.2). */
export const badRegistrationIsRefused: Step<DoctorContext> = {
  title: 'A bad registration is answered with an OAuth error',
  async run(context) {
    if (!context.registration) return skipped('no client was registered')
    const registered = await register(context, { redirect_uris: [] })
    if (registered.ok) {
      await takeAway(registered.client, context)
      return noted('registration-error-form', 'a client without any redirect URI is registered')
    }
    const { outcome } = registered
    if (outcome.kind !== 'failed' || !outcome.finding.startsWith('registration-')) return outcome
    if (/^status 400 with error "/.test(outcome.received)) return passed(outcome.received)
    return noted('registration-error-form', `a body without redirect_uris gets ${outcome.received}`)
  },
}

export const methodsAreListed = clientStep('The methods of authentication are listed', ({ members }, { metadata }) => {
  const listed: unknown = metadata?.members['token_endpoint_auth_methods_supported']
  if (!Array.isArray(listed)) return skipped('the metadata lists none')
  const method = members['token_endpoint_auth_method']
  if (typeof method === 'string' && !listed.includes(method))
    return noted('method-unlisted', `a client was registered for ${method}, but only ${listed.join(', ')} are listed`)
  if (metadata?.members['client_id_metadata_document_supported'] === true && !listed.includes('none'))
    return noted('documents-without-none', 'clients with a document of their own have no secret: "none" is not listed')
  return passed(listed.join(', '))
})

/** Else the scopes are dropped, or the request is refused, and the MCP server goes on to ask for them. */
export const scopesAreListed: Step<DoctorContext> = {
  title: 'The scopes of the MCP server are listed',
  run({ metadata, resourceScopes }) {
    const listed: unknown = metadata?.members['scopes_supported']
    if (!Array.isArray(listed) || !Array.isArray(resourceScopes)) return skipped('one of both names none')
    const missing = resourceScopes.filter((scope) => !listed.includes(scope))
    return missing.length === 0 ? passed() : noted('scopes-unlisted', `${missing.join(', ')}: clients may ask for it in vain`)
  },
}

/** RFC 6749 section 4.1.2.1: the person must be told, and must not be sent anywhere. */
export const unknownClientIsNotRedirected: Step = {
  title: 'An unknown client is not sent anywhere',
  async run(context) {
    const url = authorizationUrl(context, { client_id: randomUUID(), redirect_uri: redirectUri })
    if (url === undefined) return skipped('there is no usable authorization_endpoint')
    const sent = await context.send({ url: url.href, headers: { accept: 'application/json' } })
    if (!sent.ok) return unanswered(sent.noReply)
    const target = redirectTarget(sent.reply)
    if (target?.href.startsWith(redirectUri) !== true) return passed()
    return noted('unknown-client-redirected', 'it is sent to the redirect URI of the request: show an error page instead')
  },
}
