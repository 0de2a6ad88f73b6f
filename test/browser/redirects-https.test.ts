import t from 'tap'
import { listen } from '#test/support/app.ts'
import { withoutChromium } from '#test/support/processes/chromium.ts'
import { startTlsFront } from '#test/support/network/tls-front.ts'
import { LOGIN, arrivals } from './arrivals.ts'

t.test('a person in Chromium who allows, with the server at a https address,', { skip: withoutChromium }, async (t) => {
  const issuer = 'https://auth.example'
  const { issuer: address } = await listen(t, { ISSUER: issuer, TRUST_PROXY: '1', ADMIN_PASSWORD: LOGIN.password })
  const port = await startTlsFront(t, 'auth.example', address)
  await arrivals(t, { issuer, address, hosts: { 'auth.example': `127.0.0.1:${port}` } })
})
