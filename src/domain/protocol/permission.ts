/** What a person allows: a scope, and where it is a resource's, at which one. Written `SCOPE`, or `SCOPE URI`. */

export const permissionAt = (scope: string, identifier: string): string => `${scope} ${identifier}`

/** The scopes alone, each once. */
export const permittedScopes = (permissions: readonly string[]): string[] => [
  ...new Set(permissions.map((permission) => permission.split(' ')[0]!)),
]
