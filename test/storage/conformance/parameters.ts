/** The driver below the stores: statements, parameters, and units of work. */
import assert from 'node:assert/strict'
import { run, single, statement, unit } from '#src/storage/driver.ts'
import type { Driver, Parameter, Unit } from '#src/storage/driver.ts'
import { check, same, together } from './check.ts'
import { NOW } from './records.ts'

const INSERT = statement('insert into login_attempts (subject, attempts, expires_at) values ($1, $2, $3)')
const COUNT = statement('select count(*) as n from login_attempts')
const FIND = statement('select subject, attempts, expires_at from login_attempts where subject = $1')
const NOTHING = statement('select count(*) as n from login_attempts')

const find = (driver: Driver, subject: string) => driver.read(FIND, [subject])
const insert = (driver: Driver, subject: string) => driver.write(single(INSERT, subject, 1, 2))

/** Values that TypeScript wouldn't allow, but `JSON.parse` could return. */
const REFUSED: readonly unknown[] = [
  undefined,
  true,
  1.5,
  NaN,
  Infinity,
  -Infinity,
  2 ** 53,
  -(2 ** 53),
  10n,
  new Date(NOW),
  {},
  [],
  ['a'],
  Symbol('a'),
  () => 1,
  Buffer.from('a'),
]

export const parameters = [
  check('parameters are bound by number, also reordered and repeated', async (_storage, driver) => {
    const reordered = statement('insert into login_attempts (expires_at, subject, attempts) values ($3, $1, $2)')
    await driver.write(single(reordered, 'a', 1, 2))
    same(await find(driver, 'a'), [{ subject: 'a', attempts: 1, expires_at: 2 }])
    const repeated = statement('insert into login_attempts (attempts, subject, expires_at) values ($2, $1, $2)')
    await driver.write(single(repeated, 'b', 7))
    same(await find(driver, 'b'), [{ subject: 'b', attempts: 7, expires_at: 7 }])
    const mixed = statement('select subject from login_attempts where attempts < $2 and subject <> $1 and expires_at < $2 and subject = $3')
    same(await driver.read(mixed, ['b', 5, 'a']), [{ subject: 'a' }])
  }),
  check('text and numbers are read unchanged', async (_storage, driver) => {
    const texts = ['', ' ', 'a\nb\tc', '\'";--', '$1 ?1 :a', '김민준 🪐', 'e\u0301', '\u007f', 'x'.repeat(100_000)]
    for (const text of texts) {
      await insert(driver, text)
      same(await find(driver, text), [{ subject: text, attempts: 1, expires_at: 2 }])
    }
    for (const number of [0, -1, NOW, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
      await driver.write(single(INSERT, `number ${number}`, number, number))
      same(await find(driver, `number ${number}`), [{ subject: `number ${number}`, attempts: number, expires_at: number }])
    }
    same(await driver.read(COUNT, []), [{ n: texts.length + 5 }])
  }),
  check('searching for text that is not Unicode, or that an engine can’t store, is no error', async (storage, driver) => {
    for (const text of ['\u0000', 'a\u0000b', '\ud800', 'a\udc00']) {
      same(await find(driver, text), [])
      assert.equal(await storage.clients.find(text), undefined)
      assert.equal(await storage.users.findByUsername(text), undefined)
    }
  }),
  check('any other type of parameter is refused, by reads and writes, and nothing is stored', async (_storage, driver) => {
    for (const value of REFUSED) {
      await assert.rejects(driver.read(FIND, [value as Parameter]), TypeError)
      await assert.rejects(driver.write(single(INSERT, 'a', value as Parameter, 2)), TypeError)
      await assert.rejects(
        driver.write(
          unit(function* (): Unit<void> {
            yield* run(INSERT, 'b', 1, 2)
            yield* run(INSERT, 'c', value as Parameter, 2)
          }),
        ),
        TypeError,
      )
    }
    same(await driver.read(COUNT, []), [{ n: 0 }])
  }),
  check('null is stored in nullable columns, and refused in others', async (storage, driver) => {
    await assert.rejects(driver.write(single(INSERT, 'a', null, 2)))
    same(await driver.read(statement('select subject from login_attempts where $1 = subject'), [null]), [])
    same(await storage.users.list(), [])
  }),
  check('a wrong number of parameters is refused', async (_storage, driver) => {
    for (const given of [[], ['a'], ['a', 1], ['a', 1, 2, 3]] as Parameter[][]) {
      await assert.rejects(driver.write(single(INSERT, ...given)), TypeError)
    }
    await assert.rejects(driver.read(NOTHING, ['a']), TypeError)
    await assert.rejects(driver.read(FIND, []), TypeError)
  }),
  check('a unit sees its own rows and ends with its outcome', async (_storage, driver) => {
    const outcome = await driver.write(
      unit(function* (): Unit<string> {
        yield* run(INSERT, 'a', 41, 2)
        const [row] = yield* run(FIND, 'a')
        return `found ${row?.['attempts']}`
      }),
    )
    assert.equal(outcome, 'found 41')
    assert.equal(
      await driver.write(
        // oxlint-disable-next-line require-yield -- a unit without statements
        unit(function* (): Unit<string> {
          return 'nothing to do'
        }),
      ),
      'nothing to do',
    )
  }),
  check('a unit that throws leaves nothing behind, and its neighbours stay', async (_storage, driver) => {
    const failing = driver.write(
      unit(function* (): Unit<void> {
        yield* run(INSERT, 'mine', 1, 2)
        throw new RangeError('changed my mind')
      }),
    )
    const clashing = driver.write(
      unit(function* (): Unit<void> {
        yield* run(INSERT, 'also mine', 1, 2)
        yield* run(INSERT, 'also mine', 1, 2)
      }),
    )
    const [, , ...rest] = await Promise.allSettled([failing, clashing, ...['a', 'b', 'c'].map((subject) => insert(driver, subject))])
    assert.ok(rest.every((each) => each.status === 'fulfilled'))
    await assert.rejects(failing, RangeError)
    await assert.rejects(clashing)
    same(await driver.read(statement('select subject from login_attempts order by subject'), []), [
      { subject: 'a' },
      { subject: 'b' },
      { subject: 'c' },
    ])
  }),
  check('a statement that the database refuses only fails its caller', async (_storage, driver) => {
    await assert.rejects(driver.read(statement('select * from nowhere'), []))
    await assert.rejects(driver.write(single(statement('delete from nowhere'))))
    await insert(driver, 'a')
    assert.equal((await find(driver, 'a')).length, 1)
  }),
  check('units that run together don’t lose updates', async (_storage, driver) => {
    const increment = statement('update login_attempts set attempts = attempts + 1 where subject = $1')
    await insert(driver, 'a')
    await together(30, () => driver.write(single(increment, 'a')))
    same(await find(driver, 'a'), [{ subject: 'a', attempts: 31, expires_at: 2 }])
  }),
  check('a closed database means StorageUnavailable, and it may be closed twice', async (_storage, driver) => {
    const last = insert(driver, 'a')
    await Promise.all([driver.close(), driver.close()])
    await last
    await assert.rejects(driver.read(COUNT, []), { name: 'StorageUnavailable' })
    await assert.rejects(insert(driver, 'b'), { name: 'StorageUnavailable' })
    await driver.close()
  }),
  check('the database responds to a ping', async (storage) => {
    assert.equal(await storage.ping(), undefined)
    await storage.close()
    await assert.rejects(storage.ping(), { name: 'StorageUnavailable' })
  }),
]
