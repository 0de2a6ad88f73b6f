import { join } from 'node:path'
import { parseEnv } from 'node:util'
import t from 'tap'
import { renderEnvExample } from '#src/config/config.ts'
import { parseEnvFile } from '#src/config/env-file.ts'
import { readEnvironment } from '#src/process/environment.ts'

t.test('an operator without a file .env, or with a folder of that name, gets the defaults', async (t) => {
  const folder = t.testdir({ '.env': {} })
  for (const path of [join(folder, 'nothing'), join(folder, '.env')])
    t.match(readEnvironment({}, path), { ok: true, value: { port: 8000 } })
})

t.test('a variable in the environment wins over one in the file', async (t) => {
  const path = join(t.testdir({ env: 'PORT=9001\nLOG_LEVEL=debug\n' }), 'env')
  t.match(readEnvironment({ PORT: '9002' }, path), { ok: true, value: { port: 9002, logLevel: 'debug', issuer: 'http://localhost:9002' } })
})

t.test('every usual form of a line is understood, whatever ends the lines', async (t) => {
  const forms: [line: string, name: string, value: string][] = [
    ['PORT=9001', 'PORT', '9001'],
    ['  PORT =  9001  ', 'PORT', '9001'],
    ['export A=warn # why', 'A', 'warn'],
    ['EMPTY=', 'EMPTY', ''],
    ['EMPTY= # nothing', 'EMPTY', ''],
    ['QUOTED="two\nlines = x" # why', 'QUOTED', 'two\nlines = x'],
    ['QUOTED="two\\nlines"', 'QUOTED', 'two\nlines'],
    ["SINGLE=' # \\n '", 'SINGLE', ' # \\n '],
    ['BACK=`it\'s "it"`', 'BACK', 'it\'s "it"'],
    ['BARE=it\'s "fine"', 'BARE', 'it\'s "fine"'],
    ['PASSWORD=pass#word', 'PASSWORD', 'pass#word'],
    ['URL=postgres://u:p@h/d?a=b', 'URL', 'postgres://u:p@h/d?a=b'],
    ['a.b-C_1=1', 'a.b-C_1', '1'],
  ]
  for (const [line, name, value] of forms) {
    for (const end of ['\n', '\r\n']) {
      const text = ['# comment', '', '  ', ' # comment', line, 'LAST=1'].join('\n').replaceAll('\n', end)
      t.same(parseEnvFile(text), { ok: true, value: { [name]: value, LAST: '1' } }, line)
    }
  }
  t.same(parseEnvFile(''), { ok: true, value: {} })
  t.same(parseEnvFile('\uFEFFPORT=1'), { ok: true, value: { PORT: '1' } }, 'Windows puts a mark in front')
})

t.test('an uncommented .env.example is read as Node reads it', async (t) => {
  const text = renderEnvExample().replaceAll(/^#(?=[A-Z])/gm, '')
  t.same(parseEnvFile(text), { ok: true, value: { ...parseEnv(text) } })
})

t.test('a line that makes no sense is a problem, named by its number but not shown', async (t) => {
  for (const [env, line] of [
    ['PORT=1\nADMIN_PASSWORD geheim', 2],
    ['A="two\nlines"\n\nB="open', 4],
    ['\uFFFDP\0O\0R\0T\0=\x001\0', 1],
    ['1PORT=1', 1],
    ['=1', 1],
    ['A=1\nB="x"y', 2],
    ["A=1\n\nB='open\nC=1", 3],
  ] as const) {
    const path = join(t.testdir({ env }), 'env')
    t.same(readEnvironment({}, path), {
      ok: false,
      error: [`Line ${line} of ${path} can't be read: write NAME=value, and close every quotation mark that you open.`],
    })
  }
})

t.test('a file that cannot be read is a problem', async (t) => {
  const path = join(t.testdir({ file: '' }), 'file', '.env')
  t.match(readEnvironment({}, path), { ok: false, error: [/^The file .* can't be read \(ENOTDIR.*\): make it readable, or remove it\.$/] })
})

t.test('a name in the file that is almost a setting is mentioned, others are left alone', async (t) => {
  const warningsFor = (env: string) => {
    const path = join(t.testdir({ env }), 'env')
    const read = readEnvironment({}, path)
    return (read.ok ? read.value.warnings : read.error).map((sentence) => sentence.replace(path, '.env'))
  }
  for (const [typed, meant] of [
    ['ISUER', 'ISSUER'],
    ['issuer', 'ISSUER'],
    ['LOG_LEVLE', 'LOG_LEVEL'],
    ['DATABASEURL', 'DATABASE_URL'],
    ['DATABASE_URLS', 'DATABASE_URL'],
    ['PROT', 'PORT'],
    ['ADMIN_PASWORD', 'ADMIN_PASSWORD'],
  ] as const)
    t.strictSame(warningsFor(`${typed}=geheim`), [`.env sets ${typed}, which is no setting: did you mean ${meant}?`], typed)
  for (const other of ['NODE_ENV', 'POSTGRES_PASSWORD', 'RESOURCE', 'TZ', 'PATH', 'COMPOSE_PROJECT_NAME', 'A'])
    t.strictSame(warningsFor(`${other}=x`), [], other)
  t.match(warningsFor('PROT=1\nPORT=none'), [/^PORT is "none"/, /did you mean PORT/], 'beside what is wrong')
  t.match(readEnvironment({ ISUER: 'x' }, join(t.testdir(), 'nothing')), { ok: true, value: { warnings: [] } })
})
