/** Does what one client does up to the login page: its registration, its redirect URI, its request. */
import { authorizationUrl, denialIn, isRefusal, startAuthorization } from './authorization-step.ts'
import type { AuthorizationParameters } from './authorization-step.ts'
import { cleanUpClient } from './cleanup-step.ts'
import { register } from './registration-steps.ts'
import { stringsOf } from '../probe/shown.ts'
import { failed, passed, skipped, unanswered } from '../probe/step.ts'
import type { Context, Outcome, Step } from '../probe/step.ts'
import type { ClientProfile } from '../clients.ts'
import type { DoctorContext } from '../context.ts'
import { stopsEveryone } from '../diagnosis.ts'

export function imitate(profile: ClientProfile): Step<DoctorContext> {
  return {
    title: `${profile.name} registers and begins a login`,
    async run(context) {
      const stop = context.findings.find(stopsEveryone)
      if (stop !== undefined) return skipped(`${stop.finding} stops every client`)
      if (context.metadata?.members['registration_endpoint'] === undefined) return skipped('it can only use a client metadata document')
      const registered = await register(context, profile.registration)
      if (!registered.ok) return registered.outcome
      try {
        return await begin(profile, String(registered.client.members['client_id']), context)
      } finally {
        await cleanUpClient(registered.client, context)
      }
    },
  }
}

async function begin(profile: ClientProfile, clientId: string, context: Context): Promise<Outcome> {
  const { scope, ...rest } = profile.authorization ?? {}
  const scopes = scope === 'advertised' ? advertised(context) : scope
  const parameters = {
    client_id: clientId,
    redirect_uri: profile.redirectUri,
    // Without an MCP server, a client asks for no resource.
    resource: context.resource,
    ...rest,
    ...(scopes !== undefined && { scope: scopes }),
  }
  const refusal = profile.asksFirst && (await askFirst(parameters, context))
  if (refusal) return refusal
  const outcome = await startAuthorization(context, parameters)
  // That the login page could not be checked was noted once, for all clients.
  return outcome.kind === 'note' ? passed() : outcome
}

function advertised({ metadata }: Context): string | undefined {
  const scopes = stringsOf(metadata?.members['scopes_supported'])
  return scopes.length > 0 ? scopes.join(' ') : undefined
}

/** mcp-remote takes 400 and 401 for a deleted client, registers again, and finally gives up. */
async function askFirst(parameters: AuthorizationParameters, context: Context): Promise<Outcome | undefined> {
  const url = authorizationUrl(context, parameters)!
  const sent = await context.send({ url: url.href, headers: { accept: 'application/json' } })
  if (!sent.ok) return unanswered(sent.noReply)
  if (!isRefusal(sent.reply)) return undefined
  const expected = 'a login page or a redirect, for a program that asks with Accept: application/json too'
  const denial = denialIn(sent.reply)
  if (denial !== undefined) return failed(sent.reply, { expected, ...denial })
  return failed(sent.reply, {
    finding: 'authorization-error-page',
    expected,
    received: `status ${sent.reply.status}`,
    advice: 'Answer so only where the client or its redirect URI is wrong: mcp-remote registers again and again.',
  })
}
