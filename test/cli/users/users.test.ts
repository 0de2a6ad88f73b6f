import t from 'tap'
import { PASSWORD_LOGIN } from '#src/domain/authorization/authentication.ts'
import { bootstrapAdmin } from '#src/process/bootstrap-admin.ts'
import { verifyPassword } from '#src/crypto/password.ts'
import { NOW, addFactors, addGrant, addIdentity, addProvider, addUser, makeEvent, makePasskey } from '#test/storage/conformance/records.ts'
import { openTerminal } from '../terminal/terminal.ts'
import type { Terminal } from '../terminal/terminal.ts'

const STARTED = { adminUsername: 'admin', adminPassword: 'admin123' }
const PASSWORD = 'geheim und lang'

const start = ({ look }: Terminal) => look((storage) => bootstrapAdmin(storage, STARTED, 1))
const helen = ({ look }: Terminal) => look(({ users }) => users.findByUsername('helen'))
const add = ({ pipe }: Terminal) => pipe('user add helen --password-stdin', PASSWORD)

t.test('an operator adds a person, whose address counts as verified', async (t) => {
  const terminal = openTerminal(t)
  const words =
    'user add " Helen" --email helen@example.com --name "Helen  of\u202e Troy" --given-name Helen --family-name Troy --password-stdin'
  t.match(await terminal.pipe(words, `${PASSWORD}\n`), { code: 0, output: 'helen can log in now.\n', errors: '' })
  const user = (await helen(terminal))!
  const profile = { name: 'Helen of Troy', givenName: 'Helen', familyName: 'Troy' }
  t.match(user, { username: 'helen', origin: 'operator', email: 'helen@example.com', emailVerified: true, profile })
  t.ok(await verifyPassword(PASSWORD, user.passwordHash), 'the line end is no part of the password')
})

t.test('a person without an address has none that is verified', async (t) => {
  const terminal = openTerminal(t)
  await add(terminal)
  t.match(await helen(terminal), { email: undefined, emailVerified: false })
})

t.test('an operator who asks for what cannot be reads one sentence, and nothing changes', async (t) => {
  const terminal = openTerminal(t)
  await add(terminal)
  for (const [words, input, sentence] of [
    [
      'user add Helen --password-stdin',
      PASSWORD,
      /^helen already exists\. Choose another name; to change a password: solar user passwd\n$/,
    ],
    ['user add ADMIN --password-stdin', PASSWORD, /^admin is the administrator, which the server creates when it starts/],
    ['user add "a b" --password-stdin', PASSWORD, /^A login name must have 1 to 128/],
    ['user add paris --email nowhere --password-stdin', PASSWORD, /^--email must be an e-mail address, but is "nowhere"\.\n$/],
    ['user add paris --name " " --password-stdin', PASSWORD, /^--name is empty: leave it out\.\n$/],
    ['user add paris --password-stdin', 'short', /^The password must have at least 12 characters; this one has 5\.\n$/],
    [
      'user add paris --password-stdin',
      'Paris-Paris-1',
      /^The password must be more than the name of the account, the service or its host\.\n$/,
    ],
    [
      'user add paris --password-stdin',
      'password1234',
      /^The password must be harder to guess: use several words that do not belong together\.\n$/,
    ],
    ['user add paris --password-stdin', '👪👪👪👪', /this one has 4\.\n$/],
    ['user add paris --password-stdin', 'x'.repeat(1025), /^The password must have at most 1024 characters\.\n$/],
    ['user add paris --password-stdin', `${PASSWORD}\nsecond`, /^The password must be a single line\.\n$/],
    ['user add paris', PASSWORD, /^There is no terminal to ask for the password in: .*--password-stdin\.\n$/],
    ['user passwd paris --password-stdin', PASSWORD, /^There is no user paris\. List them with: solar user list\n$/],
    ['user delete helen', 'helen\n', /^There is no terminal to ask for confirmation in: add --yes\.\n$/],
    ['user enable helen', '', /^helen is not disabled\.\n$/],
    ['user unlock paris', '', /^There is no user paris\. List them with: solar user list\n$/],
  ] as const) {
    const { code, output, errors } = await terminal.pipe(words, input)
    t.match({ code, output }, { code: 1, output: '' }, words)
    t.match(errors, sentence)
  }
  t.equal((await terminal.look(({ users }) => users.list())).length, 1)
})

t.test('a person in a terminal types the password twice, and it is never shown', async (t) => {
  const terminal = openTerminal(t)
  const { code, output, errors } = await terminal.type('user add helen', [
    ['New password', `${PASSWORD}\r`],
    ['The same again', `${PASSWORD}\r`],
  ])
  t.match({ code, output }, { code: 0, output: 'helen can log in now.\n' })
  t.notMatch(output + errors, /geheim/)
  t.ok(await verifyPassword(PASSWORD, (await helen(terminal))!.passwordHash))
})

t.test('a person who types ahead loses nothing', async (t) => {
  const terminal = openTerminal(t)
  t.match(await terminal.type('user add helen', [['New password', `${PASSWORD}\r${PASSWORD}\r`]]), { code: 0 })
})

t.test('a person who mistypes, presses Ctrl-C or Ctrl-D changes nothing', async (t) => {
  const terminal = openTerminal(t)
  const differing = await terminal.type('user add helen', [
    ['New password', `${PASSWORD}\r`],
    ['The same again', 'another one\r'],
  ])
  t.match(differing, { code: 1, errors: /The passwords differ; nothing was changed\.\n$/ })
  for (const key of ['\x03', '\x04']) {
    t.match(await terminal.type('user add helen', [['New password', key]]), { code: 130, errors: /\nCancelled; nothing was changed\.\n$/ })
  }
  t.equal(await helen(terminal), undefined)
})

t.test('a new password ends the sessions of the person, but not what apps may do', async (t) => {
  const terminal = openTerminal(t)
  await add(terminal)
  const { id } = (await helen(terminal))!
  await terminal.look(({ sessions }) =>
    sessions.insert({ idHash: 's', sid: 's', userId: id, ...PASSWORD_LOGIN, authTime: 1, createdAt: 1, lastSeenAt: 1, expiresAt: 1000 }),
  )
  t.match(await terminal.pipe('user passwd HELEN --password-stdin', 'another long one'), {
    code: 0,
    output: /^The password of helen is changed, .*; --end-grants ends them, too\.\n$/,
  })
  t.ok(await verifyPassword('another long one', (await helen(terminal))!.passwordHash))
  t.equal(await terminal.look(({ sessions }) => sessions.findLive('s', 1, 0)), undefined)
})

t.test('a password that somebody else knew is changed with everything that they may have allowed', async (t) => {
  const terminal = openTerminal(t)
  await add(terminal)
  const user = (await helen(terminal))!
  const { grant } = await terminal.look((storage) => addGrant(storage, { user }))
  t.match(await terminal.pipe('user passwd helen --end-grants --password-stdin', 'another long one'), {
    code: 0,
    output: 'The password of helen is changed, and their sessions and the apps that were connected have ended.\n',
  })
  t.equal(await terminal.look(({ grants }) => grants.findLive(grant.id, 'jti', NOW)), undefined)
})

t.test('an operator who gives two people one e-mail address is warned', async (t) => {
  const terminal = openTerminal(t)
  const addAs = (name: string, email: string) => terminal.pipe(`user add ${name} --email ${email} --password-stdin`, PASSWORD)
  t.match(await addAs('a', 'x@e.example'), { code: 0, errors: '' })
  t.match(await addAs('b', 'X@e.example'), {
    code: 0,
    output: 'b can log in now.\n',
    errors: 'a has this e-mail address, too: apps that know people by it take them for one.\n',
  })
  t.match(await addAs('c', 'y@e.example'), { errors: '' })
  t.match(await terminal.pipe('user update c --email x@E.example'), { code: 0, errors: /^a, b have this e-mail address, too/ })
  t.match(await terminal.pipe('user update c --email ""'), { code: 0, errors: '' })
  t.match(await terminal.pipe('user update c --nickname C'), { code: 0, errors: '' })
})

t.test('a disabled person is kept, shown as such, and can be enabled again', async (t) => {
  const terminal = openTerminal(t)
  await add(terminal)
  t.match(await terminal.pipe('user disable helen'), { code: 0, output: /^helen is disabled/, errors: '' })
  t.type((await helen(terminal))!.disabledAt, 'number')
  t.match(await terminal.pipe('user list'), { output: /│ helen .*│ disabled /u })
  t.match(await terminal.pipe('user disable helen'), { code: 1, errors: 'helen is already disabled.\n' })
  t.match(await terminal.pipe('user enable helen'), { code: 0, output: /^helen can log in again/ })
  t.equal((await helen(terminal))!.disabledAt, undefined)
})

t.test('a role is given, shown, and taken', async (t) => {
  const terminal = openTerminal(t)
  await start(terminal)
  await add(terminal)
  t.match(await terminal.pipe('user role helen viewer'), { code: 0, errors: '' })
  t.match(await terminal.pipe('user list'), { output: /│ helen .*│ viewer /u })
  t.match(JSON.parse((await terminal.pipe('user show helen --json')).output), { role: 'viewer' })
  t.match(await terminal.pipe('user role helen king'), {
    code: 1,
    errors: '--role must be one of viewer, operator, owner, none, but is "king".\n',
  })
  t.match(await terminal.pipe('user role helen none'), { code: 0, output: 'helen has no role now, and has to log in again.\n' })
  t.match(await terminal.pipe('user list'), { output: /│ helen .*│ active /u })
})

t.test('an operator deletes the factors of a person who lost them', async (t) => {
  const terminal = openTerminal(t)
  await add(terminal)
  t.match(await terminal.pipe('user reset-factors helen --yes'), { code: 1, errors: 'helen has no passkey and no codes.\n' })
  await terminal.look(async ({ users, factors }) => factors.insertPasskey(makePasskey((await users.findByUsername('helen'))!.id), 9))
  t.match(await terminal.type('user reset-factors helen', [['Type the name', 'helen\r']]), {
    code: 0,
    output: /^The passkeys and codes of helen are deleted/,
  })
})

t.test('an operator unlocks a person, and reads if that is not enough', async (t) => {
  const terminal = openTerminal(t)
  await add(terminal)
  await terminal.look(({ loginAttempts }) => loginAttempts.count('account:helen', NOW, Number.MAX_SAFE_INTEGER))
  t.match(await terminal.pipe('user unlock Helen'), { code: 0, output: /^helen can try to log in again/, errors: '' })
  t.equal(await terminal.look(({ loginAttempts }) => loginAttempts.clear('account:helen')), undefined)
  t.type((await helen(terminal))!.browsersForgottenAt, 'number')
  await terminal.pipe('user disable helen')
  t.match(await terminal.pipe('user unlock helen'), { code: 0, errors: /disabled, and stays so until: solar user enable helen\n$/ })
})

t.test('a person who confirms by the name deletes the user, another answer changes nothing', async (t) => {
  const terminal = openTerminal(t)
  await add(terminal)
  t.match(await terminal.type('user delete helen', [['Type the name', 'yes\r']]), {
    code: 1,
    errors: /The name does not match; nothing was changed\.\n$/,
  })
  t.ok(await helen(terminal))
  t.match(await terminal.type('user delete helen', [['Type the name', 'Helen\r']]), { code: 0, output: /^helen is deleted/ })
  t.equal(await helen(terminal), undefined)
})

t.test('the administrator of the configuration is changed there, and what a command does to it is said', async (t) => {
  const terminal = openTerminal(t)
  await start(terminal)
  t.match(await terminal.pipe('user passwd admin --password-stdin', PASSWORD), {
    code: 1,
    errors: /whose password is ADMIN_PASSWORD: set that/,
  })
  t.match(await terminal.pipe('user disable admin'), { code: 1, errors: 'admin is the last owner: give somebody else that role first.\n' })
  await add(terminal)
  t.match(await terminal.pipe('user role helen owner'), { code: 0, output: 'helen is owner now, and has to log in again.\n' })
  t.match(await terminal.pipe('user disable admin'), { code: 0, errors: /stays disabled until: solar user enable admin\n$/ })
  await start(terminal)
  t.type((await terminal.look(({ users }) => users.findAdministrator()))!.disabledAt, 'number', 'a start does not enable it')
  t.match(await terminal.pipe('user delete admin --yes'), { code: 0, errors: /the next start creates it again/ })
  await start(terminal)
  t.match(await terminal.look(({ users }) => users.list()), [{ username: 'admin', origin: 'environment' }, { username: 'helen' }])
})

t.test('a list is a table for people and JSON for programs, without any secret', async (t) => {
  const terminal = openTerminal(t)
  t.match(await terminal.pipe('user list'), { code: 0, output: /^There are no users yet/ })
  t.same(JSON.parse((await terminal.pipe('user list --json')).output), [])
  await start(terminal)
  await terminal.pipe('user add helen --email helen@example.com --given-name Helen --family-name Troy --password-stdin', PASSWORD)
  const table = (await terminal.pipe('user list')).output
  t.match(table, /│ admin +│ +│ +│ administrator │ 1970-01-01 │/u)
  t.match(table, /│ helen +│ Helen Troy +│ helen@example\.com +│ active /u)
  t.notMatch(table, '\x1b', 'no colours')
  const json = (await terminal.pipe('user list --json')).output
  const created_at = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/
  t.match(JSON.parse(json), [
    { username: 'admin', administrator: true, disabled: false, created_at: '1970-01-01T00:00:00.001Z' },
    {
      sub: /^[\w-]{22}$/,
      username: 'helen',
      given_name: 'Helen',
      email: 'helen@example.com',
      email_verified: true,
      administrator: false,
      created_at,
    },
  ])
  t.notMatch(table + json, /argon2/)
})

t.test('a person whose account changes while a question is open is told so', async (t) => {
  const terminal = openTerminal(t)
  const { type, pipe } = terminal
  const meanwhile = (words: string, keys: string) => async () => {
    t.match(await pipe(words, PASSWORD), { code: 0 })
    return keys
  }
  const twice = `${PASSWORD}\r${PASSWORD}\r`
  const taken = await type('user add helen', [['New password', meanwhile('user add helen --password-stdin', twice)]])
  t.match(taken, { code: 1, errors: /helen already exists/ })
  const gone = /There is no user helen\.\n$/
  t.match(await type('user delete helen', [['Type the name', meanwhile('user delete helen --yes', 'helen\r')]]), { code: 1, errors: gone })
  await add(terminal)
  t.match(await type('user passwd helen', [['New password', meanwhile('user delete helen --yes', twice)]]), { code: 1, errors: gone })
})

t.test('an operator says all that is known of a person, changes and takes away what is named, and the rest stays', async (t) => {
  const terminal = openTerminal(t)
  await terminal.pipe('user add helen --email helen@example.com --name Helen --phone "+82 2 123 4567" --password-stdin', PASSWORD)
  const { id } = (await helen(terminal))!
  await terminal.look(({ sessions }) =>
    sessions.insert({ idHash: 's', sid: 's', userId: id, ...PASSWORD_LOGIN, authTime: 1, createdAt: 1, lastSeenAt: 1, expiresAt: 1000 }),
  )
  const words =
    'user update Helen --given-name Helen --family-name Troy --middle-name of --nickname Nell --profile https://helen.example/me --picture https://helen.example/h.png ' +
    '--website http://helen.example --gender female --birthdate 1984-02-29 --zoneinfo Europe/Athens --locale el-GR ' +
    '--address "1 Wall Street, Troy" --street "1 Wall Street" --locality Troy --region Troad --postal-code 17000 --country TR'
  t.match(await terminal.pipe(words), {
    code: 0,
    output: 'What clients learn about helen is changed, and their sessions have ended.\n',
    errors: '',
  })
  t.equal(await terminal.look(({ sessions }) => sessions.findLive('s', 1, 0)), undefined)
  const address = {
    formatted: '1 Wall Street, Troy',
    streetAddress: '1 Wall Street',
    locality: 'Troy',
    region: 'Troad',
    postalCode: '17000',
    country: 'TR',
  }
  t.match(await helen(terminal), { username: 'helen', email: 'helen@example.com', emailVerified: true })
  t.same((await helen(terminal))!.profile, {
    ...{
      name: 'Helen',
      givenName: 'Helen',
      familyName: 'Troy',
      middleName: 'of',
      nickname: 'Nell',
      page: 'https://helen.example/me',
      picture: 'https://helen.example/h.png',
    },
    ...{
      website: 'http://helen.example',
      gender: 'female',
      birthdate: '1984-02-29',
      zoneinfo: 'Europe/Athens',
      locale: 'el-GR',
      phoneNumber: '+82 2 123 4567',
      phoneNumberVerified: true,
      address,
    },
  })
  const [listed] = JSON.parse((await terminal.pipe('user list --json')).output) as object[]
  t.match(listed, {
    name: 'Helen',
    phone_number: '+82 2 123 4567',
    phone_number_verified: true,
    address: { street_address: '1 Wall Street' },
    zoneinfo: 'Europe/Athens',
  })
  t.match(await terminal.pipe('user update helen --email "" --phone "" --street "" --birthdate 0000-02-29'), { code: 0 })
  const { email, emailVerified, profile } = (await helen(terminal))!
  const { streetAddress: _, ...left } = address
  t.match([email, emailVerified, profile.birthdate], [undefined, false, '0000-02-29'])
  t.same(profile.address, left)
  t.notOk('phoneNumber' in profile || 'phoneNumberVerified' in profile)
})

t.test('what was not checked is no more so for another member being named', async (t) => {
  const terminal = openTerminal(t)
  await add(terminal)
  const { id, username } = (await helen(terminal))!
  await terminal.look(({ users }) =>
    users.update(
      {
        id,
        username,
        email: 'helen@example.com',
        emailVerified: false,
        profile: { phoneNumber: '+8221234567', phoneNumberVerified: false },
      },
      1,
    ),
  )
  await terminal.pipe('user update helen --nickname Nell')
  t.match(await helen(terminal), { emailVerified: false, profile: { nickname: 'Nell', phoneNumberVerified: false } })
  await terminal.pipe('user update helen --email other@example.com --phone +8227654321')
  t.match(await helen(terminal), { emailVerified: true, profile: { phoneNumberVerified: true } })
})

t.test('an operator who says what a person cannot have reads one sentence, and nothing changes', async (t) => {
  const terminal = openTerminal(t)
  await add(terminal)
  await start(terminal)
  const before = await helen(terminal)
  for (const [words, sentence] of [
    ['', /^There is nothing to change\. See: solar help user update\n$/],
    ['--phone 021234567', /^--phone must be a phone number like \+82 2 123 4567, but is "021234567"\.\n$/],
    ['--phone +1', /must be a phone number/],
    ['--website helen.example', /^--website must be an http or https address, but is "helen\.example"\.\n$/],
    ['--picture javascript:alert(1)', /must be an http or https address/],
    ['--birthdate 1983-02-29', /^--birthdate must be a date like 1984-02-29, 1984 or 0000-02-29, but is "1983-02-29"\.\n$/],
    ['--birthdate 29.2.1984', /must be a date/],
    ['--zoneinfo Nowhere/Land', /^--zoneinfo must be a time zone like Asia\/Seoul, but is "Nowhere\/Land"\.\n$/],
    ['--locale korean_', /^--locale must be a language tag like ko-KR, but is "korean_"\.\n$/],
    ['--country ""', /^--country is empty: leave it out\.\n$/],
  ] as const) {
    t.match(await terminal.pipe(`user update helen ${words}`), { code: 1, output: '', errors: sentence }, words)
  }
  t.same(await helen(terminal), before)
  t.match(await terminal.pipe('user update helen --birthdate 1984 --locale ko'), { code: 0 })
  t.match(await terminal.pipe('user update nobody --name x'), { code: 1, errors: /^There is no user nobody/ })
  t.match(await terminal.pipe('user update admin --email x@example.com'), { code: 1, errors: /whose address is ADMIN_EMAIL: set that/ })
  t.match(await terminal.pipe('user update admin --nickname boss'), { code: 0 })
  await start(terminal)
  t.equal((await terminal.look(({ users }) => users.findAdministrator()))!.profile.nickname, 'boss', 'a start changes nothing of it')
})

t.test('the list has all users, however many there are, and says whom a provider keeps out', async (t) => {
  const terminal = openTerminal(t)
  await terminal.look(async (storage) => {
    for (let count = 0; count < 1001; count++) await addUser(storage, { username: `person-${String(count).padStart(4, '0')}` })
    const user = (await storage.users.findByUsername('person-1000'))!
    const provider = await addProvider(storage)
    const identity = await addIdentity(storage, user.id, provider.id, { managed: true, lastLoginAt: 1 })
    await storage.identityChecks.end(identity, { reason: 'gone', now: Date.now(), event: makeEvent() })
  })
  const listed = JSON.parse((await terminal.pipe('user list --json')).output) as { username: string }[]
  t.equal(listed.length, 1001)
  t.equal(new Set(listed.map(({ username }) => username)).size, 1001)
  t.match((await terminal.pipe('user list')).output, /person-1000 .*disabled by provider/)
})

t.test('an operator sees what somebody signs in with, as they do on their own page, and no key of it', async (t) => {
  const terminal = openTerminal(t)
  await terminal.look(async (storage) => {
    const { id } = await addUser(storage, { username: 'helen' })
    await addFactors(storage, id)
    const provider = await addProvider(storage, { name: 'acme' })
    await addIdentity(storage, id, provider.id, { managed: false })
  })
  const { output } = await terminal.pipe('user show helen')
  t.match(output, /Phone 🪐, created at .*, backed up/u)
  t.match(output, /identities +│ acme, account .*, linked at .*, last login at/)
  t.match(output, /recovery_codes_left/)
  const shown = JSON.parse((await terminal.pipe('user show helen --json')).output) as object
  t.match(shown, {
    has_password: true,
    passkeys: [{ name: 'Phone 🪐' }, { backed_up: true }],
    identities: [{ provider: 'acme', managed: false }],
  })
  t.match(shown, { one_time_codes_since: /^2/, recovery_codes_left: Number })
  t.notMatch(JSON.stringify(shown), /a key|secret|hash/)
})
