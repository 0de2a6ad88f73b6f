// What the doctor reads of the database of this machine, and that it makes none.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readInstalledResources } from '#src/cli/installed-resources.ts'
import { openTerminal } from './terminal/terminal.ts'

const ISSUER = 'http://localhost:8000'

t.test('the doctor of the server that is configured here sees its MCP servers, and which tools no scope unlocks', async (t) => {
  const terminal = openTerminal(t, { ISSUER })
  await terminal.pipe('resource add https://mcp.example.com --scope read=Read --scope-tool read=look')
  await terminal.look(async ({ resources }) => {
    const [before] = await resources.list()
    await resources.update({ before: before!, after: { ...before!, tools: [{ name: 'look' }, { name: 'move' }] } })
  })
  const variables = { ISSUER, DATABASE_URL: terminal.databaseUrl }
  t.match(await readInstalledResources({ variables }, ISSUER), [{ identifier: 'https://mcp.example.com', uncovered: ['move'] }])
  t.equal(await readInstalledResources({ variables }, 'https://other.example.com'), undefined, 'it is not the one that is looked at')
})

t.test('without a database that can be used nothing is known, and none is made', async (t) => {
  const path = join(t.testdir(), 'solar.db')
  const read = (variables: Record<string, string>) =>
    readInstalledResources({ variables: { ISSUER, DATABASE_URL: `sqlite:${path}`, ...variables } }, ISSUER)
  t.equal(await read({}), undefined)
  t.notOk(existsSync(path))
  t.equal(await read({ PORT: 'x' }), undefined, 'a configuration that can not be')
  writeFileSync(path, 'not a database at all '.repeat(100))
  t.equal(await read({}), undefined, 'a file that is damaged')
})
