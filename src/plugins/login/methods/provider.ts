/**
 * An account at an identity provider: the first factor. How it let somebody in, it says itself (domain/provider/authentication-methods.ts);
 * what it answers is checked where it arrives (provider/provider-login.ts).
 */
import { labelOf } from '../../../domain/provider/provider-label.ts'
import { PATHS } from '../../../schemas/paths.ts'
import type { LoginMethod } from './method.ts'

export const provider: LoginMethod = {
  name: 'provider',
  factor: 'first',
  amr: [],
  counts: () => true,
  async askFirst(app, action) {
    const providers = await app.enabledProviders()
    const buttons = providers.map((each) => ({ action: action(PATHS.provider.replace(':provider', each.name)), label: labelOf(each) }))
    return { model: { providers: buttons } }
  },
}
