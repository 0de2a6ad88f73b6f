/** Checks a provider: what can be seen of it from here, and whom the rules let in by it. */
import { createVault } from '../../crypto/vault.ts'
import { isForeign } from '../../domain/admission/admission.ts'
import type { AdmissionRule } from '../../domain/admission/admission-rule.ts'
import { redirectUriOf } from '../../domain/provider/provider-address.ts'
import { about, open, right, wrong } from '../../domain/provider/provider-finding.ts'
import type { Found, ProviderFinding } from '../../domain/provider/provider-finding.ts'
import type { Provider } from '../../domain/provider/provider.ts'
import { ok } from '../../domain/protocol/result.ts'
import { checkProvider as look } from '../../providers/check/check-provider.ts'
import type { Connection } from '../../providers/provider-client.ts'
import { listAdmissionRules } from '../admission/admission.ts'
import type { OperationContext } from '../context.ts'
import { conflict } from '../outcome.ts'
import type { Outcome } from '../outcome.ts'

/** @param send where requests lead; a test has its own */
export async function checkProvider(
  context: OperationContext,
  provider: Provider,
  send?: typeof fetch,
): Promise<Outcome<ProviderFinding[]>> {
  const connection = connectionOf(context, provider)
  const state = about('provider', provider.disabledAt === undefined ? right('enabled') : open('disabled: nobody logs in by it'))
  const rules = (await rulesFor(context, provider)).map((each) => about('rules', each))
  if (!connection.ok) return ok([about('provider', wrong(connection.error.message)), ...rules])
  const seen = await look(connection.value, context.now, send && { fetch: send })
  return ok([state, ...seen, ...rules])
}

/** With the secret of the provider, for requests to it. */
export function connectionOf({ config, secret }: OperationContext, provider: Provider): Outcome<Connection> {
  const { encryptedClientSecret: sealed } = provider
  const vault = createVault(secret(), config.secretPrevious)
  if (sealed === undefined || !vault.opens(sealed))
    return conflict(`The client secret of ${provider.name} can't be read: SECRET is another one than before. Set the client secret again.`)
  return ok({ ...provider, clientSecret: vault.decrypt(sealed), redirectUri: redirectUriOf(config.issuer, provider.name) })
}

export async function admissionRules(context: OperationContext): Promise<AdmissionRule[]> {
  const listed = await listAdmissionRules(context)
  /* c8 ignore next -- listing has no problems of its own */
  return listed.ok ? listed.value.map(({ rule }) => rule) : []
}

/** Which rules people of this provider could meet, and which nobody can. */
async function rulesFor(context: OperationContext, provider: Provider): Promise<Found[]> {
  const rules = await admissionRules(context)
  const met = rules.filter((rule) => !isForeign(rule, provider)).map(({ text }) => text)
  const never = rules.filter((rule) => 'provider' in rule && rule.provider === provider.name && isForeign(rule, provider))
  return [
    met.length === 0
      ? open('no rule is about it: only people whom you made or invited come in')
      : right(`one of ${met.join(', ')} lets somebody in`),
    ...never.map(({ text }) =>
      wrong(
        `nobody ever meets ${text}: a provider of the kind ${provider.kind} doesn't say this`,
        'Delete the rule, or name another provider in it.',
      ),
    ),
  ]
}
