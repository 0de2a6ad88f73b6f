// Every route, as an owner asks it for what isn't there: it answers as documented, and nothing breaks.
import t from 'tap'
import { MANAGEMENT_ROUTES } from '#src/schemas/management/routes.ts'
import type { ManagementRoute } from '#src/schemas/management/route.ts'
import { createManagement } from '#test/support/people/management-api.ts'

const ASKED: Readonly<Record<string, string>> = {
  'access-rule.explain': '?user=nobody&resource=https://nowhere.example/',
  'admission.explain': '?email=nobody@example.com',
  'admission.delete': '?rule=nobody@example.com',
}

t.test('what is there is answered, and what is not is a problem', async (t) => {
  const { call, tokenOf } = await createManagement(t)
  const token = await tokenOf()
  for (const [name, route] of Object.entries(MANAGEMENT_ROUTES) as [string, ManagementRoute][]) {
    if (name === 'key.rotate') continue
    const { method, path, body } = route
    const address = path.replaceAll(/:\w+/g, 'nothing') + (ASKED[name] ?? '')
    const { status, headers } = await call(method, address, { token, ...(body !== undefined && { body: {} }) })
    const isThere = method === 'GET' && !path.includes(':') && name !== 'access-rule.explain'
    if (isThere) t.equal(status, 200, name)
    else {
      t.ok([201, 400, 404, 409].includes(status), `${name}: ${status}`)
      if (status !== 201) t.match(headers, { 'content-type': /^application\/problem\+json/ }, name)
    }
  }
})
