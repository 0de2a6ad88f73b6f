/** Where the two servers are. `RESOURCE_ID` and `RESOURCE_SECRET` come from `resource add`; with them a revoked token ends within seconds. */
const { ISSUER, RESOURCE, RESOURCE_ID: clientId, RESOURCE_SECRET: clientSecret, PORT } = process.env

export const issuer = ISSUER ?? 'http://localhost:8000'
export const resource = RESOURCE ?? 'http://localhost:3001/mcp'
export const introspection = clientId && clientSecret ? { clientId, clientSecret } : undefined
export const port = Number(PORT ?? 3001)
