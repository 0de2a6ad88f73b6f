/** Handlers of operations on identity providers. */
import * as operations from '../providers/providers.ts'
import type { OperationContext } from '../context.ts'
import type { Outcome } from '../outcome.ts'
import type { Provider } from '../../domain/provider/provider.ts'
import type { APP_ROUTES } from '../../schemas/management/apps.ts'
import { isPrivateUrl } from '../../fetch/private-host.ts'
import { camelCased, nothing, page, shown, withValue } from './handler.ts'
import type { Handlers } from './handler.ts'

type Params = Readonly<Record<string, string>>
type Name = Extract<keyof typeof APP_ROUTES, `provider.${string}`>

type ProviderJson = ReturnType<typeof operations.providerJson>
export interface ShownProvider extends Omit<ProviderJson, 'issuer'> {
  readonly issuer?: string | undefined
  readonly issuer_is_private?: true
}

/** Over a network, that the issuer is one that only this machine or its network reaches; never which one. */
const json =
  ({ config, actor }: OperationContext) =>
  (provider: Provider): ShownProvider => {
    const shown = operations.providerJson(provider, config.issuer)
    return actor.atMachine || !isPrivateUrl(shown.issuer) ? shown : { ...shown, issuer: undefined, issuer_is_private: true }
  }

const onProvider = <R>(context: OperationContext, { name }: Params, work: (provider: Provider) => Promise<Outcome<R>>) =>
  withValue(operations.findProvider(context, name!), work)

export const PROVIDER_HANDLERS = {
  'provider.list': (context) => shown(operations.listProviders(context), (found) => page(found.map(json(context)))),
  'provider.find': (context, { params }) => shown(operations.findProvider(context, params['name']!), json(context)),
  'provider.add': (context, { body: { name, kind, ...members } }) =>
    shown(operations.addProvider(context, name, kind, camelCased(members)), json(context)),
  'provider.update': (context, { params, body }) =>
    shown(
      onProvider(context, params, (provider) => operations.updateProvider(context, provider, camelCased(body))),
      json(context),
    ),
  'provider.enable': (context, { params }) =>
    shown(
      onProvider(context, params, (provider) => operations.enableProvider(context, provider)),
      json(context),
    ),
  'provider.disable': (context, { params }) =>
    shown(
      onProvider(context, params, (provider) => operations.disableProvider(context, provider)),
      json(context),
    ),
  'provider.delete': (context, { params }) =>
    nothing(onProvider(context, params, (provider) => operations.deleteProvider(context, provider))),
} satisfies Handlers<Name>
