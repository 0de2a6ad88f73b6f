import { resolve } from 'node:path'
import t from 'tap'
import { loggerOptions } from '#src/logging/logger.ts'
import { welcome, welcomeLine } from '#src/process/welcome.ts'
import { testConfig } from '#test/support/app.ts'

const FILE = { DATABASE_URL: 'sqlite:./data/solar-system.db' }

t.test('a newcomer reads the issuer, where to go next, the login and how to change it, and where the data is', async (t) => {
  const text = welcome(testConfig(FILE), 'npm run cli --')
  for (const shown of [
    /^ {2}Issuer +http:\/\/localhost:8000$/m,
    /authorization_servers.*\n.*ChatGPT, Claude, Cursor/,
    /^ {2}Guide +http:\/\/localhost:8000\/$/m,
    /^ {2}Login +admin, password: admin123\n.*ADMIN_USERNAME and ADMIN_PASSWORD.*\.env/m,
    /^ {2}Users +npm run cli -- user add NAME$/m,
    /^ {2}Check +npm run cli -- verify$/m,
    /can't reach this machine.*\n.*set ISSUER/,
  ])
    t.match(text, shown)
  t.match(text, `Data      ${resolve('data/solar-system.db')}\n`)
  for (const line of text.split('\n')) t.ok(line.length <= 122, 'it fits a terminal')
  t.match(welcomeLine(testConfig(FILE)), /ready: http:\/\/localhost:8000 is the issuer; log in as admin, password: admin123; data: \//)
})

t.test('an operator with a public address reads neither the password nor about this machine', async (t) => {
  const config = testConfig({ ...FILE, ISSUER: 'https://auth.example.com', ADMIN_PASSWORD: 'a very private one' })
  for (const text of [welcome(config, 'x'), welcomeLine(config)]) {
    t.notMatch(text, 'a very private one')
    t.notMatch(text, "can't reach")
    t.match(text, 'as set in ADMIN_PASSWORD')
  }
})

t.test('an operator reads when nothing is kept, and never the password of a database', async (t) => {
  t.match(welcomeLine(testConfig()), 'data: only in memory, lost when the server stops')
  const config = testConfig({ DATABASE_URL: 'postgres://solar:geheim@db.example/solar' })
  t.match(welcome(config, 'x'), 'Data      in the PostgreSQL database of DATABASE_URL')
  t.notMatch(welcome(config, 'x'), 'geheim')
})

t.test('a terminal gets a log for people', async (t) => {
  t.notOk('stream' in loggerOptions('info', false), 'elsewhere it is JSON')
  const { stream } = loggerOptions('info', true)
  t.equal(typeof stream?.write, 'function')
})

t.test('an operator of a gate reads the address to hand out first, and which port some apps want', async (t) => {
  const local = testConfig({ ...FILE, PROTECT: 'http://localhost:3001/mcp,/b=http://localhost:3002/' })
  const text = welcome(local, 'x')
  t.match(
    text,
    /ready\.\n\n {2}Address +http:\/\/localhost:8000\/mcp\n.*ChatGPT.*http:\/\/localhost:3001\/mcp\n {2}Address +http:\/\/localhost:8000\/b\n/,
  )
  t.notMatch(text, 'port 443')
  t.match(welcomeLine(local), /apps connect to http:\/\/localhost:8000\/mcp, behind it is http:\/\/localhost:3001\/mcp; apps connect to/)
  const odd = {
    ...FILE,
    PROTECT: 'http://localhost:3001/mcp',
    ISSUER: 'https://auth.example.com:8443',
    ADMIN_PASSWORD: 'a very private one',
  }
  t.match(welcome(testConfig(odd), 'x'), 'port 443 only')
  t.notMatch(welcome(testConfig({ ...odd, ISSUER: 'https://auth.example.com' }), 'x'), 'port 443')
})

t.test('an operator reads the redirect URI of each provider, and where it goes there', async (t) => {
  const config = testConfig({
    ...FILE,
    GOOGLE_CLIENT_ID: 'id',
    GOOGLE_CLIENT_SECRET: 'geheim',
    OIDC_ISSUER: 'https://id.example.com',
    OIDC_CLIENT_ID: 'id',
    OIDC_CLIENT_SECRET: 'geheim',
    OIDC_NAME: 'Acme',
  })
  const text = welcome(config, 'npm run cli --')
  t.match(text, /^ {2}Provider {2}http:\/\/localhost:8000\/login\/google\/callback\n.*"Authorized redirect URI".*provider check google$/m)
  t.match(text, /^ {2}Provider {2}http:\/\/localhost:8000\/login\/acme\/callback\n.*provider check acme$/m)
  t.match(welcomeLine(config), /; redirect URI for google: http:\/\/localhost:8000\/login\/google\/callback; redirect URI for acme: /)
  for (const line of text.split('\n')) t.ok(line.length <= 122, 'it fits a terminal')
  t.notMatch(text + welcomeLine(config), 'geheim')
  t.notMatch(welcome(testConfig(FILE), 'x'), 'Provider')
})
