/** Which scopes a request needs: one for all, and those of the tools that it calls. */
import type { Resource } from '../resource/resource.ts'
import { OTHER_TOOLS } from './gate.ts'
import type { ToolRule } from './gate.ts'
import type { Message } from './messages.ts'

/**
 * The scope that every request needs: the first one of the resource that isn't for certain tools only.
 *
 * @returns none if there is none
 */
export function baseScope({ scopes }: Pick<Resource, 'scopes'>, rules: readonly ToolRule[]): string | undefined {
  const special = rules.filter(({ tool }) => tool !== OTHER_TOOLS).map(({ scope }) => scope)
  return scopes.find(({ name }) => !special.includes(name))?.name
}

/** A call that is refused. */
export interface DeniedCall {
  readonly message: Message
  /** What would help; none if nothing does. */
  readonly missing: string | undefined
}

/** The first message that calls a tool for which the token has no scope. Without any rule, every tool may be called. */
export function deniedCall(messages: readonly Message[], rules: readonly ToolRule[], granted: readonly string[]): DeniedCall | undefined {
  if (rules.length === 0) return undefined
  const scopes = new Map(rules.map(({ tool, scope }) => [tool, scope]))
  for (const message of messages) {
    if (message.method !== 'tools/call') continue
    // A tool that calls itself by the sign for all others is none of them.
    const needed = message.name === OTHER_TOOLS ? undefined : (scopes.get(message.name!) ?? scopes.get(OTHER_TOOLS))
    if (needed === undefined || !granted.includes(needed)) return { message, missing: needed }
  }
  return undefined
}

/** The scope that each tool needs by the rules; none if it is refused, or if nothing is needed. */
export function coverage(
  tools: readonly string[],
  resource: Pick<Resource, 'scopes'>,
  rules: readonly ToolRule[],
): { readonly tool: string; readonly scope: string | undefined }[] {
  if (rules.length === 0) return tools.map((tool) => ({ tool, scope: baseScope(resource, rules) }))
  const scopes = new Map(rules.map(({ tool, scope }) => [tool, scope]))
  return tools.map((tool) => ({ tool, scope: scopes.get(tool) ?? scopes.get(OTHER_TOOLS) }))
}
