import t from 'tap'
import { openTerminal } from '../terminal/terminal.ts'

const PASSWORD = 'geheim und lang'

t.test('an operator invites somebody: the link is alone on its line, to be piped on', async (t) => {
  const terminal = openTerminal(t, { ISSUER: 'https://auth.example.com', ADMIN_PASSWORD: PASSWORD })
  await terminal.pipe('group add guests')
  await terminal.pipe('user add paris --email helen@example.com --password-stdin', PASSWORD)
  const { code, output, errors } = await terminal.pipe('user invite --email Helen@example.com --group guests')
  t.equal(code, 0)
  t.match(output, /^https:\/\/auth\.example\.com\/invitation\?token=[\w-]{43}\n$/)
  t.match(errors, /^The link is shown only once\. Anybody who has it can use it, once, until \d{4}-\d\d-\d\d \d\d:\d\d UTC:\n/)
  t.match(errors, 'paris has this e-mail address, too')
  const json = JSON.parse((await terminal.pipe('user invite --json')).output) as Record<string, string>
  t.match(json, { kind: 'invitation', url: /token=/, id: /^[\w-]{43}$/ })
  t.notMatch(json['url'], json['id'])
})

t.test('an operator makes, lists and revokes links', async (t) => {
  const terminal = openTerminal(t)
  t.equal((await terminal.pipe('link list')).output, 'There is no link that can still be used.\n')
  await terminal.pipe('user add helen --password-stdin', PASSWORD)
  t.match(await terminal.pipe('user reset-password Helen'), {
    code: 0,
    output: /^http:\/\/localhost:8000\/reset-password\?token=[\w-]{43}\n$/,
  })
  await terminal.pipe('group add guests')
  await terminal.pipe('user invite --group guests')
  const { output } = await terminal.pipe('link list')
  t.match(output, /invitation.*guests/)
  t.match(output, /reset.*helen/)
  t.match((await terminal.pipe('link list --limit 1')).errors, 'There are more: add --limit.')
  const [first] = JSON.parse((await terminal.pipe('link list --json')).output) as { id: string }[]
  t.match(await terminal.pipe(`link revoke ${first!.id}`), { code: 0, output: 'Nobody can use this link any more.\n' })
  t.match(await terminal.pipe(`link revoke ${first!.id}`), { code: 1, errors: /^There is no link .* solar link list\n$/ })
})

t.test('an operator helps people with what they sign in with', async (t) => {
  const terminal = openTerminal(t)
  await terminal.pipe('user add helen --password-stdin', PASSWORD)
  t.match(await terminal.pipe('user factor-link Helen'), { code: 0, output: /^http:\/\/localhost:8000\/factor-link\?token=[\w-]{43}\n$/ })
  t.match(await terminal.pipe('user reset-factors helen --yes'), { code: 1, errors: 'helen has no passkey and no codes.\n' })
  const made = await terminal.pipe('user add paris --passkey-link')
  t.match(made, { code: 0, output: /^http:\/\/localhost:8000\/factor-link\?token=[\w-]{43}\n$/ })
  t.match((await terminal.pipe('link list')).output, /factor.*paris/)
  await terminal.look(async ({ factors, users }) => {
    const { id } = (await users.findByUsername('helen'))!
    await factors.saveCodes({ userId: id, secret: 'sealed', lastStep: 1, createdAt: 1 })
  })
  t.match(await terminal.pipe('user factor-link helen'), { code: 1, errors: /already, and logs in with it/ })
  t.match(await terminal.pipe('user reset-factors paris --yes'), { code: 1 })
  await terminal.look(async ({ factors, users }) => {
    const { id } = (await users.findByUsername('paris'))!
    await factors.saveCodes({ userId: id, secret: 'sealed', lastStep: 1, createdAt: 1 })
  })
  t.match(await terminal.pipe('user reset-factors paris --yes'), { code: 0, errors: /no password.*solar user factor-link paris\n$/ })
})

t.test('an operator who asks for what cannot be reads one sentence', async (t) => {
  const terminal = openTerminal(t)
  for (const [words, sentence] of [
    ['user invite --email nowhere', /^--email must be an e-mail address, but is "nowhere"\.\n$/],
    ['user invite --group guests', /^There is no group guests\. List them with: solar group list\n$/],
    ['user reset-password paris', /^There is no user paris\. List them with: solar user list\n$/],
  ] as const)
    t.match(await terminal.pipe(words), { code: 1, output: '', errors: sentence }, words)
})
