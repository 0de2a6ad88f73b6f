import t from 'tap'
import { MACHINE_OWNER, ROLES, isLastOwner, isRole, mayChange, mayGiveRoles, roleOf, suffices } from '#src/domain/user/role.ts'
import type { Role } from '#src/domain/user/role.ts'

const person = (role?: Role) => ({ origin: 'operator' as const, role })
const ADMINISTRATOR = { origin: 'environment' as const, role: 'viewer' as const }

t.test('the administrator of the configuration is owner, whatever else is stored', async (t) => {
  t.equal(roleOf(ADMINISTRATOR), 'owner')
  for (const role of [undefined, ...ROLES]) t.equal(roleOf(person(role)), role)
  t.equal(roleOf({ origin: 'provider', role: 'operator' }), 'operator')
})

t.test('a role may do what those below it may, and nobody without one may anything', async (t) => {
  const table = ROLES.map((held) => ROLES.map((needed) => suffices(held, needed)))
  t.strictSame(table, [
    [true, false, false],
    [true, true, false],
    [true, true, true],
  ])
  for (const needed of ROLES) t.notOk(suffices(undefined, needed))
})

t.test('nobody changes somebody with a higher role', async (t) => {
  const changes = (role: Role) =>
    [person(), person('viewer'), person('operator'), person('owner'), ADMINISTRATOR].map((target) => mayChange({ role }, target))
  t.strictSame(changes('viewer'), [true, true, false, false, false])
  t.strictSame(changes('operator'), [true, true, true, false, false])
  t.strictSame(changes('owner'), [true, true, true, true, true])
  t.strictSame(
    ROLES.map((role) => mayGiveRoles({ role })),
    [false, false, true],
  )
  t.match(MACHINE_OWNER, { name: 'operator', role: 'owner', atMachine: true, address: undefined })
})

t.test('the last owner who can log in is known', async (t) => {
  const owner = { id: 'a', ...person('owner'), disabledAt: undefined }
  const other = (disabledAt?: number) => ({ id: 'b', disabledAt })
  t.ok(isLastOwner(owner, [owner]))
  t.ok(isLastOwner(owner, [owner, other(5)]), 'the other one is disabled')
  t.notOk(isLastOwner(owner, [owner, other()]))
  t.notOk(isLastOwner({ ...owner, disabledAt: 5 }, [owner]), 'disabled already')
  t.notOk(isLastOwner({ ...owner, role: 'operator' }, []))
})

t.test('a role is one of three words', async (t) => {
  t.strictSame(['viewer', 'operator', 'owner', 'Owner', 'admin', ''].map(isRole), [true, true, true, false, false, false])
})
