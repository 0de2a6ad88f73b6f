import t from 'tap'
import { COMMANDS, FORMER_WORDS, GROUPS } from '#src/cli/commands.ts'
import { OPERATIONS } from '#src/operations/operations.ts'
import type { Operation, OperationName } from '#src/operations/operations.ts'
import { openTerminal } from './terminal/terminal.ts'

/** What isn't an operation: it runs this server, or looks at one from outside. */
const WITHOUT_OPERATION = ['serve', 'verify', 'doctor', 'login', 'logout']

t.test('every operation has a command, and every command its operations', async (t) => {
  const used = new Set(Object.values(COMMANDS).flatMap(({ operations }) => operations))
  t.strictSame([...used].sort(), Object.keys(OPERATIONS).sort())
  const without = Object.keys(COMMANDS).filter((name) => COMMANDS[name]!.operations.length === 0)
  t.strictSame(without, WITHOUT_OPERATION)
})

t.test('an operation is named for its object, and none has two names', async (t) => {
  const operations: readonly (readonly [string, Operation])[] = Object.entries(OPERATIONS)
  for (const [name, { object, run }] of operations) {
    t.ok(name.startsWith(`${object}.`), name)
    t.type(run, 'function')
  }
  t.equal(new Set(operations.map(([, { run }]) => run)).size, operations.length)
})

t.test('a command is for the machine itself if one of its operations is, as a whole or by some of its options', async (t) => {
  for (const [name, { operations, options = [], here = false }] of Object.entries(COMMANDS)) {
    const isReserved = (operation: OperationName) => (OPERATIONS[operation] as Operation).commandLineOnly === true
    const hasReserved = options.some((option) => option.here === true)
    if (!operations.some(isReserved)) t.notOk(here && operations.length > 0, name)
    else t.ok(here || hasReserved, `${name}: all of it, or what says where requests go`)
  }
})

/** What goes to the address of a provider, or names it. */
const PROVIDER_TRIALS = ['provider.check', 'provider.begin-trial', 'provider.finish-trial']

t.test(
  'what touches files of this machine, ends what everyone holds, makes a token, or says where requests go, is for the command line only',
  async (t) => {
    const operations: readonly (readonly [string, Operation])[] = Object.entries(OPERATIONS)
    for (const [name, { object, effect, commandLineOnly }] of operations) {
      const alone = [
        'resource.change-gate',
        'personal-token.create',
        'mail.check',
        ...PROVIDER_TRIALS,
        'key.check-lost',
        'key.reset',
      ].includes(name)
      const reserved = object === 'database' || object === 'settings' || alone
      t.equal(commandLineOnly === true, reserved, name)
      t.ok(['read', 'write'].includes(effect))
    }
  },
)

t.test('a command that lists or shows something changes nothing, and prints JSON on request', async (t) => {
  const shown = Object.entries(COMMANDS).filter(([name]) => / (?:list|show)$/.test(name))
  t.ok(shown.length >= 15)
  for (const [name, { operations, options }] of shown) {
    t.ok(
      operations.every((operation: OperationName) => OPERATIONS[operation].effect === 'read'),
      name,
    )
    t.ok(
      options?.some(({ flags }) => flags === '--json'),
      name,
    )
    if (!name.endsWith(' list')) continue
    const { code, output, errors } = await openTerminal(t).pipe(`${name} --json`)
    t.strictSame({ code, output, errors }, { code: 0, output: '[]\n', errors: '' }, name)
  }
  for (const name of ['verify', 'doctor'])
    t.ok(
      COMMANDS[name]!.options?.some(({ flags }) => flags === '--json'),
      name,
    )
})

t.test('a command that shows a secret once prints JSON on request, too', async (t) => {
  const shown = [
    'client add',
    'client rotate-secret',
    'resource add',
    'resource rotate-secret',
    'initial-access-token create',
    'keys rotate',
    'user invite',
    'user reset-password',
  ]
  for (const name of shown)
    t.ok(
      COMMANDS[name]!.options?.some(({ flags }) => flags === '--json'),
      name,
    )
})

t.test('the commands of a group begin with its word, and no word is that of two groups or of a command', async (t) => {
  const words = GROUPS.flatMap(({ word }) => word ?? [])
  t.equal(new Set(words).size, words.length)
  for (const { word, commands } of GROUPS) {
    for (const name of Object.keys(commands)) {
      if (word === undefined) t.notOk(name.includes(' ') || words.includes(name), name)
      else t.match(name, new RegExp(`^${word} [a-z-]+$`))
    }
  }
})

t.test('the former word for initial access tokens is understood, and shown nowhere', async (t) => {
  t.strictSame(FORMER_WORDS, { 'registration-token': 'initial-access-token' })
  const { pipe, look } = openTerminal(t)
  t.match(await pipe('registration-token create partners'), { code: 0, output: /^[\w-]{43}\n$/ })
  t.match(await look(({ initialAccessTokens }) => initialAccessTokens.list()), [{ name: 'partners' }])
  t.equal((await pipe('registration-token list --json')).output, (await pipe('initial-access-token list --json')).output)
  t.match(await pipe('registration-token delete nobody'), {
    code: 1,
    errors: 'There is no token nobody. List them with: solar initial-access-token list\n',
  })
  const help = await pipe('help registration-token create')
  t.match(help, { code: 0, output: /^Usage: solar initial-access-token create \[options\] <name>\n/ })
  t.strictSame(await pipe('registration-token create --help'), help)
  t.match(await pipe('registration-token'), {
    code: 2,
    errors: /^"initial-access-token" needs one of these words after it: create, list, delete\. /,
  })
  for (const words of ['help', 'help client', 'initial', 'registration']) {
    const { output, errors } = await pipe(words)
    t.notMatch(output + errors, 'registration-token', words)
  }
  t.match(await pipe('client list --search registration-token'), { code: 0 }, 'the word is nothing special anywhere else')
  const events = JSON.parse((await pipe('audit list --json')).output) as { event: string }[]
  t.strictSame(
    events.map(({ event }) => event),
    ['initial_access_token.created'],
  )
  t.match((await pipe('audit list')).output, /  initial access token created, /)
  t.match(
    await look(({ auditEvents }) => auditEvents.list({ since: 0, limit: 9 })),
    [{ name: 'registration_token.created' }],
    'stored as ever',
  )
})
