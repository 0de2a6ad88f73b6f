// Who may use which MCP server, at the command line.
import t from 'tap'
import { PASSWORD_LOGIN, PHISHING_RESISTANT } from '#src/domain/authorization/authentication.ts'
import { addUser } from '#test/storage/conformance/records.ts'
import { openTerminal } from '../terminal/terminal.ts'

const URI = 'https://planets.example/mcp'

async function open(...[t]: Parameters<typeof openTerminal>) {
  const terminal = openTerminal(t)
  await terminal.pipe(`resource add ${URI} --scope read=Read --scope write=Write`)
  await terminal.look((storage) => addUser(storage, { username: 'helen' }))
  await terminal.pipe('group add staff')
  return terminal
}

t.test('an operator closes an MCP server to all but some, sees the rules, and opens it again', async (t) => {
  const terminal = await open(t)
  t.match(await terminal.pipe('access list'), { code: 0, output: 'There are no access rules.\n' })
  const first = await terminal.pipe(`access allow ${URI} --group staff --scope read --client-host app.example --acr ${PASSWORD_LOGIN.acr}`)
  t.match(first, { code: 0, errors: `From now on, nobody else may use ${URI}.\n` })
  const [, id = ''] = /^Rule ([\w-]+): allow group staff, read, by app\.example, with urn:\S+ at https:/.exec(first.output) ?? []
  const denied = await terminal.pipe(`access deny ${URI} --user helen --verified-clients`)
  t.match(denied, { code: 0, errors: '', output: /deny user helen, everything, by verified clients at/ })
  t.match((await terminal.pipe('access list')).output, /│ allow +│ group staff +│ read, by app\.example/)
  t.match(JSON.parse((await terminal.pipe(`access list --resource ${URI} --json`)).output), [{ effect: 'allow' }, { effect: 'deny' }])
  t.match(JSON.parse((await terminal.pipe(`access deny ${URI} --everybody --scope write --json`)).output), {
    who: 'everybody',
    scopes: ['write'],
  })
  const deleted = await terminal.pipe(`access delete ${id}`)
  t.match(deleted, {
    code: 0,
    output: 'The rule is deleted.\n',
    errors: `No rule allows anybody to use ${URI} any more: from now on everybody may, unless a rule denies it.\n`,
  })
  t.match(await terminal.pipe(`access delete ${id}`), { code: 1, errors: /^There is no access rule .* List them with: solar access list/ })
  t.match(await terminal.pipe(`access allow ${URI} --everybody --client-host a/b`), {
    code: 1,
    errors: '--client-host must be a host, such as app.example, but is "a/b".\n',
  })
})

t.test('an operator asks why somebody may do something', async (t) => {
  const terminal = await open(t)
  t.match(
    (await terminal.pipe(`access explain helen ${URI}`)).output,
    /^helen, who is in no group, at https:.*\n[^]*│ read +│ yes +│ no rule says otherwise/,
  )
  await terminal.pipe('group join staff helen')
  await terminal.pipe(`access allow ${URI} --group staff --scope read`)
  const { output } = await terminal.pipe(`access explain helen ${URI} --tool move`)
  t.match(output, /^helen, who is in staff, at/)
  t.match(output, /│ the MCP server +│ yes +│ rule /)
  t.match(output, /│ write +│ no +│ no rule allows it/)
  t.match(output, /│ tool move +│ yes +│ rule /)
  t.match(JSON.parse((await terminal.pipe(`access explain helen ${URI} --tool move --json`)).output), {
    user: 'helen',
    resource: URI,
    groups: ['staff'],
    use: { allowed: true },
    scopes: { read: { allowed: true }, write: { allowed: false } },
    tool: { name: 'move', scope: 'read', allowed: true },
  })
  t.match(JSON.parse((await terminal.pipe(`access explain helen ${URI} --json`)).output), { user: 'helen' })
  await terminal.pipe(`access allow ${URI} --user helen --scope write --acr ${PHISHING_RESISTANT}`)
  t.match((await terminal.pipe(`access explain helen ${URI}`)).output, `after a login of ${PHISHING_RESISTANT}`)
})
