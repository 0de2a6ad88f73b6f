import t from 'tap'
import type { Test } from 'tap'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { openTerminal } from '../terminal/terminal.ts'
import type { Terminal } from '../terminal/terminal.ts'

const URI = 'https://sky.example/mcp'

async function scene(t: Test, env: Record<string, string> = { PERSONAL_TOKENS: 'on' }): Promise<Terminal> {
  const terminal = openTerminal(t, env)
  await terminal.pipe('user add ada --password-stdin', 'a telescope beside the violet kettle\n')
  await terminal.pipe(`resource add ${URI} --scope "sky:read=Read the sky"`)
  return terminal
}

t.test('an operator makes a token for the script of a user, lists it and ends it', async (t) => {
  const terminal = await scene(t)
  t.match(await terminal.pipe('personal-token list'), { code: 0, output: 'There are none.\n' })
  const made = await terminal.pipe(`personal-token create Ada backup --resource ${URI} --scopes sky:read,openid --expires 30d`)
  t.match(made.output, /^ssp_[0-9A-Za-z]{49}\n$/, 'alone on its line, to be piped on')
  t.match(made.errors, /^The token is shown only once\./)
  const more = JSON.parse(
    (await terminal.pipe(`personal-token create ada other --resource ${URI} --scopes sky:read --json`)).output,
  ) as object
  t.match(more, { name: 'other', user: 'ada', resource: URI, scopes: ['sky:read'], last_used_at: null, token: /^ssp_/ })
  const listed = await terminal.pipe('personal-token list --user ada')
  t.match(listed.output, /ada .*backup .*https:\/\/sky\.example\/mcp .*never/)
  t.notMatch(listed.output, /ssp_/)
  const tokens = JSON.parse((await terminal.pipe('personal-token list --json')).output) as { id: string; name: string }[]
  t.strictSame(tokens.map(({ name }) => name).sort(), ['backup', 'other'])
  t.match(await terminal.pipe('personal-token list --limit 1'), { errors: 'There are more: add --user or --limit.\n' })
  const { id } = tokens.find(({ name }) => name === 'backup')!
  t.ok(await terminal.look(({ personalTokens }) => personalTokens.find(sha256(made.output.trim()), Date.now())))
  await terminal.look(({ personalTokens }) => personalTokens.touch(id, Date.now()))
  await terminal.pipe(`resource delete ${URI} --yes`)
  t.match((await terminal.pipe('personal-token list')).output, /a resource that is gone/)
  t.match(await terminal.pipe(`personal-token revoke ${id}`), { code: 0, output: 'The token backup of ada is refused from now on.\n' })
  t.match(await terminal.pipe(`personal-token revoke ${id}`), { code: 1, errors: /There is no personal access token .*\. List them with/ })
  const events = await terminal.look(({ auditEvents }) => auditEvents.list({ since: 0, limit: 50 }))
  t.match(
    events.filter(({ name }) => name.startsWith('personal_token.')).map(({ name, details }) => [name, details['token']]),
    [
      ['personal_token.revoked', 'backup'],
      ['personal_token.created', 'other'],
      ['personal_token.created', 'backup'],
    ],
  )
})

t.test('an operator who asks for what cannot be reads one sentence', async (t) => {
  const terminal = await scene(t)
  const create = (rest: string) => terminal.pipe(`personal-token create ${rest}`)
  for (const [rest, sentence] of [
    ['ada backup', /Say what it is for, with --resource\./],
    [`nobody backup --resource ${URI} --scopes sky:read`, /There is no user nobody\./],
    ['ada backup --resource https://no.example/', /List them with/],
    [`ada " " --resource ${URI} --scopes sky:read`, /The name is empty\./],
    [`ada backup --resource ${URI} --scopes sky:fly`, /--scopes must be of sky:read, openid/],
    [`ada backup --resource ${URI} --scopes sky:read --expires 4000d`, /--expires must be a duration such as 30d, of at most 365d/],
  ] as const)
    t.match(await create(rest), { errors: sentence }, rest)
  await terminal.pipe(`resource update ${URI} --personal-tokens off`)
  t.match(JSON.parse((await terminal.pipe(`resource show ${URI} --json`)).output), { personal_tokens: 'off' })
  t.match((await terminal.pipe(`resource show ${URI}`)).output, /Personal tokens │ refused/)
  t.match(await create(`ada backup --resource ${URI} --scopes sky:read`), { errors: /refuses personal access tokens/ })
  t.match(await terminal.pipe(`resource update ${URI} --personal-tokens maybe`), {
    errors: /--personal-tokens must be on or off, but is "maybe"/,
  })
  await terminal.pipe(`resource update ${URI} --personal-tokens on`)
  await terminal.look(async ({ users, resources, personalTokens }) => {
    const userId = (await users.findByUsername('ada'))!.id
    const resourceId = (await resources.list())[0]!.id
    const token = { userId, resourceId, name: 'one of many', scopes: ['sky:read'], createdAt: 1, expiresAt: Date.now() + 60_000 }
    for (let count = 0; count < 50; count++) await personalTokens.insert({ ...token, id: `id ${count}`, tokenHash: `hash ${count}` })
  })
  t.match(await create(`ada backup --resource ${URI} --scopes sky:read`), { errors: /ada has 50 tokens already/ })
  t.match(await terminal.pipe('personal-token list --user nobody'), { errors: /There is no user nobody\./ })
  t.match(await terminal.pipe('personal-token list --limit 0'), { errors: /--limit must be/ })
})

t.test('where nothing accepts such tokens, none is made', async (t) => {
  const terminal = await scene(t, {})
  t.match(await terminal.pipe(`personal-token create ada backup --resource ${URI} --scopes sky:read`), { errors: /PERSONAL_TOKENS is off/ })
})
