/** How commands show resources: tables for people, JSON for programs, never what the storage keeps of a secret. */
import Table from 'cli-table3'
import { renderDuration } from '../config/durations.ts'
import type { Resource } from '../domain/resource/resource.ts'
import type { Call } from './command.ts'

export function printResources({ output, options, program }: Call, resources: readonly Resource[]): void {
  if (options['json'] === true) return void output.write(json(resources.map(renderResource)))
  if (resources.length === 0) return void output.write(`No MCP server is registered: ${program} resource add URI registers one.\n`)
  const table = new Table({ head: ['Resource', 'Name', 'Scopes', 'Tokens'], style: { head: [], border: [] } })
  for (const resource of resources) {
    table.push([resource.identifier, resource.name, resource.scopes.map(({ name }) => name).join('\n'), describeTokens(resource)])
  }
  output.write(`${table.toString()}\n`)
}

export function printResource({ output, options }: Call, resource: Resource): void {
  if (options['json'] === true) return void output.write(json(renderResource(resource)))
  const table = new Table({ style: { head: [], border: [] } })
  table.push(
    ['Resource', resource.identifier],
    ['Name', resource.name],
    ['Scopes', resource.scopes.map(({ name, description }) => `${name}: ${description}`).join('\n')],
    ['Tokens', describeTokens(resource)],
    ['Id', resource.id],
    ['Since', new Date(resource.createdAt).toISOString().slice(0, 10)],
  )
  output.write(`${table.toString()}\n`)
}

/** The one time that the secret is shown. */
export function printWithSecret({ output, options }: Call, resource: Resource, secret: string, sentence: string): void {
  if (options['json'] === true) return void output.write(json({ ...renderResource(resource), secret }))
  output.write(
    `${sentence}\n\nIt can ask /introspect about its tokens by this id and secret, which is shown only now:\n  ${resource.id}\n  ${secret}\n`,
  )
}

function renderResource({
  id,
  identifier,
  name,
  scopes,
  accessTokenTtl,
  accessTokenFormat,
  accessTokenAlg,
  createdAt,
  updatedAt,
}: Resource) {
  return {
    id,
    resource: identifier,
    name,
    scopes,
    access_token_ttl: accessTokenTtl,
    access_token_format: accessTokenFormat,
    access_token_alg: accessTokenAlg,
    created_at: new Date(createdAt).toISOString(),
    updated_at: new Date(updatedAt).toISOString(),
  }
}

function describeTokens({ accessTokenTtl, accessTokenFormat, accessTokenAlg }: Resource): string {
  const own = [accessTokenFormat, accessTokenAlg, accessTokenTtl === undefined ? undefined : renderDuration(accessTokenTtl)]
  return own.filter((part) => part !== undefined).join(', ') || 'as by default'
}

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`
