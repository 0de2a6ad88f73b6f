/** What an operator can say about how requests of a resource are forwarded. */
import { isCommand } from '../../domain/gate/command/command.ts'
import type { Upstream, Words } from '../../domain/gate/command/command.ts'
import { checkGateAddress } from '../../domain/gate/gate-path.ts'
import { IDENTITIES, NO_GATE } from '../../domain/gate/gate.ts'
import type { Gate, Identity, ToolRule, UpstreamHeader } from '../../domain/gate/gate.ts'
import { parseUpstream } from '../../domain/gate/upstream-address.ts'
import { parseUpstreamHeader } from '../../domain/gate/upstream-header.ts'
import { ok } from '../../domain/protocol/result.ts'
import { plainText } from '../../domain/protocol/text.ts'
import type { Resource } from '../../domain/resource/resource.ts'
import { invalid, invalidArgument } from '../outcome.ts'
import type { Outcome } from '../outcome.ts'
import { parseProcessRules } from './process-rules.ts'

export interface GateMembers {
  /** `null`: this server forwards nothing any more. */
  readonly upstream?: string | null | undefined
  /** The words of a command instead. */
  readonly command?: Words | undefined
  readonly identity?: string | undefined
  /** Each `NAME: env:VARIABLE` or `NAME: file:PATH`. */
  readonly headers?: readonly string[] | undefined
  /** Each `TOOL=SCOPE`. */
  readonly tools?: readonly string[] | undefined
  /** What a check of the upstream found. */
  readonly validatesHeaders?: boolean | undefined
  readonly per?: string | undefined
  /** Each `NAME`, `NAME=env:VARIABLE` or `NAME=file:PATH`. */
  readonly env?: readonly string[] | undefined
  /** An empty one is the server's own. */
  readonly user?: string | undefined
  /** An empty one is a folder of the command's own. */
  readonly directory?: string | undefined
}

/** @returns what the resource's gate becomes; `undefined` if it has none any more */
export function parseGateMembers(resource: Resource, raw: GateMembers, issuer: string): Outcome<Gate | undefined> {
  if (raw.upstream === null) return ok(undefined)
  const identity = raw.identity ?? resource.gate?.identity ?? NO_GATE.identity
  if (!IDENTITIES.some((each) => each === identity)) return invalidArgument('identity', `must be one of ${IDENTITIES.join(', ')}`, identity)
  const upstream = parseGivenUpstream(resource, raw)
  if (!upstream.ok) return upstream
  const place = checkGateAddress(issuer, resource.identifier)
  if (!place.ok) return invalid(place.error)
  const headers = raw.headers === undefined ? ok(resource.gate?.headers ?? []) : parseHeaders(raw.headers)
  if (!headers.ok) return headers
  const tools = raw.tools === undefined ? ok(resource.gate?.tools ?? []) : parseTools(raw.tools)
  if (!tools.ok) return tools
  const foreign = tools.value.find(({ scope }) => !resource.scopes.some(({ name }) => name === scope))
  if (foreign !== undefined)
    return invalid(
      `The tool ${plainText(foreign.tool, 100)} needs the scope ${foreign.scope}, which the resource doesn't have: add it with --scope.`,
    )
  const rules = parseProcessRules(resource.gate?.process, raw)
  if (!rules.ok) return rules
  const isOther = raw.upstream !== undefined || raw.command !== undefined
  const validatesHeaders = raw.validatesHeaders ?? (isOther ? undefined : resource.gate?.validatesHeaders)
  const gate: Gate = {
    ...{ upstream: upstream.value, identity: identity as Identity, headers: headers.value, tools: tools.value },
    ...(validatesHeaders !== undefined && { validatesHeaders }),
  }
  if (upstream.value !== undefined && !isCommand(upstream.value))
    return rules.value === undefined || raw.upstream !== undefined
      ? ok(gate)
      : invalid('--per, --env, --user and --directory are for commands.')
  if (isCommand(upstream.value ?? '') && (identity !== NO_GATE.identity || headers.value.length > 0))
    return invalid('A command has no headers: leave out --identity and --upstream-header, and pass what it needs with --env.')
  return ok({ ...gate, ...(rules.value !== undefined && { process: rules.value }) })
}

function parseGivenUpstream({ gate }: Resource, { upstream, command }: GateMembers): Outcome<Upstream | undefined> {
  if (upstream !== undefined && command !== undefined) return invalid('Give either --upstream or --command.')
  if (command !== undefined) return ok(command)
  if (upstream === undefined || upstream === null) return ok(gate?.upstream)
  const parsed = parseUpstream(upstream)
  return parsed.ok ? parsed : invalidArgument('upstream', `must ${parsed.error}`, upstream)
}

/** A value that was typed in by mistake is not shown again. */
function parseHeaders(given: readonly string[]): Outcome<UpstreamHeader[]> {
  const headers: UpstreamHeader[] = []
  for (const raw of given) {
    const header = parseUpstreamHeader(raw)
    if (!header.ok) return invalidArgument('upstreamHeader', `must ${header.error}`)
    if (headers.some(({ name }) => name.toLowerCase() === header.value.name.toLowerCase()))
      return invalid(`The header ${header.value.name} appears twice.`)
    headers.push(header.value)
  }
  return ok(headers)
}

function parseTools(given: readonly string[]): Outcome<ToolRule[]> {
  const rules: ToolRule[] = []
  for (const raw of given) {
    // The name of a tool may hold an equals sign, a scope rarely does.
    const at = raw.lastIndexOf('=')
    const [tool, scope] = [raw.slice(0, Math.max(at, 0)), raw.slice(at + 1)]
    if (tool === '' || scope === '') return invalidArgument('tool', "must be TOOL=SCOPE, or '*=SCOPE' for all other tools", raw)
    if (rules.some((rule) => rule.tool === tool)) return invalid(`The tool ${plainText(tool, 100)} appears twice.`)
    rules.push({ tool, scope })
  }
  return ok(rules)
}
