// backup, restore, export and import as an operator types them: what they print, what they refuse.
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import t from 'tap'
import { deriveKey, encrypt } from '#src/crypto/secret.ts'
import type { Test } from 'tap'
import { exportEverything } from '#src/cli/transfer.ts'
import { loadKeyset } from '#src/crypto/keyset.ts'
import { resolveSecret } from '#src/process/secret-file.ts'
import { contents } from '#test/storage/every-record.ts'
import { openTerminal } from './terminal/terminal.ts'
import type { Terminal } from './terminal/terminal.ts'

const SECRET = 'a secret of tests, longer than 32 characters'
const MESSAGE_PRIVATE =
  /^(?:.*\n)*Everything is exported\. With the file and SECRET, anyone can act as any user: keep it private, and delete it once it is imported\.\n$/

/** An installation with signing keys and a person; `path` names a file of its folder. */
async function install(t: Test, variables: Record<string, string> = {}): Promise<Terminal & { path: (name: string) => string }> {
  const terminal = openTerminal(t, variables)
  await terminal.look(({ keys }) => loadKeyset(keys, resolveSecret(variables['SECRET'], terminal.databaseUrl), 1))
  await terminal.pipe('user add helen --password-stdin', 'geheim und lang')
  const folder = terminal.databaseUrl.replace(/^sqlite:|\/[^/]+$/g, '')
  return { ...terminal, path: (name) => join(folder, name) }
}

const inFolder = (path: string) => readdirSync(join(path, '..')).sort()

t.test('an operator backs up, restores, and reads each time which secret belongs to it', async (t) => {
  const { pipe, path, look } = await install(t)
  const file = path('backup.db')
  t.match(await pipe(`backup ${file}`), {
    code: 0,
    errors: '',
    output: `${file} is a complete copy of the database. It is of use only with the file ${path('secret')}: keep a copy of that, too.\n`,
  })
  await pipe('user delete helen --yes')
  const { code, output, errors } = await pipe(`restore ${file}`)
  t.match({ code, errors }, { code: 0, errors: '' })
  t.match(
    output,
    new RegExp(
      `^The database is now that of ${file}\\. It needs the file ${path('secret')} of that time\\.\\nThe previous database is \\S+people\\.db\\.before-restore-\\w+: delete it once you no longer need it\\.\\n$`,
    ),
  )
  t.ok(await look(({ users }) => users.findByUsername('helen')), 'who was deleted since is there again')

  const elsewhere = openTerminal(t, { DATABASE_URL: `sqlite:${path('new.db')}`, SECRET })
  t.match(await elsewhere.pipe(`restore ${file}`), {
    code: 0,
    output: `The database is now that of ${file}. It needs the SECRET of that time.\n`,
    errors: `What is there now as the SECRET doesn't open its keys: put the right one in place before you start the server.\n`,
  })
  const bare = openTerminal(t, { DATABASE_URL: `sqlite:${path('bare/new.db')}` })
  t.match(await bare.pipe(`restore ${file}`), { code: 0, errors: /^What is there now as the file \S+secret doesn't open/ })
  t.notOk(existsSync(path('bare/secret')), 'none is made in the place of the right one')
  t.match((await elsewhere.pipe(`backup ${path('second.db')}`)).output, 'only with the SECRET: keep')
})

t.test('nothing is overwritten unasked, and never what the server runs with', async (t) => {
  const { pipe, path } = await install(t)
  writeFileSync(path('mine'), 'precious')
  symlinkSync('people.db', path('link'))
  mkdirSync(path('folder'))
  const before = [readFileSync(path('people.db')), readFileSync(path('secret'))]
  const names = inFolder(path('mine'))
  for (const command of ['backup', 'export']) {
    for (const [words, sentence] of [
      [path('mine'), /mine already exists\. Name another file, or add --force to replace it\.\n$/],
      [`--force ${path('people.db')}`, /^The server runs with \S+people\.db: name another file\.\n$/],
      [`--force ${path('link')}`, /^The server runs with \S+link/],
      [`--force ${path('secret')}`, /^The server runs with \S+secret/],
      [`--force ${path('folder')}`, /folder is not a file: name one, in a folder that exists\.\n$/],
      ['--force /dev/null', /^\/dev\/null is not a file/],
      [
        path('no/such'),
        /^\S+ can't be written \(ENOENT: no such file or directory\): choose another file, or check its folder and disk\.\n$/,
      ],
    ] as const) {
      t.match(await pipe(`${command} ${words}`), { code: 1, output: '', errors: sentence }, `${command} ${words}`)
    }
  }
  t.same([readFileSync(path('people.db')), readFileSync(path('secret'))], before)
  t.strictSame(inFolder(path('mine')), names, 'nothing is left of the attempts')
  t.match(await pipe(`backup --force ${path('mine')}`), { code: 0 })
  t.match(readFileSync(path('mine'), 'latin1'), /^SQLite format 3/)
  t.match(await pipe(`export --force ${path('mine')}`), { code: 0 })
  t.match(
    readFileSync(path('mine'), 'utf8'),
    /^\{"format":"solar-system-oauth-server export","version":1,"schema":\d+,"engine":"sqlite","issuer":"http:\/\/localhost:8000"/,
  )
  t.equal(statSync(path('mine')).mode & 0o777, 0o600)
})

t.test('what is exported can be imported elsewhere with the same secret, by a file or a pipe', async (t) => {
  const source = await install(t, { SECRET })
  const file = source.path('export.jsonl')
  t.match(await source.pipe(`export ${file}`), {
    code: 0,
    output: '',
    errors: /^signing_keys: 2\nsealed_secrets: 2\nusers: 1\naudit_events: 1\nEverything is exported/,
  })
  const piped = await source.pipe('export -')
  t.match(piped, { code: 0, errors: MESSAGE_PRIVATE })
  t.equal(piped.output.split('\n').slice(1).join('\n'), readFileSync(file, 'utf8').split('\n').slice(1).join('\n'))

  const first = openTerminal(t, { SECRET, DATABASE_URL: `sqlite:${source.path('first.db')}` })
  t.match(await first.pipe(`import ${file}`), {
    code: 0,
    output: '6 records are imported.\n',
    errors: 'signing_keys: 2\nsealed_secrets: 2\nusers: 1\naudit_events: 1\n',
  })
  t.strictSame(await contents(`sqlite:${source.path('first.db')}`), await contents(source.databaseUrl))

  const second = openTerminal(t, {
    SECRET,
    DATABASE_URL: `sqlite:${source.path('second.db')}`,
    ISSUER: 'https://auth.example.com',
    ADMIN_PASSWORD: 'not the default',
  })
  const { code, errors } = await second.pipe('import -', piped.output)
  t.equal(code, 0)
  t.match(
    errors,
    /The export comes from http:\/\/localhost:8000, but ISSUER is https:\/\/auth\.example\.com\. Clients and tokens know the former: set ISSUER to it\.\n$/,
  )
})

t.test('an export of an earlier version, without a seal, is imported with a warning', async (t) => {
  const source = await install(t, { SECRET })
  const [header = '', ...lines] = (await source.pipe('export -')).output.trimEnd().split('\n')
  const secret_check = encrypt('export check', deriveKey(SECRET, 'export check'))
  const { records } = JSON.parse(lines.pop()!) as { records: object }
  const text = [JSON.stringify({ ...(JSON.parse(header) as object), secret_check }), ...lines, JSON.stringify({ records })].join('\n')
  const target = openTerminal(t, { SECRET, DATABASE_URL: `sqlite:${source.path('target.db')}` })
  t.match(await target.pipe('import -', text), {
    code: 0,
    errors: /\nAn earlier version wrote the file, without a seal: only you can know that nobody has changed it since\.\n$/,
  })
})

t.test('an import that can’t be is told in a sentence, and the database stays empty', async (t) => {
  const source = await install(t, { SECRET })
  const text = (await source.pipe('export -')).output
  const lines = text.trimEnd().split('\n')
  writeFileSync(source.path('good.jsonl'), text)
  writeFileSync(source.path('picture'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff]))
  writeFileSync(source.path('short.jsonl'), lines.slice(0, -1).join('\n'))
  writeFileSync(source.path('intruder.jsonl'), text.replace('"helen"', '"mallory"'))
  writeFileSync(source.path('twice.jsonl'), lines.map((line) => (line.includes('"helen"') ? `${line}\n${line}` : line)).join('\n'))
  mkdirSync(source.path('folder'))
  const databaseUrl = `sqlite:${source.path('target.db')}`
  const same = openTerminal(t, { SECRET, DATABASE_URL: databaseUrl })
  const other = openTerminal(t, { DATABASE_URL: databaseUrl })
  for (const [target, words, sentence] of [
    [same, 'none.jsonl', /^There is no file \S+none\.jsonl\. Name one that export wrote\.\n$/],
    [same, 'folder', /folder can't be read \(EISDIR: illegal operation on a directory\): choose another file/],
    [same, 'picture', /picture can't be imported: it is not text: name a file that export wrote\. Nothing was changed\.\n$/],
    [same, 'secret-file', /^There is no file/],
    [
      same,
      'short.jsonl',
      /short\.jsonl can't be imported: line \d+: the file was cut off, because the end of the export is missing: copy it again, or export again\. Nothing was changed\.\n$/,
    ],
    [
      same,
      'twice.jsonl',
      /twice\.jsonl can't be imported: line \d+: a record of users up to this line is a duplicate.*Nothing was changed\.\n$/,
    ],
    [same, 'intruder.jsonl', /intruder\.jsonl can't be imported: line \d+: the seal does not match.* Nothing was changed\.\n$/],
    [
      other,
      'good.jsonl',
      /^\S+good\.jsonl can't be imported: SECRET differs from that of the export.*: set SECRET to the same value \(the content of the file secret beside the exported database\)\. Nothing was changed\.\n$/,
    ],
  ] as const) {
    const { code, output, errors } = await target.pipe(`import ${source.path(words)}`)
    t.match({ code, output }, { code: 1, output: '' }, words)
    t.match(errors.split('\n').slice(-2).join('\n'), sentence, words)
  }
  t.match(await same.pipe('import -', ''), { code: 1, errors: /^Standard input can't be imported: it is not an export of this program/ })
  t.ok(Object.values(await contents(databaseUrl)).every((records) => records.length === 0))
  t.match(await source.pipe(`import ${source.path('good.jsonl')}`), {
    code: 1,
    output: '',
    errors:
      /^The database isn't empty \(signing_keys\): import before a server starts with it for the first time, or name an empty one in DATABASE_URL\.\n$/,
  })
})

t.test('an export that would be of no use, or has nowhere to go, is refused', async (t) => {
  const source = await install(t, { SECRET })
  const other = openTerminal(t, { SECRET: `${SECRET}!`, DATABASE_URL: source.databaseUrl })
  t.match(await other.pipe(`export ${source.path('export.jsonl')}`), {
    code: 1,
    errors:
      /^SECRET \(or the secret file beside the database\) is not the one that encrypted the signing keys in it: restore the previous one, or set SECRET_PREVIOUS to it\.\n$/,
  })
  t.notOk(existsSync(source.path('export.jsonl')))

  const closed = Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' })
  const output = new Writable({ write: (_chunk, _encoding, done) => done(closed) })
  const call = {
    positionals: ['-'],
    options: {},
    variables: { SECRET, DATABASE_URL: source.databaseUrl },
    output,
    errors: new Writable({ write: (_chunk, _encoding, done) => done() }),
    input: process.stdin,
    program: 'solar',
  }
  await t.rejects(exportEverything(call), { name: 'CommandRefused', message: /^Standard output ended early \(write EPIPE\)/ })
})

t.test('commands that move a database refuse what they can’t see, reach or do, in a sentence', async (t) => {
  const folder = t.testdir({ file: '' })
  const commands = [`backup ${folder}/x`, `restore ${folder}/file`, `export ${folder}/x`, `import ${folder}/file`]
  for (const [variables, sentence] of [
    [{ DATABASE_URL: 'sqlite::memory:' }, /^DATABASE_URL is sqlite::memory:, which no other program can see: set it to a file\.\n$/],
    [{ DATABASE_URL: 'mysql://db' }, /^DATABASE_URL \(its value isn't shown\) must be `sqlite:PATH`/],
    [{ DATABASE_URL: 'postgres://u:p@h', SECRET: 'short' }, /^SECRET \(its value isn't shown\) must/],
    [{ DATABASE_URL: 'postgres://u:p@127.0.0.1:1/d' }, /^SECRET must be set when DATABASE_URL is PostgreSQL/],
    [
      { DATABASE_URL: 'postgres://u:p@127.0.0.1:1/d', SECRET },
      /^(PostgreSQL doesn't answer at 127\.0\.0\.1:1: start it, or check DATABASE_URL \(.*\)|DATABASE_URL is PostgreSQL: (back it up with pg_dump, or write it to a file with export|restore a dump with pg_restore, or an export with import))\.\n$/,
    ],
  ] as const) {
    for (const words of commands) t.match(await openTerminal(t, variables).pipe(words), { code: 1, output: '', errors: sentence }, words)
  }
  for (const words of [commands[0]!, commands[2]!]) {
    for (const place of ['', '/file', '/none']) {
      t.match(await openTerminal(t, { DATABASE_URL: `sqlite:${folder}${place}/none.db` }).pipe(words), {
        code: 1,
        errors: /^There is no database \S+none\.db: set DATABASE_URL/,
      })
    }
  }
  t.match(await openTerminal(t, { DATABASE_URL: `sqlite:${folder}/file/x.db` }).pipe(`restore ${folder}/file`), {
    code: 1,
    errors: /^\S+file can't be restored \(E\w+: .*\): choose another file, or check its folder and disk\.\n$/,
  })
  t.strictSame(readdirSync(folder), ['file'])
})

t.test('while SECRET is replaced, an earlier export can be imported, and one that nobody could open is not made', async (t) => {
  const source = await install(t, { SECRET })
  const replaced = { SECRET: `${SECRET}!`, SECRET_PREVIOUS: SECRET }
  const file = source.path('export.jsonl')
  t.equal((await source.pipe(`export ${file}`)).code, 0)
  t.match(await openTerminal(t, { ...replaced, DATABASE_URL: source.databaseUrl }).pipe(`export ${file} --force`), {
    code: 1,
    errors: /^The signing keys are still encrypted with SECRET_PREVIOUS: start the server/,
  })
  const target = openTerminal(t, { ...replaced, DATABASE_URL: `sqlite:${source.path('target.db')}` })
  t.equal((await target.pipe(`import ${file}`)).code, 0)
  const keyset = await target.look(({ keys }) => loadKeyset(keys, replaced.SECRET, 1, { previousSecret: SECRET }))
  await target.look(({ keys }) => keys.deletePrivateKey(keyset.jwks.keys[0]!.kid!))
  t.equal((await target.pipe(`export ${file} --force`)).code, 0, 'encrypted anew, and a spent key has nothing to open')
})

t.test('a refused import quotes its file without what steers a terminal', async (t) => {
  const source = await install(t, { SECRET })
  const text = (await source.pipe('export -')).output
  const odd = text.replace('"columns":["', '"columns":["x\u009b2J\u202e","')
  t.not(odd, text)
  writeFileSync(source.path('odd.jsonl'), odd)
  const target = openTerminal(t, { SECRET, DATABASE_URL: `sqlite:${source.path('odd.db')}` })
  const { code, errors } = await target.pipe(`import ${source.path('odd.jsonl')}`)
  t.equal(code, 1)
  t.match(errors, /x.2J/u)
  t.notMatch(errors, /[\u007f-\u009f\u202a-\u202e]/)
})
