// Mails go out, or an operator learns why not: a mail server that is down, slow, full, strict, or not who it says.
import t from 'tap'
import type { SmtpServer } from '#src/config/settings/mail-settings.ts'
import { MailFailed } from '#src/mail/mail-failed.ts'
import { createMailer } from '#src/mail/mailer.ts'
import { freePort } from '#src/process/free-port.ts'
import { refusal, serveMails, servePlainly, withTls } from '#test/support/network/smtp.ts'

const MAIL = { to: 'helen@example.com', subject: '새 비밀번호', text: 'text\n', html: '<p>html</p>' }
const SENDER = { name: 'Acme, "Inc."', address: 'login@example.com' }

const mailerOf = (port: number, changes: Partial<SmtpServer> = {}, patienceMs?: number) =>
  createMailer({ server: { host: '127.0.0.1', port, tls: 'optional', ...changes }, sender: SENDER, host: 'auth.example.com' }, patienceMs)

/** What becomes of a mail, and of a check. */
async function failuresOf(mailer: ReturnType<typeof mailerOf>): Promise<MailFailed[]> {
  const attempts = [mailer.send(MAIL), mailer.check(MAIL.to)]
  return Promise.all(
    attempts.map((attempt) =>
      attempt.then(
        () => Promise.reject(new Error('it went')),
        (error: MailFailed) => error,
      ),
    ),
  )
}

t.test('a mail goes to one address, with everything that a mail needs and nothing that a mail program adds', async (t) => {
  const server = await serveMails(t)
  await mailerOf(server.port).send(MAIL)
  const mail = await server.next()
  t.match(mail, { from: 'login@example.com', to: ['helen@example.com'], text: 'text\n', html: '<p>html</p>' })
  t.match(mail.headers, {
    from: '"Acme, \\"Inc.\\"" <login@example.com>',
    to: 'helen@example.com',
    subject: '새 비밀번호',
    'auto-submitted': 'auto-generated',
    date: /./,
    'message-id': /@example\.com>$/,
  })
  t.notMatch(mail.raw, /x-mailer|nodemailer/i)
})

t.test('a check goes through everything, and sends nothing', async (t) => {
  const server = await serveMails(t)
  await mailerOf(server.port).check(MAIL.to)
  await mailerOf(server.port).send(MAIL)
  await server.next()
  t.equal(server.mails.length, 1, 'the mail alone')
})

t.test('a mail server that is down, hangs up or talks nonsense may be back later', async (t) => {
  const down = await freePort()
  const hangsUp = await servePlainly(t, (socket) => socket.end())
  const nonsense = await servePlainly(t, (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  for (const port of [down, hangsUp, nonsense])
    for (const { problem, isPassing, message } of await failuresOf(mailerOf(port))) {
      t.strictSame([problem, isPassing], ['unreachable', true])
      t.match(message, /^the mail server \(SMTP_URL\) is unreachable: ./)
    }
})

t.test('a mail server that is silent, or drips its words, costs no more than the time that a mail has', async (t) => {
  const silent = await servePlainly(t, () => undefined)
  const drips = await servePlainly(t, (socket) => {
    const timer = setInterval(() => socket.write('220-wait\r\n'), 20)
    socket.once('close', () => clearInterval(timer))
  })
  for (const port of [silent, drips]) {
    const began = performance.now()
    for (const { problem, isPassing } of await failuresOf(mailerOf(port, {}, 200))) t.strictSame([problem, isPassing], ['slow', true])
    t.ok(performance.now() - began < 5_000)
  }
})

t.test('a mail server that refuses says why, for good or for now', async (t) => {
  for (const [at, code, problem, isPassing] of [
    ['onMailFrom', 550, 'sender', false],
    ['onMailFrom', 451, 'sender', true],
    ['onRcptTo', 550, 'recipient', false],
    ['onRcptTo', 452, 'recipient', true],
    ['onConnect', 554, 'refused', false],
    ['onConnect', 421, 'refused', true],
  ] as const) {
    const no = refusal(code, `no <${MAIL.to}> here`)
    const server = await serveMails(t, { [at]: (...input: unknown[]) => (input.at(-1) as (error: Error) => void)(no) })
    for (const failed of await failuresOf(mailerOf(server.port))) {
      t.strictSame([failed.problem, failed.isPassing], [problem, isPassing], `${at} ${code}`)
      t.match(failed.message, `${code} no <…> here`, 'without the address')
    }
  }
})

t.test('a password goes to the mail server, and a wrong one is the operator’s to mend', async (t) => {
  const server = await serveMails(t, {
    authOptional: false,
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, callback) =>
      password === 'right' ? callback(null, { user: username }) : callback(refusal(535, 'wrong')),
  })
  const login = { user: 'solar', password: 'right' }
  await mailerOf(server.port, { login }).check(MAIL.to)
  await mailerOf(server.port, { login }).send(MAIL)
  t.equal((await server.next()).user, 'solar')
  for (const { problem, isPassing, message } of await failuresOf(mailerOf(server.port, { login: { ...login, password: 'wrong-one' } }))) {
    t.strictSame([problem, isPassing], ['login', false])
    t.notMatch(message, 'wrong-one')
  }
  for (const { isPassing } of await failuresOf(mailerOf(server.port))) t.equal(isPassing, false, 'without a login')
})

t.test('encryption that is required is had, from somebody trusted, or no mail goes', async (t) => {
  const [plain, tls] = [await serveMails(t), await serveMails(t, withTls())]
  const implicit = await serveMails(t, { ...withTls(), secure: true })
  for (const [{ port }, how] of [
    [plain, 'required'],
    [tls, 'required'],
    [implicit, 'implicit'],
  ] as const)
    for (const { problem } of await failuresOf(mailerOf(port, { tls: how }))) t.equal(problem, 'encryption')
  t.equal(plain.mails.length + tls.mails.length + implicit.mails.length, 0)
  await mailerOf(tls.port).send(MAIL)
  t.equal((await tls.next()).secure, true, 'where it is optional, any encryption is better than none')
})

t.test('a mail server that wants encryption first says so', async (t) => {
  const port = await servePlainly(t, (socket) => {
    socket.write('220 here\r\n')
    socket.on('data', (data) =>
      socket.write(/^(EHLO|HELO)/.test(data.toString()) ? '250 here\r\n' : '530 Must issue a STARTTLS command first\r\n'),
    )
  })
  for (const { problem, message } of await failuresOf(mailerOf(port))) {
    t.equal(problem, 'encryption')
    t.match(message, 'Must issue a STARTTLS command first')
  }
})
