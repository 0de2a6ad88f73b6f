import t from 'tap'
import { refusal, serveMails } from '#test/support/network/smtp.ts'
import { openTerminal } from './terminal/terminal.ts'

const PASSWORD = 'geheim und lang'

t.test('an operator’s links go by mail, where there is an address to send them to', async (t) => {
  const server = await serveMails(t)
  const settings = { SMTP_URL: `smtp://127.0.0.1:${server.port}`, MAIL_FROM: 'Acme <login@example.com>', SERVICE_NAME: 'Acme' }
  const terminal = openTerminal(t, settings)
  const sent = await terminal.pipe('user invite --email helen@example.com --language ko')
  t.match(sent, { code: 0, errors: '' })
  t.match(sent.output, /^A mail with the link is on its way to helen@example\.com\. It can be used once, until .* UTC\.\n$/)
  t.match(await server.next(), { headers: { subject: 'Acme 초대', from: 'Acme <login@example.com>' }, text: /\/invitation\?token=/ })
  const json = JSON.parse((await terminal.pipe('user invite --email helen@example.com --json')).output) as object
  t.match(json, { mailed_to: 'helen@example.com', kind: 'invitation' })
  t.notMatch(json, { url: /./ })
  t.match((await server.next()).headers['subject'], 'Your invitation to Acme')
  t.match((await terminal.pipe('user invite --email helen@example.com --print')).output, /^http.*\n$/)
  t.match((await terminal.pipe('user invite')).output, /^http.*\n$/, 'nobody knows where to')

  await terminal.pipe('user add helen --email helen@example.com --locale ko --password-stdin', PASSWORD)
  await terminal.pipe('user add paris --password-stdin', PASSWORD)
  t.match((await terminal.pipe('user reset-password helen')).output, 'on its way to helen@example.com')
  t.match(await server.next(), { to: ['helen@example.com'], text: /helen 계정/ })
  t.match((await terminal.pipe('user factor-link helen')).output, 'on its way to helen@example.com')
  t.match(await server.next(), { to: ['helen@example.com'], text: /\/factor-link\?token=/ })
  for (const words of ['reset-password paris', 'reset-password helen --print', 'factor-link paris', 'factor-link helen --print'])
    t.match((await terminal.pipe(`user ${words}`)).output, /^http.*\n$/)
  t.match(await terminal.pipe('user invite --language xx'), { code: 1, errors: /^--language must be one of en, ko, but is "xx"/ })
  t.equal(server.mails.length, 4)
})

t.test('an operator gets the link where the mail didn’t go, with the reason', async (t) => {
  const server = await serveMails(t, { onRcptTo: (_address, _session, callback) => callback(refusal(550, 'no such user')) })
  const terminal = openTerminal(t, { SMTP_URL: `smtp://127.0.0.1:${server.port}`, MAIL_FROM: 'login@example.com' })
  const { code, output, errors } = await terminal.pipe('user invite --email helen@example.com')
  t.equal(code, 0)
  t.match(output, /^http:\/\/localhost:8000\/invitation\?token=[\w-]{43}\n$/)
  t.match(errors, /^No mail went to helen@example\.com: the mail server refuses the recipient: 550 no such user\.\nThe link is shown/)
})

t.test('an operator checks whether mails go out', async (t) => {
  const server = await serveMails(t, {
    onRcptTo: ({ address }, _session, callback) => callback(address === 'no@example.com' ? refusal(550, 'no') : null),
  })
  const terminal = openTerminal(t, { SMTP_URL: `smtp://127.0.0.1:${server.port}`, MAIL_FROM: 'login@example.com' })
  const taken = (to: string) => `The mail server takes mails from login@example.com to ${to}. None was sent.\n`
  t.match(await terminal.pipe('mail check'), { code: 0, output: taken('login@example.com') })
  t.match(await terminal.pipe('mail check --to a@example.com'), { code: 0, output: taken('a@example.com') })
  t.match(await terminal.pipe('mail check --to no@example.com'), {
    code: 1,
    errors: 'No mail goes out: the mail server refuses the recipient: 550 no.\n',
  })
  t.match(await terminal.pipe('mail check --to nowhere'), { code: 1, errors: /^--to must be an e-mail address/ })
  t.match(await openTerminal(t).pipe('mail check'), { code: 1, errors: /^This server sends no mails: set SMTP_URL/ })
  t.equal(server.mails.length, 0)
})
