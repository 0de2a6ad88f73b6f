/** GET /admin/providers: by whom people log in, and whether these can be asked; enabling and disabling one. Their secrets are never shown. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import { ok } from '../../../domain/protocol/result.ts'
import { redirectUriOf } from '../../../domain/provider/provider-address.ts'
import { labelOf } from '../../../domain/provider/provider-label.ts'
import type { Provider } from '../../../domain/provider/provider.ts'
import { isPrivateUrl } from '../../../fetch/private-host.ts'
import { disableProvider, enableProvider, findProvider, listProviders } from '../../../operations/providers/providers.ts'
import { ConsoleForm } from '../../../schemas/console.ts'
import type { ConsoleFormBody } from '../../../schemas/console.ts'
import { CONSOLE } from '../../../schemas/paths.ts'
import { Parameter } from '../../../schemas/primitives.ts'
import type { Cell, ConsolePart } from '../../pages/console-models.ts'
import { createActions, createPages, mayDo } from '../actions.ts'
import type { Console } from '../actions.ts'
import type { Visit } from '../entrance.ts'
import { found } from '../missing.ts'
import { code, factsOf, formOf, mark, tableOf, text, words } from '../parts.ts'
import { say } from '../show.ts'

type OfProvider = ConsoleFormBody & { readonly provider: string }

const providers: FastifyPluginAsyncTypebox<Console> = async (app, console) => {
  const page = createPages(app, console)
  const { base, issuer } = app.settings
  const act = createActions(app, console)
  const path = base + CONSOLE.providers
  const section = 'providers'

  page({ path: CONSOLE.providers }, async ({ visit }) => {
    const listed = found(await listProviders(visit.context))
    const silent = await app.storage.identities.listUnreachable()
    const none = tableOf('providers', ['console.column.provider'], [], { empty: 'console.providers.none' })
    const parts = listed.flatMap((provider) => [describe(provider, silent.get(provider.id)), ...switchOf(visit, provider)])
    const lead = say('console.providers.lead')
    return { section, heading: say('console.providers'), lead, parts: parts.length === 0 ? [none] : parts }
  })

  function describe(provider: Provider, silent: number | undefined): ConsolePart {
    const { name, kind, origin, clientId, settings, encryptedClientSecret } = provider
    const state: Cell[] = [
      provider.disabledAt === undefined ? mark('good', 'console.state.enabled') : mark('plain', 'console.state.disabled'),
      ...(silent === undefined ? [] : [{ say: say('console.needs.provider', { people: silent }), mark: 'bad' as const }]),
    ]
    return factsOf(
      `provider-${name}`,
      [
        ['console.column.state', ...state],
        ['console.column.provider', code(name)],
        ['console.column.kind', text(kind)],
        ['console.column.from', words(origin === 'environment' ? 'console.from.environment' : 'console.from.command')],
        ['console.column.issuer', isPrivateUrl(provider.issuer) ? words('console.secret.set') : code(provider.issuer)],
        ['console.column.client', code(clientId)],
        ['console.column.secret', encryptedClientSecret === undefined ? mark('bad', 'console.secret.lost') : words('console.secret.set')],
        ['console.column.redirect', code(redirectUriOf(issuer, name))],
        ['console.column.scopes', text(settings.scopes?.join(' '))],
        ['console.column.domains', text(settings.domains.join(' '))],
        ['console.column.follow', words(settings.follow ? 'console.may.yes' : 'console.may.no')],
      ],
      { title: say('console.provider', { label: labelOf(provider) }) },
    )
  }

  function switchOf(visit: Visit, { name, disabledAt }: Provider): ConsolePart[] {
    const enabled = disabledAt === undefined
    if (!mayDo(visit, enabled ? 'provider.disable' : 'provider.enable')) return []
    return [
      formOf(`switch-${name}`, visit, {
        action: `${path}/${enabled ? 'disable' : 'enable'}`,
        hidden: [{ name: 'provider', value: name }],
        submit: enabled ? 'console.do.disable' : 'console.do.enable',
        weight: enabled ? 'danger' : 'usual',
      }),
    ]
  }

  for (const [verb, change] of Object.entries({ enable: enableProvider, disable: disableProvider })) {
    act<OfProvider>({
      path: `${CONSOLE.providers}/${verb}`,
      form: ConsoleForm({ provider: Parameter(64) }),
      operation: verb === 'enable' ? 'provider.enable' : 'provider.disable',
      section,
      back: () => CONSOLE.providers,
      ...(verb === 'disable' && {
        ask: (_visit: Visit, { provider }: OfProvider) => ({
          heading: say('console.ask.disable-provider', { provider }),
          lead: say('console.ask.disable-provider.note'),
          submit: say('console.do.disable'),
        }),
      }),
      async run({ context }, { provider: name }) {
        const provider = await findProvider(context, name)
        if (!provider.ok) return provider
        const changed = await change(context, provider.value)
        return changed.ok ? ok({ notice: 'changed' }) : changed
      },
    })
  }
}

export default fp(providers, { name: 'console-providers', encapsulate: true, dependencies: ['settings', 'storage', 'pages'] })
