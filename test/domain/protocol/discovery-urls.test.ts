import t from 'tap'
import {
  discoveryUrls,
  openidConfigurationUrl,
  resourceMetadataUrl,
  resourceMetadataUrls,
  serverMetadataPaths,
  serverMetadataUrl,
} from '#src/domain/protocol/discovery-urls.ts'

t.test('a client looks for the metadata of an issuer without a path at two addresses', async (t) => {
  for (const issuer of ['https://auth.example', 'https://auth.example/']) {
    t.equal(serverMetadataUrl(issuer), 'https://auth.example/.well-known/oauth-authorization-server')
    t.equal(openidConfigurationUrl(issuer), 'https://auth.example/.well-known/openid-configuration')
    t.strictSame(discoveryUrls(issuer), [serverMetadataUrl(issuer), openidConfigurationUrl(issuer)])
  }
})

t.test('a client looks for the metadata of an issuer with a path at three', async (t) => {
  for (const issuer of ['https://auth.example:8443/a/b', 'https://auth.example:8443/a/b/']) {
    t.strictSame(discoveryUrls(issuer), [
      'https://auth.example:8443/.well-known/oauth-authorization-server/a/b',
      'https://auth.example:8443/.well-known/openid-configuration/a/b',
      'https://auth.example:8443/a/b/.well-known/openid-configuration',
    ])
  }
})

t.test('a server publishes its metadata wherever a client looks', async (t) => {
  for (const base of ['', '/a', '/a/b']) {
    const paths = serverMetadataPaths(base)
    for (const url of discoveryUrls(`https://auth.example${base}`)) t.ok(paths.includes(new URL(url).pathname), url)
    t.equal(new Set(paths).size, paths.length)
    t.equal(paths.length, base === '' ? 2 : 4)
  }
})

t.test('the metadata of a resource is between its host and its path, and at the root', async (t) => {
  const root = 'https://mcp.example/.well-known/oauth-protected-resource'
  t.strictSame(resourceMetadataUrls('https://mcp.example'), [root])
  t.strictSame(resourceMetadataUrls('https://mcp.example/'), [root])
  t.strictSame(resourceMetadataUrls('https://mcp.example/mcp'), [`${root}/mcp`, root])
  t.strictSame(resourceMetadataUrls('https://mcp.example/mcp/'), [`${root}/mcp/`, root])
  t.equal(resourceMetadataUrl('https://mcp.example/a/b?c=d'), `${root}/a/b?c=d`)
  t.strictSame(resourceMetadataUrls('https://mcp.example?c=d'), [`${root}?c=d`, root])
})
