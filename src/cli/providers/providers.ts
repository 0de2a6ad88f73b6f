/** The commands about identity providers. */
import { NOT_SHOWN } from '../../domain/audit/network-details.ts'
import { snakeCased } from '../../operations/handlers/handler.ts'
import type { ProviderMembers } from '../../operations/providers/providers.ts'
import type { Call } from '../command.ts'
import { valueOf } from '../configured.ts'
import { askFor, withManagement } from '../managed.ts'
import type { Answer, Ask } from '../managed.ts'
import { isSet, readText, readTexts } from '../read-options.ts'
import { dayOf, printJson, printMembers, printTable } from '../terminal/print.ts'
import { confirm } from '../terminal/prompt.ts'

export async function addProvider(call: Call): Promise<void> {
  const [name = ''] = call.positionals
  const added = await askFor(call, 'provider.add', { body: { name, kind: readText(call, 'kind') ?? '', ...snakeCased(members(call)) } })
  if (isSet(call, 'json')) return printJson(call, added)
  call.output.write(
    `${name} is added: the login page has a button for it. Enter this redirect URI at the provider:\n  ${added.redirect_uri}\n`,
  )
}

export async function listProviders(call: Call): Promise<void> {
  const { items: providers } = await askFor(call, 'provider.list')
  if (isSet(call, 'json')) return printJson(call, providers)
  if (providers.length === 0) return void call.output.write(`There are none. Add one with: ${call.program} provider add <name>\n`)
  printTable(
    call,
    ['Name', 'Kind', 'Issuer', 'From', 'Status', 'Since'],
    providers.map(({ name, kind, issuer = NOT_SHOWN, from, enabled, created_at: since }) => [
      name,
      kind,
      issuer,
      from,
      enabled ? 'enabled' : 'disabled',
      dayOf(since),
    ]),
  )
}

export async function showProvider(call: Call): Promise<void> {
  const provider = await askFor(call, 'provider.find', { params: { name: call.positionals[0]! } }, hintsFor(call))
  if (isSet(call, 'json')) printJson(call, provider)
  else {
    const { issuer_is_private: _isPrivate, ...members } = provider
    printMembers(call, { ...members, issuer: provider.issuer ?? NOT_SHOWN })
  }
}

export const updateProvider = (call: Call): Promise<void> =>
  withProvider(call, async ({ name }, ask) => {
    valueOf(call, await ask('provider.update', { params: { name }, body: snakeCased(members(call)) }), {
      invalid: `See: ${call.program} help provider update`,
    })
    call.output.write(`${name} is changed.\n`)
  })

export const enableProvider = (call: Call): Promise<void> =>
  withProvider(call, async ({ name }, ask) => {
    valueOf(call, await ask('provider.enable', { params: { name } }))
    call.output.write(`People can log in by ${name} again.\n`)
  })

export const disableProvider = (call: Call): Promise<void> =>
  withProvider(call, async ({ name }, ask) => {
    valueOf(call, await ask('provider.disable', { params: { name } }))
    call.output.write(`Nobody logs in by ${name} any more. Who is logged in stays so.\n`)
  })

export const deleteProvider = (call: Call): Promise<void> =>
  withProvider(call, async ({ name }, ask) => {
    const question = `Delete ${name}, and which accounts there belong to whom? Type its name to confirm: `
    await confirm(call, question, (answer) => answer.trim() === name, 'name')
    valueOf(call, await ask('provider.delete', { params: { name } }))
    call.output.write(`${name} is deleted. Its users are still here, without a way to log in by it.\n`)
  })

async function withProvider(call: Call, work: (provider: Answer<'provider.find'>, ask: Ask) => Promise<void>): Promise<void> {
  await withManagement(call, async (ask) => {
    await work(valueOf(call, await ask('provider.find', { params: { name: call.positionals[0]! } }), hintsFor(call)), ask)
  })
}

const hintsFor = ({ program }: Call) => ({ 'not-found': `List them with: ${program} provider list` })

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
