// An operator tries a provider (`provider check --login`): the server sends the browser on to the program that waits for it.
import t from 'tap'
import { newSecret } from '#src/crypto/random.ts'
import { TRIAL_BROWSER, trialState } from '#src/domain/provider/provider-attempt.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { startProviderFlow } from '#test/support/providers/provider-flow.ts'

const OTHER = { GITHUB_CLIENT_ID: 'id', GITHUB_CLIENT_SECRET: 'secret' }

t.test('the answer to a trial goes to a port of this machine, once, and makes no session', async (t) => {
  const { storage, person, issuer, clock } = await startProviderFlow(t, OTHER)
  const acme = (await storage.providers.findByName('acme'))!
  const begin = async () => {
    const state = trialState(newSecret())
    const expiresAt = clock.now + 60_000
    await storage.providerAttempts.insert({
      ...{ handleHash: sha256(state), browserHash: TRIAL_BROWSER, providerId: acme.id, progress: { port: 40_001 }, expiresAt },
    })
    return state
  }
  const back = (state: string, name = 'acme') => `${issuer}/login/${name}/callback?code=a%20code&state=${state}`
  const state = await begin()
  const browser = person()
  t.match((await browser.open(back(state, 'github'))).page, { status: 400 }, 'not of another provider')
  t.match((await browser.open(`${back(state)}&state=${state}`)).page, { status: 400 }, 'not with two states')
  const { away } = await browser.open(back(state))
  t.equal(away!.href, `http://127.0.0.1:40001/callback?code=a+code&state=${state}`)
  t.match((await browser.open(back(state))).page, { status: 400 }, 'once')
  t.notOk([...browser.cookies.keys()].some((name) => /session/.test(name)))
  const late = await begin()
  clock.now += 60_000
  t.match((await browser.open(back(late))).page, { status: 400 }, 'in time')
  t.match((await browser.open(back('trial.x'))).page, { status: 400 })
})

t.test('a trial is no login: with its state and a cookie of theirs, nobody gets further', async (t) => {
  const { storage, person, issuer, clock, leave } = await startProviderFlow(t)
  const acme = (await storage.providers.findByName('acme'))!
  const browser = person()
  await leave(browser)
  const [name, value] = [...browser.cookies].find(([name]) => /attempts/.test(name))!
  const state = trialState(newSecret())
  browser.cookies.set(name, `${value}.${state.slice(6)}`)
  const expiresAt = clock.now + 60_000
  const trial = { handleHash: sha256(state), browserHash: TRIAL_BROWSER, providerId: acme.id, progress: { port: 1 }, expiresAt }
  await storage.providerAttempts.insert(trial)
  t.match((await browser.open(`${issuer}/login/acme/callback?code=x&state=${state.slice(6)}`)).page, { status: 400 })
})
