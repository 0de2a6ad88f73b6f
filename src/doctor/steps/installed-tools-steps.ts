/** What only the database of the server knows: which scope unlocks which tool of an MCP server. */
import { noted, passed } from '../probe/step.ts'
import type { Outcome, Step } from '../probe/step.ts'

/** An MCP server that is registered here, and what is wrong with the scopes of its tools. */
export interface InstalledResource {
  readonly identifier: string
  /** The tools that no scope unlocks. */
  readonly uncovered: readonly string[]
  /** The tools that several scopes unlock. */
  readonly ambiguous: readonly string[]
}

/** How many tools of an MCP server are named. */
const MOST_NAMED = 10

export const INSTALLED_TOOLS_STEPS: readonly Step<readonly InstalledResource[]>[] = [
  {
    title: 'Each tool has a scope',
    run: (resources) => outcomeOf('tool-uncovered', resources, ({ uncovered }) => uncovered),
  },
  {
    title: 'No tool has several scopes',
    run: (resources) => outcomeOf('tool-twice', resources, ({ ambiguous }) => ambiguous),
  },
]

function outcomeOf(
  finding: 'tool-uncovered' | 'tool-twice',
  resources: readonly InstalledResource[],
  toolsOf: (resource: InstalledResource) => readonly string[],
): Outcome {
  const wrong = resources.filter((resource) => toolsOf(resource).length > 0)
  if (wrong.length === 0) return passed()
  return noted(finding, wrong.map((resource) => `${resource.identifier}: ${named(toolsOf(resource))}`).join('; '))
}

function named(tools: readonly string[]): string {
  const more = tools.length - MOST_NAMED
  return [...tools.slice(0, MOST_NAMED), ...(more > 0 ? [`${more} more`] : [])].join(', ')
}
