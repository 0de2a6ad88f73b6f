/** The same with Express; whatever has requests like Node's works alike. */
import express from 'express'
import { createGuard, scopeForTools } from 'solar-system-oauth-server/resource-server'
import { introspection, issuer, port, resource } from './settings.ts'
import { serveTools } from './tools.ts'

const guard = createGuard({ issuer, resource, introspection, scopes: ['sky:read', 'probes:launch'] })
const scopeOf = scopeForTools({ launch_probe: 'probes:launch' }, 'sky:read')

const app = express()
app.use(express.json(), async (request, response, next) => {
  const decision = await guard(request, scopeOf(request))
  response.set(decision.headers)
  if (!decision.ok) return void response.status(decision.status).send(decision.body)
  Object.assign(request, { auth: decision.accessToken })
  next()
})
app.all('/mcp', (request, response) => serveTools(request, response, request.body))

app.listen(port, 'localhost', () => console.log(`MCP server at ${resource}`))
