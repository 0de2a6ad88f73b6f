import t from 'tap'
import { listen } from '#test/support/app.ts'
import { withoutChromium } from '#test/support/processes/chromium.ts'
import { LOGIN, arrivals } from './arrivals.ts'

t.test('a person in Chromium who allows, with the server on this computer,', { skip: withoutChromium }, async (t) => {
  const { issuer } = await listen(t, { ADMIN_PASSWORD: LOGIN.password })
  await arrivals(t, { issuer, address: issuer, hosts: {} })
})
