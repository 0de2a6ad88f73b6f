/** A resource as programs read it: never with its secret's hash. */
import { oddTools } from '../../domain/resource/tools.ts'
import type { Resource } from '../../domain/resource/resource.ts'

export function resourceJson(resource: Resource) {
  return {
    id: resource.id,
    resource: resource.identifier,
    name: resource.name,
    scopes: resource.scopes,
    access_token_ttl: resource.accessTokenTtl,
    access_token_format: resource.accessTokenFormat,
    access_token_alg: resource.accessTokenAlg,
    ...(resource.tools !== undefined && { tools: resource.tools, ...oddTools(resource) }),
    ...(resource.groupsClaim !== undefined && { groups_claim: 'on' }),
    ...(resource.refusesPersonalTokens !== undefined && { personal_tokens: 'off' }),
    ...(resource.gate !== undefined && { gate: resource.gate }),
    created_at: new Date(resource.createdAt).toISOString(),
    updated_at: new Date(resource.updatedAt).toISOString(),
  }
}
