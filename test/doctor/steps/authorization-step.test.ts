import t from 'tap'
import { breaking, json, page, withHeader } from '#test/doctor/fixture-server.ts'
import type { Breakage } from '#test/doctor/fixture-server.ts'
import { testBrokenServers } from '#test/doctor/run-verify.ts'

const login = 'An authorization leads to a login page'
const callback = 'http://localhost:33418/callback'
const redirect = (location: string | undefined): Breakage =>
  breaking('authorize', () => ({ status: 302, headers: location === undefined ? {} : { location }, body: 'Found' }))

testBrokenServers(t, [
  {
    broken: 'it has forgotten the client at the authorization',
    change: breaking('authorize', () => page(400, 'Unknown client')),
    fails: [login],
    says: [/status 400, an error page/, /share one storage/],
  },
  {
    broken: 'its authorization endpoint crashes',
    change: breaking('authorize', () => page(500, 'Oops')),
    fails: [login],
    says: [/received {2}status 500/, /body .*Oops/],
  },
  {
    broken: 'its login page is JSON',
    change: breaking('login', () => json(200, { login: true })),
    fails: [login],
    says: [/Content-Type: application\/json/],
  },
  {
    broken: 'its login page has no type',
    change: withHeader('login', 'content-type', undefined),
    fails: [login],
    says: [/no Content-Type/],
  },
  {
    broken: 'its login page has nothing to log in with',
    change: breaking('login', () => page(200, 'Sorry')),
    fails: [login],
    says: [/without a form, a link or a script/],
  },
  {
    broken: 'it sends an error to the client',
    change: redirect(`${callback}?error=invalid_scope&error_description=No%20scope`),
    fails: [login],
    says: [/error "invalid_scope" \(No scope\)/],
  },
  {
    broken: 'it does not know the resource',
    change: redirect(`${callback}?error=invalid_target`),
    fails: [login],
    says: [/error "invalid_target"/, /RFC 8707/],
  },
  {
    broken: 'it does not let the client use the code flow',
    change: redirect(`${callback}?error=unauthorized_client`),
    fails: [login],
    says: [/when they name no grant types/],
  },
  { broken: 'it issues a code to anybody', change: redirect(`${callback}?code=abc`), fails: [login], says: [/nobody has logged in/] },
  { broken: 'it redirects to the client with nothing', change: redirect(callback), fails: [login], says: [/neither code nor error/] },
  { broken: 'its redirect has no Location', change: redirect(undefined), fails: [login], says: [/no Location/] },
  { broken: 'its redirect has a malformed Location', change: redirect('http://['), fails: [login], says: [/a malformed Location/] },
  { broken: 'its login redirects in a circle', change: redirect('/authorize'), fails: [login], says: [/more than 5 redirects/] },
  {
    broken: 'it redirects to its internal address',
    change: redirect('http://localhost:1/login'),
    fails: [login],
    says: [/a redirect to http:\/\/localhost:1/, /may trust/],
  },
  {
    broken: 'it redirects to its own name on another port',
    change: redirect('https://127.0.0.1:8443/login'),
    fails: [login],
    says: [/https:\/\/127\.0\.0\.1:8443/],
  },
  {
    broken: 'the connection drops at the authorization',
    change: breaking('authorize', () => 'drop'),
    fails: [login],
    says: [/closed the connection/],
  },
])
