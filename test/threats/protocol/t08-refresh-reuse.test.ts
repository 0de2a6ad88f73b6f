// threat-model.md T8: refresh tokens rotate by one rule. A race or a lost answer is forgiven for a moment, a thief is not.
import t from 'tap'
import { createApi, credentials, isOAuthError } from '#test/support/api.ts'

const api = await createApi(t)
const client = await api.register()
const other = await api.register()

const refresh = (token = '', by = client) => api.post('/token', { grant_type: 'refresh_token', refresh_token: token, ...credentials(by) })
const next = async (token = ''): Promise<string> => {
  const response = await refresh(token)
  if (response.statusCode !== 200) throw new Error(response.body)
  return response.json().refresh_token as string
}
const REPLAYED = 'the refresh token was already used: everything issued with it is revoked'

t.test('T8: a refresh token that is used once its successor was used is a replay, and the family dies', async (t) => {
  const first = (await api.tokens(client)).refresh_token
  const second = await next(first)
  const third = await next(second)
  isOAuthError(t, await refresh(first), 400, 'invalid_grant', REPLAYED)
  isOAuthError(t, await refresh(third), 400, 'invalid_grant', 'the refresh token has expired or was revoked')
})

t.test('T8: a refresh token that is used after the grace time is a replay, its successor unused or not', async (t) => {
  const { access_token, refresh_token: first } = await api.tokens(client)
  const second = await next(first)
  api.clock.now += 60_000
  isOAuthError(t, await refresh(first), 400, 'invalid_grant', REPLAYED)
  isOAuthError(t, await refresh(second), 400, 'invalid_grant')
  t.equal((await api.app.inject({ url: '/userinfo', headers: { authorization: `Bearer ${access_token}` } })).statusCode, 401)
})

t.test('T8: within the grace time a client that lost the answer, or runs twice, gets the same successor', async (t) => {
  const first = (await api.tokens(client)).refresh_token
  const second = await next(first)
  api.clock.now += 59_999
  t.equal(await next(first), second)
  t.ok(await next(second))
  isOAuthError(t, await refresh(first), 400, 'invalid_grant', REPLAYED, 'once a successor was used')
})

t.test('T8: many who refresh at the same moment share one successor, however many they are', async (t) => {
  const first = (await api.tokens(client)).refresh_token
  const responses = await Promise.all(Array.from({ length: 100 }, () => refresh(first)))
  const tokens = new Set(responses.map((response) => response.json().refresh_token as string))
  t.equal(tokens.size, 1)
  t.ok(await next([...tokens][0]))
})

t.test('T8: owner and thief who both use a token within the grace time share its line, and the second to go on ends it', async (t) => {
  const { access_token, refresh_token: first } = await api.tokens(client)
  const [owner, thief] = [await next(first), await next(first)]
  const later = await next(owner)
  api.clock.now += 60_000
  isOAuthError(t, await refresh(thief), 400, 'invalid_grant', REPLAYED)
  isOAuthError(t, await refresh(later), 400, 'invalid_grant')
  t.equal((await api.app.inject({ url: '/userinfo', headers: { authorization: `Bearer ${access_token}` } })).statusCode, 401)
})

t.test('T8: a revocation wins against a refresh at the same moment', async (t) => {
  for (let round = 0; round < 10; round++) {
    const token = (await api.tokens(client)).refresh_token!
    const [rotated, revoked] = await Promise.all([refresh(token), api.post('/revoke', { token, ...credentials(client) })])
    t.equal(revoked.statusCode, 200)
    if (rotated.statusCode === 200) isOAuthError(t, await refresh(rotated.json().refresh_token), 400, 'invalid_grant')
    isOAuthError(t, await refresh(token), 400, 'invalid_grant')
  }
})

t.test('T8: a refresh token of another client is unknown, and stays as it was', async (t) => {
  const token = (await api.tokens(client)).refresh_token
  isOAuthError(t, await refresh(token, other), 400, 'invalid_grant', 'the refresh token is unknown')
  t.equal((await refresh(token)).statusCode, 200)
})

t.test('T8: a refresh token ends when nobody uses it for 30 days, and a year after the person logged in', async (t) => {
  const late = await createApi(t)
  const owner = await late.register()
  const use = (token = '') => late.post('/token', { grant_type: 'refresh_token', refresh_token: token, ...credentials(owner) })
  const DAY = 86_400_000
  const idle = (await late.tokens(owner)).refresh_token
  let token = (await late.tokens(owner)).refresh_token
  for (let day = 29; day < 365; day += 29) {
    late.clock.now += 29 * DAY
    token = (await use(token)).json().refresh_token as string
    t.ok(token, `day ${day}`)
  }
  isOAuthError(t, await use(idle), 400, 'invalid_grant')
  late.clock.now += 17 * DAY
  isOAuthError(t, await use(token), 400, 'invalid_grant', undefined, 'after a year')
})

t.test('T8: without a grace time every second use is a replay', async (t) => {
  const strict = await createApi(t, { REFRESH_GRACE: '0s' })
  const owner = await strict.register()
  const use = (token = '') => strict.post('/token', { grant_type: 'refresh_token', refresh_token: token, ...credentials(owner) })
  const first = (await strict.tokens(owner)).refresh_token
  const second = (await use(first)).json().refresh_token as string
  isOAuthError(t, await use(first), 400, 'invalid_grant', REPLAYED)
  isOAuthError(t, await use(second), 400, 'invalid_grant')
})
