/** `resource add`, `list`, `show`, `update`, `rotate-secret` and `delete`. */
import { resolve } from 'node:path'
import type { Words } from '../../domain/gate/command/command.ts'
import { splitCommandLine } from '../../domain/gate/command/command-line.ts'
import { ok } from '../../domain/protocol/result.ts'
import { resourceKey } from '../../domain/protocol/resource-indicator.ts'
import type { Resource } from '../../domain/resource/resource.ts'
import type { OperationContext } from '../../operations/context.ts'
import type { GateMembers } from '../../operations/resources/gate-members.ts'
import { snakeCased } from '../../operations/handlers/handler.ts'
import type { GivenScope, ResourceMembers } from '../../operations/resources/resource-members.ts'
import * as operations from '../../operations/resources/resources.ts'
import { findAccount } from '../../process/commands/command-account.ts'
import { CommandRefused } from '../command.ts'
import type { Call } from '../command.ts'
import { valueOf, withOperations } from '../configured.ts'
import { askFor, withManagement } from '../managed.ts'
import type { Answer, Ask } from '../managed.ts'
import { printJson, printSheet, printTable } from '../terminal/print.ts'
import { confirm } from '../terminal/prompt.ts'
import { isSet, readDuration, readText, readTexts } from '../read-options.ts'
import { inThisFolder } from './command-words.ts'
import { rowOf, sheetOf } from './resource-rows.ts'
import type { ShownResource } from './resource-rows.ts'

/** Says that the server's setting holds. */
const DEFAULT = 'default'

export async function addResource(call: Call): Promise<void> {
  const [identifier = ''] = call.positionals
  const [members, gate] = [readMembers(call), readGateMembers(call)]
  const { secret, ...resource } = await withManagement(call, async (ask, here) => {
    if (here === undefined || gate === undefined)
      return valueOf(call, await ask('resource.add', { body: { resource: identifier, ...snakeCased(members) } }), ADDED_ALREADY(call))
    const made = await add(call, here, { identifier, ...members }, gate)
    return { ...valueOf(call, await ask('resource.find', { params: { id: made.resource.id } })), secret: made.secret }
  })
  printWithSecret(call, resource, secret, `${resource.name} is registered: clients can get tokens for ${identifier}.`)
  warnAboutWordless(call, resource)
}

const ADDED_ALREADY = ({ program }: Call) => ({ conflict: `Change it with: ${program} resource update` })

/** All or nothing: what can't be forwarded isn't registered either. */
export async function add(
  call: Call,
  context: OperationContext,
  members: ResourceMembers & { readonly identifier: string },
  gate: GateMembers | undefined,
): Promise<{ resource: Resource; secret: string }> {
  const added = await operations.addResource(context, members)
  const made = valueOf(call, added, ADDED_ALREADY(call))
  if (gate === undefined) return made
  const changed = await operations.changeGate(context, made.resource, gate)
  if (!changed.ok) await operations.deleteResource(context, made.resource)
  return { ...made, resource: valueOf(call, changed) }
}

export async function listResources(call: Call): Promise<void> {
  const { items: resources } = await askFor(call, 'resource.list')
  if (isSet(call, 'json')) return printJson(call, resources)
  if (resources.length === 0)
    return void call.output.write(`No MCP server is registered. Register one with: ${call.program} resource add <url>\n`)
  printTable(call, ['Resource', 'Name', 'Scopes', 'Tokens'], resources.map(rowOf))
}

export async function showResource(call: Call): Promise<void> {
  await withShown(call, async (resource) => {
    if (isSet(call, 'json')) return printJson(call, resource)
    printSheet(call, sheetOf(resource))
  })
}

export async function updateResource(call: Call): Promise<void> {
  await withShown(call, async ({ id, resource: identifier }, ask, here) => {
    const [members, gate] = [readMembers(call), readGateMembers(call)]
    const updated =
      here === undefined || gate === undefined
        ? valueOf(call, await ask('resource.update', { params: { id }, body: snakeCased(members) }), updateHints(call, members))
        : await update(call, here, valueOf(call, await operations.findResource(here, id)), members, gate)
    call.output.write(`${identifier} is changed. Tokens that clients already hold stay as they are until they expire.\n`)
    if (members.scopes !== undefined) warnAboutWordless(call, updated)
  })
}

export async function update(
  call: Call,
  context: OperationContext,
  resource: Resource,
  members: ResourceMembers,
  gate: GateMembers | undefined,
): Promise<Resource> {
  const isOnlyGate = isNothing(members) && gate !== undefined
  const changed = isOnlyGate ? ok(resource) : await operations.updateResource(context, resource, members)
  const updated = valueOf(call, changed, updateHints(call, members))
  return gate === undefined ? updated : valueOf(call, await operations.changeGate(context, updated, gate))
}

const isNothing = (members: object): boolean => Object.keys(members).length === 0
const updateHints = ({ program }: Call, members: ResourceMembers) =>
  isNothing(members) ? { invalid: `See: ${program} help resource update` } : {}

export async function rotateResourceSecret(call: Call): Promise<void> {
  await withShown(call, async (resource, ask) => {
    const { secret } = valueOf(call, await ask('resource.rotate-secret', { params: { id: resource.id } }))
    printWithSecret(call, resource, secret, `${resource.resource} has a new secret; the previous one is refused from now on.`)
  })
}

export async function deleteResource(call: Call): Promise<void> {
  await withShown(call, async ({ id, resource: identifier }, ask) => {
    const key = resourceKey(identifier)
    const question = `Delete ${identifier} for good? Type its address to confirm: `
    await confirm(call, question, (answer) => resourceKey(answer.trim()) === key, 'address')
    valueOf(call, await ask('resource.delete', { params: { id } }))
    call.output.write(`${identifier} is deleted. Its opaque tokens are invalid now; a JWT stays valid until it expires.\n`)
  })
}

/** Does `work` with the resource that is named, here or at a server. */
async function withShown(
  call: Call,
  work: (resource: Answer<'resource.find'>, ask: Ask, here?: OperationContext) => Promise<void>,
): Promise<void> {
  await withManagement(call, async (ask, here) => {
    await work(valueOf(call, await ask('resource.find', { params: { id: call.positionals[0]! } }), hintsFor(call)), ask, here)
  })
}

const hintsFor = ({ program }: Call) => ({ 'not-found': `List them with: ${program} resource list` })

/** The resource that is named, for what is done on this machine only. */
export async function withResource(call: Call, work: (resource: Resource, context: OperationContext) => Promise<void>): Promise<void> {
  await withOperations(call, async (context) => {
    await work(valueOf(call, await operations.findResource(context, call.positionals[0]!), hintsFor(call)), context)
  })
}

/** What the options say about the gate; `undefined` if nothing. A single empty one says that there are none. */
export function readGateMembers(call: Call): GateMembers | undefined {
  const upstream = readText(call, 'upstream')
  const command = readText(call, 'command')
  const list = (name: string) => readTexts(call, name)?.filter((each, _, { length }) => each !== '' || length > 1)
  const members = {
    upstream: upstream === '' || command === '' ? null : upstream,
    command: command === '' || command === undefined ? undefined : readCommandLine(call, command),
    identity: readText(call, 'identity')?.toLowerCase(),
    headers: list('upstreamHeader'),
    tools: list('tool'),
    per: readText(call, 'per')?.toLowerCase(),
    env: list('env'),
    user: readAccount(call),
    directory: readDirectory(call),
  }
  return Object.values(members).every((value) => value === undefined) ? undefined : members
}

function readCommandLine(call: Call, line: string): Words {
  const words = splitCommandLine(line)
  if (!words.ok) throw new CommandRefused(`--command must ${words.error}.`)
  return inThisFolder(call, words.value)
}

/** An empty one says that there is none. */
function readDirectory(call: Call): string | undefined {
  const directory = readText(call, 'directory')
  return directory === undefined || directory === '' ? directory : resolve(directory)
}

/** The command line runs on the machine of the server, and as its account: what can't be here fails there. */
function readAccount(call: Call): string | undefined {
  const user = readText(call, 'user')
  const account = user === undefined || user === '' ? undefined : findAccount(user)
  if (account?.ok === false) throw new CommandRefused(account.error)
  return user
}

/** The members that the options name. */
export function readMembers(call: Call): ResourceMembers {
  const members: ResourceMembers = {
    name: readText(call, 'name'),
    scopes: readScopes(readTexts(call, 'scope')),
    scopeKinds: readTexts(call, 'scopeKind'),
    requiredScopes: readTexts(call, 'requiredScope')?.filter((scope) => scope !== ''),
    scopeTools: readTexts(call, 'scopeTool'),
    tokenTtl: isDefault(call, 'tokenTtl') ? null : readDuration(call, 'tokenTtl'),
    tokenFormat: isDefault(call, 'tokenFormat') ? null : readText(call, 'tokenFormat')?.toLowerCase(),
    groupsClaim: readText(call, 'groupsClaim')?.toLowerCase(),
    personalTokens: readText(call, 'personalTokens')?.toLowerCase(),
    alg: isDefault(call, 'alg') ? null : readText(call, 'alg')?.toUpperCase(),
  }
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

const isDefault = (call: Call, option: string): boolean => readText(call, option) === DEFAULT

/** `NAME=WORDS`, `NAME#LANGUAGE=WORDS`, or only the name. A single empty one says that there are none. */
function readScopes(given: readonly string[] | undefined): GivenScope[] | undefined {
  if (given?.length === 1 && given[0] === '') return []
  return given?.map((raw) => {
    const [named = '', ...words] = raw.split('=')
    const [, name = named, language] = /^(.*)#([^#]*)$/s.exec(named) ?? []
    return { name, language, description: words.join('=') }
  })
}

/** People read on the consent page what a scope allows. */
function warnAboutWordless(call: Call, { scopes }: Pick<Resource, 'scopes'>): void {
  for (const { name } of scopes.filter(({ name, description }) => name === description))
    call.errors.write(`Users will read "${name}" on the consent page: say in words what it allows, with --scope '${name}=...'\n`)
}

/** The only time that the secret is shown. */
function printWithSecret(call: Call, resource: ShownResource, secret: string, sentence: string): void {
  if (isSet(call, 'json')) return printJson(call, { ...resource, secret })
  call.output.write(
    `${sentence}\n\nBy this id and secret it can ask /introspect about its tokens. The secret is shown only now:\n  ${resource.id}\n  ${secret}\n`,
  )
}
