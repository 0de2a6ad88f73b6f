import t from 'tap'
import { isGroupName, namedGroups } from '#src/domain/access/group.ts'

t.test('the name of a group fits into a header and a rule', async (t) => {
  for (const name of ['staff', 'a', 'Team_1', 'team@example.com', 'a/b:c.d+e-f', '0f8fad5b-d9cd-469f-a165-70867728950e', 'x'.repeat(64)])
    t.ok(isGroupName(name), name)
  for (const name of ['', ' ', 'a b', 'a,b', '-a', '*', '직원', 'a\n', 'x'.repeat(65)]) t.notOk(isGroupName(name), JSON.stringify(name))
})

t.test('a resource learns of groups only if it asks, and of fifty at most', async (t) => {
  const many = Array.from({ length: 60 }, (_, index) => `group-${index}`)
  t.equal(namedGroups(undefined, many), undefined)
  t.equal(namedGroups({ groupsClaim: undefined }, many), undefined)
  t.strictSame(namedGroups({ groupsClaim: true }, many), many.slice(0, 50))
  t.strictSame(namedGroups({ groupsClaim: true }, []), [])
})
