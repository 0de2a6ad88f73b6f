// T27: more than a rule allows, or than a person chose: by boxes, the way back, another tab, an edited form, or a rule that changes meanwhile.
import fc from 'fast-check'
import t from 'tap'
import { PHISHING_RESISTANT } from '#src/domain/authorization/authentication.ts'
import { permissionAt } from '#src/domain/protocol/scope.ts'
import { FRESH_MS } from '#src/plugins/kernel/resources.ts'
import { makeRule } from '#test/support/access.ts'
import { ADMIN } from '#test/support/app.ts'
import { answerOf, grantOf, pageOf, startFlow, whereabouts } from '#test/support/authorization.ts'
import type { Arrival, Page } from '#test/support/people/person.ts'
import { addResource } from '#test/storage/conformance/records.ts'

const URI = 'https://planets.example/mcp'
const KINDS = { use: 'read', look: 'read', move: 'write', drop: 'destroy' } as const
type Name = keyof typeof KINDS
const NAMES = Object.keys(KINDS) as Name[]
const SCOPES = NAMES.map((name) => ({
  name,
  description: `To ${name}`,
  kind: KINDS[name],
  ...(name === 'use' && { required: true as const }),
}))
/** What somebody may write into a form besides: other scopes, other servers, odd names. */
const FORGED = ['openid', 'profile', 'offline_access', permissionAt('drop', 'https://moons.example/mcp'), 'drop', '__proto__', '']
const PRESETS = ['all', 'read', 'choose', 'everything', undefined] as const

async function start(...[t, env]: Parameters<typeof startFlow>) {
  const flow = await startFlow(t, { RATE_LIMIT_TOKEN: 'off', RATE_LIMIT_LOGIN: 'off', ...env })
  const resource = await addResource(flow.storage, { identifier: URI, scopes: SCOPES })
  await addResource(flow.storage, { id: 'resource_moons', identifier: 'https://moons.example/mcp', scopes: SCOPES })
  flow.clock.now += FRESH_MS
  const person = flow.person()
  await person.submit(pageOf(await person.open(flow.url())), ADMIN)
  const url = (names: readonly Name[], more = {}) => flow.url({ scope: ['openid', ...names].join(' '), resource: URI, ...more })
  const granted = async (arrival: Arrival): Promise<readonly string[]> => (await grantOf(flow, answerOf(arrival)['code'])).scopes
  return { ...flow, resource, person, url, granted }
}

/** The page with other boxes ticked, as an edited form or a click would have them. */
const ticked = (page: Page, preset: string | undefined, boxes: readonly string[]): Page => ({
  ...page,
  form: {
    ...page.form!,
    checked: [...(preset === undefined ? [] : [['preset', preset] as const]), ...boxes.map((box) => ['scope', box] as const)],
  },
})

/** What a form says, of what its page offered, written a second time: a preset that the page doesn't have counts for nothing. */
function chosen({ html }: Page, offered: readonly Name[], preset: string | undefined, boxes: readonly string[]): Name[] {
  const counts = preset !== undefined && new RegExp(`name="preset" value="${preset}"`).test(html) ? preset : 'choose'
  return offered.filter((name) => {
    if (counts === 'all' || !html.includes(`value="${permissionAt(name, URI)}"`)) return true
    return counts === 'read' ? KINDS[name] === 'read' : boxes.includes(permissionAt(name, URI))
  })
}
const expectedOf = (names: readonly Name[]) => ['openid', ...names.map((name) => permissionAt(name, URI))]

t.test('every combination of boxes and presets, sent again and again by the way back, grants exactly what it says', async (t) => {
  const flow = await start(t, {})
  const page = pageOf(await flow.person.open(flow.url(NAMES)))
  const wrong: string[] = []
  let sent = 0
  for (const preset of PRESETS)
    for (let set = 0; set < 2 ** NAMES.length; set++) {
      const boxes = [
        ...NAMES.filter((_name, at) => set & (2 ** at)).map((name) => permissionAt(name, URI)),
        ...(set % 3 === 0 ? FORGED : []),
      ]
      const got = await flow.granted(await flow.person.submit(ticked(page, preset, boxes), { decision: 'allow' }))
      sent++
      if (String(got) !== String(expectedOf(chosen(page, NAMES, preset, boxes)))) wrong.push(`${preset} ${boxes.join()}: ${got.join()}`)
    }
  t.strictSame({ wrong, sent }, { wrong: [], sent: 5 * 16 })
})

interface Tab {
  readonly page: Page
  readonly offered: readonly Name[]
  readonly client: string
}

t.test(
  'however somebody clicks, in tabs old and new, while rules come and go, no grant has more than was chosen and is allowed',
  async (t) => {
    const flow = await start(t, {})
    const clients = [flow.clientId, await flow.register({ client_name: 'Another app' })]
    const tabs: Tab[] = []
    /** What was ever allowed on a page, by client. */
    const ever = new Map<string, Set<string>>(clients.map((client) => [client, new Set(['openid'])]))
    let rules: { id: string; denied: readonly Name[] }[] = []
    const isDenied = (name: Name) => rules.some(({ denied }) => denied.includes(name))
    const wrong: string[] = []
    const seen = { again: 0, shown: 0, silent: 0, granted: 0, refused: 0 }

    /** Compares what a client got, if it got something. */
    async function check(arrival: Arrival, client: string, atMost: readonly string[], what: string): Promise<void> {
      const code = arrival.away === undefined ? undefined : answerOf(arrival)['code']
      if (code === undefined) return
      const { scopes } = await grantOf(flow, code)
      const allowed = atMost.filter((each) => !NAMES.some((name) => isDenied(name) && each === permissionAt(name, URI)))
      const excess = scopes.filter((scope) => !allowed.includes(scope))
      if (excess.length > 0) wrong.push(`${what}: ${excess.join()}`)
    }

    const step = fc.record({
      act: fc.constantFrom('open', 'open', 'submit', 'submit', 'submit', 'silent', 'deny', 'undeny', 'stronger'),
      client: fc.constantFrom(...clients),
      names: fc.subarray(NAMES, { minLength: 1 }),
      preset: fc.constantFrom(...PRESETS),
      boxes: fc.subarray([...NAMES.map((name) => permissionAt(name, URI)), ...FORGED]),
      tab: fc.nat(),
    })
    for (const { act, client, names, preset, boxes, tab } of fc.sample(step, { seed: 19, numRuns: 400 })) {
      const known = ever.get(client)!
      if (act === 'open' || act === 'silent') {
        const arrival = await flow.person.open(flow.url(names, { client_id: client, ...(act === 'silent' && { prompt: 'none' }) }))
        seen.silent += Number(arrival.away?.searchParams.has('code') ?? false)
        await check(arrival, client, [...known], act)
        if (arrival.page !== undefined && whereabouts(arrival) === 'consent') {
          tabs.push({ page: arrival.page, offered: names.filter((name) => !isDenied(name)), client })
          seen.shown++
        }
      } else if (act === 'submit' && tabs.length > 0) {
        const { page, offered, client: of } = tabs[tab % tabs.length]!
        const arrival = await flow.person.submit(ticked(page, preset, boxes), { decision: 'allow' })
        const wanted = expectedOf(chosen(page, offered, preset, boxes))
        if (whereabouts(arrival) === 'consent') seen.again++
        else if (arrival.away?.searchParams.has('code')) {
          await check(arrival, of, wanted, 'submit')
          for (const scope of await flow.granted(arrival)) ever.get(of)!.add(scope)
          seen.granted++
        } else seen.refused++
      } else if (act === 'deny' || act === 'stronger') {
        const change = act === 'deny' ? { scopes: names } : { scopes: names, acr: PHISHING_RESISTANT }
        const rule = makeRule(flow.resource.id, act === 'deny' ? 'deny' : 'allow', change)
        await flow.storage.accessRules.insert(rule)
        // A rule that allows closes the server to all that it doesn't name, and nobody here has a passkey.
        rules.push({ id: rule.id, denied: act === 'deny' ? names : NAMES })
      } else if (act === 'undeny') {
        for (const { id } of rules) await flow.storage.accessRules.delete(id)
        rules = []
      }
      flow.clock.now += FRESH_MS
    }
    t.strictSame(wrong, [])
    for (const [what, times] of Object.entries(seen)) t.ok(times > 5, `${what}: ${times}`)
  },
)
