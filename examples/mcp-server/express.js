/** The same with Express; whatever has requests like Node's works alike. */
import express from 'express'
import { createGuard, scopeForTools } from 'solar-system-oauth-server/resource-server'
import { introspection, issuer, port, resource } from './settings.ts'
import { serveTools } from './tools.ts'

const guard = createGuard({ issuer, resource, introspection, scopes: ['sky:read', 'probes:launch'] })
const scopeOf = scopeForTools({ launch_probe: 'probes:launch' }, 'sky:read')

/** Sends what was decided, unless that lets the request through. */
function passes(response, decision) {
  response.set(decision.headers)
  if (!decision.ok) response.status(decision.status).send(decision.body)
  return decision.ok
}

const app = express()
// Before anything reads the body; whether a tool needs more is known after that.
app.use(async (request, response, next) => {
  const decision = await guard(request, scopeOf.base)
  if (!passes(response, decision)) return
  Object.assign(request, { decision, auth: decision.accessToken })
  next()
})
app.use(express.json())
app.all('/mcp', async (request, response) => {
  if (passes(response, request.decision.withScope(scopeOf(request)))) await serveTools(request, response, request.body)
})

app.listen(port, 'localhost', (error) => {
  if (error) throw error
  console.log(`MCP server at ${resource}`)
})
