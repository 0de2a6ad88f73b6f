// Groups of users, at the command line.
import t from 'tap'
import { addUser } from '#test/storage/conformance/records.ts'
import { openTerminal } from '../terminal/terminal.ts'

t.test('an operator adds a group, puts a user in, sees it, and takes the user out', async (t) => {
  const terminal = openTerminal(t)
  t.match(await terminal.pipe('group list'), { code: 0, output: 'There are no groups. Add one with: solar group add <group>\n' })
  await terminal.look((storage) => addUser(storage, { username: 'helen' }))
  t.match(await terminal.pipe('group add staff --description "All of us"'), { code: 0, output: /solar group join staff <username>\n$/ })
  t.match(await terminal.pipe('group add staff'), { code: 1, errors: 'The group staff already exists.\n' })
  t.match(await terminal.pipe('group add bare'), { code: 0 })
  t.match(await terminal.pipe('group show bare'), { output: 'bare\nNobody is in it.\n' })
  t.match(await terminal.pipe('group join staff Helen'), { code: 0, output: 'helen is in staff now.\n' })
  t.match(await terminal.pipe('group join nothing helen'), {
    code: 1,
    errors: /^There is no group nothing\. List them with: solar group list/,
  })
  t.match((await terminal.pipe('group show staff')).output, /^staff: All of us\n[^]*│ helen │ manual +│ 20/)
  t.match(JSON.parse((await terminal.pipe('group show staff --json')).output), {
    name: 'staff',
    description: 'All of us',
    members: [{ user: 'helen', source: 'manual' }],
  })
  t.match((await terminal.pipe('group list')).output, /│ staff │ All of us +│ 1 +│ 20/)
  t.match(JSON.parse((await terminal.pipe('group list --json')).output), [
    { name: 'bare', members: 0 },
    { name: 'staff', members: 1 },
  ])
  t.match(JSON.parse((await terminal.pipe('user show helen --json')).output), { groups: ['staff'] })
  await terminal.look(async ({ groups, users }) => {
    const { id: userId } = (await users.findByUsername('helen'))!
    await groups.join({ group: 'staff', userId, source: 'provider:google', since: 0 })
  })
  t.match(await terminal.pipe('group leave staff helen'), { code: 0, output: 'helen is still in staff, because of provider:google.\n' })
  await terminal.pipe('group join bare helen')
  t.match(await terminal.pipe('group leave bare helen'), { code: 0, output: 'helen is not in bare any more.\n' })
  t.match(await terminal.pipe('group delete staff --yes'), { code: 0, output: 'The group staff is deleted.\n' })
  t.match(await terminal.pipe('group delete staff --yes'), { code: 1, errors: /^There is no group staff\./ })
  t.match(await terminal.type('group delete bare', [['Type its name', 'bare\r']]), { code: 0, output: 'The group bare is deleted.\n' })
})

t.test('an operator sees that a large group has more members', async (t) => {
  const terminal = openTerminal(t)
  await terminal.pipe('group add all')
  await terminal.look(async (storage) => {
    const { id: userId } = await addUser(storage, { username: 'helen' })
    for (let index = 0; index < 1001; index++)
      await storage.groups.join({ group: 'all', userId, source: `provider:${index}`, since: index })
  })
  t.match(await terminal.pipe('group show all'), { code: 0, errors: 'There are more.\n' })
})

t.test('an operator lets the tokens of an MCP server name groups', async (t) => {
  const terminal = openTerminal(t)
  const uri = 'https://mcp.example.com/mcp'
  t.match(await terminal.pipe(`resource add ${uri} --groups-claim yes`), {
    code: 1,
    errors: '--groups-claim must be on or off, but is "yes".\n',
  })
  await terminal.pipe(`resource add ${uri} --groups-claim ON`)
  t.match((await terminal.pipe(`resource show ${uri}`)).output, /│ Groups +│ named in its tokens/)
  t.match(JSON.parse((await terminal.pipe(`resource show ${uri} --json`)).output), { groups_claim: 'on' })
  await terminal.pipe(`resource update ${uri} --groups-claim off`)
  t.notOk('groups_claim' in (JSON.parse((await terminal.pipe(`resource show ${uri} --json`)).output) as object))
})
