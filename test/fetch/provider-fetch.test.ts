import t from 'tap'
import { ProviderUnreachable, createProviderFetch } from '#src/fetch/provider-fetch.ts'

const ask = (answer: () => Promise<Response> | Response, options: object = {}) =>
  createProviderFetch({ fetch: async () => answer(), ...options })('https://id.example.com/token?secret=1')
const failed =
  (name: string, more: object = {}) =>
  () =>
    Promise.reject(Object.assign(new Error('of fetch'), { name, ...more }))

t.test('a provider that gives no usable answer is unreachable, in words without what was asked', async (t) => {
  for (const [answer, message] of [
    [failed('TimeoutError'), 'id.example.com/token took too long'],
    [failed('TypeError', { cause: { code: 'ENOTFOUND' } }), "id.example.com/token can't be reached (ENOTFOUND)"],
    [failed('TypeError'), "id.example.com/token can't be reached (TypeError)"],
    [failed('TypeError', { cause: {} }), "id.example.com/token can't be reached (TypeError)"],
    [() => new Response('', { status: 500 }), 'id.example.com/token answered 500'],
    [() => new Response('', { status: 429 }), 'id.example.com/token answered 429'],
    [
      () => new Response(null, { status: 302, headers: { location: 'https://evil.example' } }),
      'id.example.com/token redirects, which is not followed',
    ],
    [() => new Response('x'.repeat(262_145)), 'id.example.com/token answered more than 262144 bytes'],
  ] as const)
    await t.rejects(ask(answer), new ProviderUnreachable(message))
})

t.test('what it does answer is there, with nothing where nothing may be', async (t) => {
  t.equal(await (await ask(() => new Response('yes'))).text(), 'yes')
  for (const status of [204, 205]) t.equal((await ask(() => new Response(null, { status }))).status, status)
  t.equal((await ask(() => new Response(null, { status: 304 }), { showsRedirects: true })).status, 304)
  await t.rejects(createProviderFetch()('http://127.0.0.1:1/'), { name: 'ProviderUnreachable', message: /can't be reached/ })
})
