// What a page calls the trouble that it tells of.
import t from 'tap'
import { errorKind } from '#src/plugins/pages/page-helpers.ts'

t.test('each trouble has the heading of its kind', async (t) => {
  const kinds = [404, 405, 429, 503, 500, 502, 400, 403].map((status) => errorKind(status, 'server'))
  t.strictSame(kinds, ['missing', 'missing', 'busy', 'busy', 'server', 'server', 'request', 'request'])
  t.strictSame(
    (['waiting', 'unlisted', 'refused'] as const).map((cause) => errorKind(403, cause)),
    ['waiting', 'barred', 'barred'],
  )
})
