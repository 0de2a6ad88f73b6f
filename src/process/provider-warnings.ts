/** What an operator should know about how people log in, although the server starts. Rules and providers by command count as well. */
import { isForeign } from '../domain/admission/admission.ts'
import { storedRules } from '../domain/admission/admission-rule.ts'
import type { Provider } from '../domain/provider/provider.ts'
import type { Config } from '../config/config.ts'
import type { Storage } from '../storage/storage.ts'

/** @param providers those by whom people can log in now */
export async function warningsAboutProviders(
  { admissionRules }: Pick<Storage, 'admissionRules'>,
  { admit = [], passwordLogin }: Pick<Config, 'admit' | 'passwordLogin'>,
  providers: readonly Provider[],
): Promise<string[]> {
  if (providers.length === 0)
    return passwordLogin === 'off'
      ? [
          'PASSWORD_LOGIN is off, and there is no identity provider, so only passkeys log anybody in: add a provider (docs/login.md), or leave PASSWORD_LOGIN on.',
        ]
      : []
  const kept = (await admissionRules.list()).map(({ rule }) => rule)
  const rules = storedRules([...admit, ...kept])
  const unruled = providers.filter((provider) => rules.every((rule) => isForeign(rule, provider))).map(({ name }) => name)
  return unruled.length === 0
    ? []
    : [
        `No rule says who may come in by ${unruled.join(', ')}: only people who exist or were invited come in. ADMIT or "admission add" lets in more.`,
      ]
}
