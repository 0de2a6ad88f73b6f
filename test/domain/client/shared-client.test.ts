import t from 'tap'
import { isSharable, shareKey } from '#src/domain/client/shared-client.ts'
import { sampleMetadata } from '#test/support/records.ts'

t.test('only public clients can share a record', async (t) => {
  t.ok(isSharable(sampleMetadata({ tokenEndpointAuthMethod: 'none' })))
  for (const tokenEndpointAuthMethod of ['client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const)
    t.notOk(isSharable(sampleMetadata({ tokenEndpointAuthMethod })))
})

t.test('the same metadata in any order has the same key, and any other metadata has another one', async (t) => {
  const named = (display: Record<string, string>) => shareKey(sampleMetadata({ display }))
  const key = named({ client_name: 'a', client_uri: 'https://a.example/' })
  t.match(key, /^[\w-]{43}$/)
  t.equal(named({ client_uri: 'https://a.example/', client_name: 'a' }), key)
  t.equal(shareKey(sampleMetadata({ display: { client_name: 'a', client_uri: 'https://a.example/' }, contacts: undefined })), key)
  const others = [
    named({ client_name: 'a' }),
    named({ client_name: 'A', client_uri: 'https://a.example/' }),
    shareKey(sampleMetadata({ redirectUris: ['https://client.example/callback', 'https://client.example/2'] })),
    shareKey(sampleMetadata({ redirectUris: ['https://client.example/2', 'https://client.example/callback'] })),
    shareKey(sampleMetadata({ scopes: ['openid'] })),
    shareKey(sampleMetadata({ softwareStatement: 'a.b.c' })),
  ]
  t.equal(new Set([key, ...others]).size, others.length + 1)
})
