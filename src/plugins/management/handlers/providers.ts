/** Handlers of routes about identity providers. */
import * as operations from '../../../operations/providers/providers.ts'
import type { OperationContext } from '../../../operations/context.ts'
import { invalidArgument } from '../../../operations/outcome.ts'
import type { Outcome } from '../../../operations/outcome.ts'
import { ok } from '../../../domain/protocol/result.ts'
import type { Provider } from '../../../domain/provider/provider.ts'
import { createLookUp } from '../../../fetch/look-up.ts'
import { isPublicAddress } from '../../../fetch/public-address.ts'
import type { APP_ROUTES } from '../../../schemas/management/apps.ts'
import { camelCased, nothing, page, shown, withValue } from './handler.ts'
import type { Handlers } from './handler.ts'

type Params = Readonly<Record<string, string>>
type Name = Extract<keyof typeof APP_ROUTES, `provider.${string}`>

/** How long to ask for the addresses of an issuer, in ms. */
const LOOK_UP_MS = 5000
const lookUp = createLookUp()

const json =
  ({ config }: OperationContext) =>
  (provider: Provider) =>
    operations.providerJson(provider, config.issuer)

const onProvider = <R>(context: OperationContext, { name }: Params, work: (provider: Provider) => Promise<Outcome<R>>) =>
  withValue(operations.findProvider(context, name!), work)

/** Over the network nobody makes this server ask hosts that only it reaches. */
async function checkIssuer(issuer: string | undefined): Promise<Outcome<void>> {
  if (issuer === undefined || !URL.canParse(issuer)) return ok(undefined) // the operation says what is wrong with it
  const host = new URL(issuer).hostname.replace(/^\[|\]$/g, '')
  const addresses = await lookUp(host, AbortSignal.timeout(LOOK_UP_MS)).catch(() => [])
  const all = isPublicAddress(host) ? [host] : addresses.map(({ address }) => address)
  return all.length > 0 && all.every(isPublicAddress)
    ? ok(undefined)
    : invalidArgument('issuer', 'must lead to public addresses: others are for the command line of the machine', issuer)
}

export const PROVIDER_HANDLERS: Handlers<Name> = {
  'provider.list': (context) => shown(operations.listProviders(context), (found) => page(found.map(json(context)))),
  'provider.find': (context, { params }) => shown(operations.findProvider(context, params['name']!), json(context)),
  'provider.add': (context, { body: { name, kind, ...members } }) =>
    withValue(checkIssuer(members.issuer), () => shown(operations.addProvider(context, name, kind, camelCased(members)), json(context))),
  'provider.update': (context, { params, body }) =>
    withValue(checkIssuer(body.issuer), () =>
      shown(
        onProvider(context, params, (provider) => operations.updateProvider(context, provider, camelCased(body))),
        json(context),
      ),
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
}
