// Initial access tokens in the console: made with bounds and shown once, listed, and ended.
import t from 'tap'
import { textOf } from '#test/support/authorization.ts'
import { startConsole } from '#test/support/people/console.ts'

const PATH = '/admin/registration'

t.test('an operator makes a token with bounds, reads it once, and ends it after a question', async (t) => {
  const flow = await startConsole(t)
  const visitor = await flow.enter()
  t.match(textOf((await visitor.open(PATH)).html), /There are no tokens/)
  const made = await visitor.do(`${PATH}/add`, { name: 'partners', days: '30', uses: '5', hosts: 'app.example.com, app.example.org' })
  t.equal(made.status, 200)
  const [, token] = /([\w-]{43})</.exec(made.html)!
  const [record] = await flow.storage.initialAccessTokens.list()
  t.match(record, {
    name: 'partners',
    usesLeft: 5,
    expiresAt: flow.clock.now + 30 * 86_400_000,
    policy: { redirectHosts: ['app.example.com', 'app.example.org'] },
  })
  const payload = { redirect_uris: ['https://app.example.com/callback'] }
  const registered = await flow.app.inject({ method: 'POST', url: '/register', headers: { authorization: `Bearer ${token}` }, payload })
  t.equal(registered.statusCode, 201)
  await visitor.do(`${PATH}/add`, { name: 'anybody', days: '', uses: '', hosts: '' })
  const list = await visitor.open(PATH)
  t.match(textOf(list.html), /anybody.*any number.*for good.*partners.*4.*app\.example\.com app\.example\.org/s)
  t.notOk(list.html.includes(token!))
  for (const fields of [{ days: 'x' }, { uses: '0' }, { name: 'a b' }, { name: 'anybody' }, { hosts: '*' }])
    t.match((await visitor.do(`${PATH}/add`, { name: 'other', days: '', uses: '', hosts: '', ...fields })).status, /400|409/)
  t.match(textOf((await visitor.post(`${PATH}/delete`, { id: 'partners' })).page!.html), /Delete the token partners\?/)
  t.match((await visitor.do(`${PATH}/delete`, { id: 'partners' })).url, /notice=deleted$/)
  t.equal((await visitor.do(`${PATH}/delete`, { id: 'partners' })).status, 404)
})

t.test('a viewer reads the list, and neither makes nor ends a token', async (t) => {
  const flow = await startConsole(t)
  const viewer = await flow.enter(await flow.add('vera', 'viewer'))
  t.notMatch((await viewer.open(PATH)).html, /admin\/registration\/add/)
  t.equal((await viewer.do(`${PATH}/add`, { name: 'mine', days: '', uses: '', hosts: '' })).status, 403)
  t.equal((await viewer.do(`${PATH}/delete`, { id: 'mine' })).status, 403)
})
