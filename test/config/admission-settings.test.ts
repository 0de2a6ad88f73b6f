import t from 'tap'
import { loadConfig } from '#src/config/config.ts'

t.test('an operator says who may come in, and for how long a silent provider is forgiven', async (t) => {
  t.match(loadConfig({ ADMIT: ' @Acme.com, github:org=Acme ', PROVIDER_GRACE: '1h' }), {
    ok: true,
    value: { admit: ['@acme.com', 'github:org=acme'], providerGrace: 3600 },
  })
  t.match(loadConfig({}), { ok: true, value: { admit: undefined, providerGrace: 86_400 } })
})

t.test('an operator reads what is wrong with ADMIT, and the server does not start', async (t) => {
  for (const [value, reason] of [
    ['*', /^ADMIT is "\*", but must be a list of rules, each of which must name each domain: there are no wildcards/],
    ['@acme.com,', /each of which must be an address such as/],
    ['@acme.com,@ACME.com', /must name @acme\.com only once/],
    ['google:hd=*', /no wildcards/],
  ] as const) {
    const loaded = loadConfig({ ADMIT: value })
    t.match(loaded.ok ? [] : loaded.error, [reason], value)
  }
})
