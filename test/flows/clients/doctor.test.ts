/** The doctor at our own server and an MCP server behind it, up to the call of a tool. */
import { PassThrough } from 'node:stream'
import t from 'tap'
import { runDoctor } from '#src/cli/doctor.ts'
import { listen } from '#test/support/app.ts'
import { startExample } from '#test/support/processes/example.ts'
import { startMcpServer } from '#test/support/clients/mcp.ts'
import { createPerson } from '#test/support/people/person.ts'

t.test('a developer who logs in with the doctor sees their token refreshed, and a tool answer', async (t) => {
  const { issuer } = await listen(t)
  const mcp = await startMcpServer(t, issuer)
  const person = createPerson(issuer)
  let printed = ''
  const output = new PassThrough().setEncoding('utf8').on('data', (chunk: string) => void (printed += chunk))
  const call = { positionals: [mcp.url], options: { login: true }, variables: {}, input: output, output, errors: output, program: 'solar' }
  await runDoctor(call, (url) => void person.authorize(url).then((away) => fetch(away)))
  t.match(printed, '✓ The user logs in, and the answer comes back\n')
  t.match(printed, '✓ The answer carries the issuer (iss)\n')
  t.match(printed, '✓ The token is for the MCP server\n')
  t.match(printed, '✓ The refresh token gives a new token\n')
  t.match(printed, '✓ The MCP server takes the token, and a tool answers (whoami answered)\n')
  t.equal(mcp.accepted.at(-1)?.aud, mcp.url)
  // This MCP server has no CORS, as many that were never asked from a browser.
  t.match(printed, '✗ MCP Inspector  is stopped by resource-metadata-browsers\n')
  t.match(printed, '8 of 12 clients work, 1 stopped, 3 out of reach\n')
})

t.test('a developer who asks the doctor about the example reads that every client works that can reach it', async (t) => {
  const { issuer, storage, clock } = await listen(t)
  const { url } = await startExample(t, issuer, storage, clock)
  const person = createPerson(issuer)
  let printed = ''
  const output = new PassThrough().setEncoding('utf8').on('data', (chunk: string) => void (printed += chunk))
  const call = { positionals: [url], options: { login: true }, variables: {}, input: output, output, errors: output, program: 'solar' }
  const untried = 'Whether the MCP server takes a token was not tried: add --login.'
  await runDoctor(call, (address) => void person.authorize(address).then((away) => fetch(away)))
  t.match(printed, '✓ The MCP server takes the token, and a tool answers (whoami answered)\n')
  t.match(printed, '9 of 12 clients work, 0 stopped, 3 out of reach\n')
  t.notMatch(printed, untried)
  printed = ''
  await runDoctor({ ...call, options: {} })
  t.match(printed, `${untried}\n\n9 of 12 clients work, 0 stopped, 3 out of reach\n`)
})
