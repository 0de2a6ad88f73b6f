// Schemathesis asks for everything that the OpenAPI document describes, and for much that it doesn't: no 5xx, nothing undocumented.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { addClient } from '#src/operations/clients/clients.ts'
import { managementAddress } from '#src/domain/management/management.ts'
import { listen } from '#test/support/app.ts'
import { contextOf } from '#test/support/people/management-api.ts'

/** The program, as `pip install schemathesis` makes it. */
const program = process.env['SCHEMATHESIS'] ?? 'schemathesis'
/**
 * Left out: what is right in form may still be refused for what it means; the token is sent with each request; and a method that an address
 * doesn't have is 404 here. Without stateful runs, in which the client of the test would delete itself.
 */
const ARGUMENTS = [
  ...['--phases', 'examples,coverage,fuzzing', '--mode', 'all', '--max-examples', '2', '--seed', '20', '--generation-deterministic'],
  ...[
    '--exclude-checks',
    'positive_data_acceptance,ignored_auth,unsupported_method',
    '--suppress-health-check',
    'all',
    '--continue-on-failure',
  ],
  ...['--warnings', 'off', '--no-color', '--request-timeout', '10'],
]

const runs = (command: string, words: readonly string[], cwd: string) =>
  new Promise<{ code: number | string; output: string }>((resolve) =>
    execFile(command, words, { cwd, maxBuffer: 2 ** 26 }, (error, output, errors) =>
      resolve({ code: error?.code ?? 0, output: output + errors }),
    ),
  )

/** A request that is too large is refused, too. */
const SETTINGS = '[checks.negative_data_rejection]\nexpected-statuses = [400, 401, 403, 404, 409, 412, 413, 414, 431]\n'

const folder = t.testdir({ 'schemathesis.toml': SETTINGS })
const isThere = (await runs(program, ['--version'], folder)).code === 0

t.test(
  'no request breaks the API, and no answer is undocumented',
  { skip: isThere ? false : 'schemathesis is not installed' },
  async (t) => {
    const server = await listen(t, {
      ADMIN: '',
      RATE_LIMIT_TOKEN: 'off',
      PERSONAL_TOKENS: 'on',
      DATABASE_URL: `sqlite:${join(folder, 'server.db')}`,
    })
    const added = await addClient(
      contextOf(server),
      { grant_types: ['client_credentials'], token_endpoint_auth_method: 'client_secret_basic' },
      { management: 'owner' },
    )
    if (!added.ok) throw new Error(added.error.message)
    const { client, secret } = added.value
    const answer = await fetch(`${server.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${client.id}:${secret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource: managementAddress(server.issuer) }),
    })
    const { access_token: token } = (await answer.json()) as { access_token: string }
    const document = `${server.issuer}/admin/api/v1/openapi.json`
    const { code, output } = await runs(
      program,
      ['--config-file', join(folder, 'schemathesis.toml'), 'run', document, '-H', `Authorization: Bearer ${token}`, ...ARGUMENTS],
      folder,
    )
    t.equal(code, 0, output.slice(-20_000))
  },
)
