/** The commands about identity providers. */
import type { Provider } from '../../domain/provider/provider.ts'
import type { OperationContext } from '../../operations/context.ts'
import * as operations from '../../operations/providers/providers.ts'
import type { ProviderMembers } from '../../operations/providers/providers.ts'
import type { Call } from '../command.ts'
import { valueOf, withOperations } from '../configured.ts'
import { isSet, readText, readTexts } from '../read-options.ts'
import { day, printJson, printMembers, printTable } from '../terminal/print.ts'
import { confirm } from '../terminal/prompt.ts'

export async function addProvider(call: Call): Promise<void> {
  const [name = ''] = call.positionals
  await withOperations(call, async (context) => {
    const provider = valueOf(call, await operations.addProvider(context, name, readText(call, 'kind') ?? '', members(call)))
    const json = operations.providerJson(provider, context.config.issuer)
    if (isSet(call, 'json')) return printJson(call, json)
    call.output.write(
      `${name} is added: the login page has a button for it. Enter this redirect URI at the provider:\n  ${json.redirect_uri}\n`,
    )
  })
}

export async function listProviders(call: Call): Promise<void> {
  await withOperations(call, async (context) => {
    const providers = valueOf(call, await operations.listProviders(context))
    if (isSet(call, 'json'))
      return printJson(
        call,
        providers.map((each) => operations.providerJson(each, context.config.issuer)),
      )
    if (providers.length === 0) return void call.output.write(`There are none. Add one with: ${call.program} provider add <name>\n`)
    printTable(
      call,
      ['Name', 'Kind', 'Issuer', 'From', 'Status', 'Since'],
      providers.map(({ name, kind, issuer, origin, disabledAt, createdAt }) => [
        name,
        kind,
        issuer,
        origin === 'environment' ? 'environment' : 'command',
        disabledAt === undefined ? 'enabled' : 'disabled',
        day(createdAt),
      ]),
    )
  })
}

export const showProvider = (call: Call): Promise<void> =>
  withProvider(call, async (provider, context) => {
    const json = operations.providerJson(provider, context.config.issuer)
    if (isSet(call, 'json')) printJson(call, json)
    else printMembers(call, json)
  })

export const updateProvider = (call: Call): Promise<void> =>
  withProvider(call, async (provider, context) => {
    valueOf(call, await operations.updateProvider(context, provider, members(call)), {
      invalid: `See: ${call.program} help provider update`,
    })
    call.output.write(`${provider.name} is changed.\n`)
  })

export const enableProvider = (call: Call): Promise<void> =>
  withProvider(call, async (provider, context) => {
    valueOf(call, await operations.enableProvider(context, provider))
    call.output.write(`People can log in by ${provider.name} again.\n`)
  })

export const disableProvider = (call: Call): Promise<void> =>
  withProvider(call, async (provider, context) => {
    valueOf(call, await operations.disableProvider(context, provider))
    call.output.write(`Nobody logs in by ${provider.name} any more. Who is logged in stays so.\n`)
  })

export const deleteProvider = (call: Call): Promise<void> =>
  withProvider(call, async (provider, context) => {
    const question = `Delete ${provider.name}, and which accounts there belong to whom? Type its name to confirm: `
    await confirm(call, question, (answer) => answer.trim() === provider.name, 'name')
    valueOf(call, await operations.deleteProvider(context, provider))
    call.output.write(`${provider.name} is deleted. Its users are still here, without a way to log in by it.\n`)
  })

async function withProvider(call: Call, work: (provider: Provider, context: OperationContext) => Promise<void>): Promise<void> {
  await withOperations(call, async (context) => {
    const hints = { 'not-found': `List them with: ${call.program} provider list` }
    await work(valueOf(call, await operations.findProvider(context, call.positionals[0]!), hints), context)
  })
}

/** The secret comes from a variable, because options are seen by other users of the machine. */
const members = (call: Call): ProviderMembers => ({
  issuer: readText(call, 'issuer'),
  tenant: readText(call, 'tenant'),
  clientId: readText(call, 'clientId'),
  clientSecret: call.variables['PROVIDER_SECRET'] || undefined,
  label: readText(call, 'label'),
  scopes: readTexts(call, 'scope'),
  domains: readTexts(call, 'domain'),
  follow: readText(call, 'follow'),
  groups: readText(call, 'groups'),
})
