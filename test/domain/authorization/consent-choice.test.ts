// What somebody can choose on a consent page, and what a choice leaves.
import fc from 'fast-check'
import t from 'tap'
import { NOTHING_KNOWN, knownOf } from '#src/domain/authorization/consent.ts'
import type { Consented } from '#src/domain/authorization/consent.ts'
import { PRESETS, choiceIn, offerChoice, takenAway, without } from '#src/domain/authorization/consent-choice.ts'
import { decisions, permissions } from '#src/domain/authorization/requested-access.ts'
import type { ResourceScope } from '#src/domain/resource/resource.ts'
import { holds } from '#test/support/property.ts'
import { sampleClient, sampleResource } from '#test/support/records.ts'

const URI = 'https://planets.example/mcp'
const at = (...names: string[]) => names.map((name) => `${name} ${URI}`)
const scope = (name: string, more: Partial<ResourceScope> = {}): ResourceScope => ({ name, description: `To ${name}`, ...more })
const planets = sampleResource({
  identifier: URI,
  scopes: [
    scope('use', { kind: 'read', required: true }),
    scope('look', { kind: 'read' }),
    scope('move'),
    scope('drop', { kind: 'destroy' }),
  ],
})
const ask = (...scopes: string[]) => ({ scopes, targets: [{ identifier: URI, resource: planets }] })
const all = ask('openid', 'use', 'look', 'move', 'drop')
const client = sampleClient()
/** What is known of somebody who allowed these before. */
const knowing = (allowed: string[], declined: string[] = [], asked = all) => {
  const words = decisions(asked).filter((decision) => allowed.some((name) => decision.startsWith(`${name} `)))
  const before: Consented = { scopes: words, resources: [URI], declined: at(...declined) }
  return knownOf(client, 'https://a.example/', asked, before)
}
const stateOf = ({ options }: ReturnType<typeof offerChoice>) =>
  options.map(({ scope: { name }, state, isTicked, isNew }) => `${name} ${state}${isTicked ? ' ticked' : ''}${isNew ? ' new' : ''}`)

t.test('at first everything that destroys nothing is ticked, and what is required has no box', async (t) => {
  const offered = offerChoice(all, NOTHING_KNOWN, true)
  t.strictSame(stateOf(offered), ['use fixed ticked', 'look open ticked', 'move open ticked', 'drop open'])
  t.match(offered, { presets: PRESETS, preselected: 'choose' })
  t.match(offerChoice(ask('use', 'look', 'move'), NOTHING_KNOWN, true), { presets: PRESETS, preselected: 'all' })
  t.match(offerChoice(ask('look'), NOTHING_KNOWN, true), { presets: ['all', 'choose'] }, 'nothing but reading')
  t.match(offerChoice(ask('move', 'drop'), NOTHING_KNOWN, true), { presets: ['all', 'choose'] }, 'nothing to read')
  t.match(offerChoice(ask('openid', 'use'), NOTHING_KNOWN, true), { presets: [] }, 'nothing to choose')
  t.match(
    offerChoice(all, NOTHING_KNOWN, false),
    { presets: [], options: [{ state: 'fixed' }, { state: 'fixed' }, {}, {}] },
    'switched off',
  )
  t.match(offerChoice({ scopes: ['openid'], targets: [{ identifier: 'https://unknown.example' }] }, NOTHING_KNOWN, true), {
    options: [],
    presets: [],
  })
})

t.test('later, what was allowed is ticked or kept, and what was declined is not preselected', async (t) => {
  t.strictSame(stateOf(offerChoice(all, knowing(['openid', 'use', 'look', 'move', 'drop']), true)), [
    'use fixed ticked',
    'look open ticked',
    'move open ticked',
    'drop open ticked',
  ])
  const more = offerChoice(all, knowing(['openid', 'use', 'look'], ['move']), true)
  t.strictSame(stateOf(more), ['use fixed ticked', 'look kept ticked', 'move open', 'drop open new'])
  t.match(more, { preselected: 'choose' })
  t.strictSame(stateOf(offerChoice(ask('use', 'look', 'move'), knowing(['use', 'look'], [], ask('use', 'look', 'move')), true)), [
    'use fixed ticked',
    'look kept ticked',
    'move open ticked new',
  ])
  t.strictSame(
    stateOf(offerChoice(all, knowing(['openid']), true)),
    ['use fixed ticked new', 'look open ticked new', 'move open ticked new', 'drop open new'],
    'known for something else',
  )
})

t.test('a preset wins over boxes, and a form without one has only what is ticked', async (t) => {
  const offered = offerChoice(all, NOTHING_KNOWN, true)
  const left = (preset?: string, ...ticked: string[]) =>
    permissions(without(all, takenAway(offered, { preset, ticked: at(...ticked) }))).map((permission) => permission.split(' ')[0])
  t.strictSame(left('all'), ['openid', 'use', 'look', 'move', 'drop'])
  t.strictSame(left('read', 'drop'), ['openid', 'use', 'look'])
  t.strictSame(left('choose', 'move'), ['openid', 'use', 'move'])
  for (const preset of [undefined, '', 'everything', 'ALL']) t.strictSame(left(preset, 'move'), ['openid', 'use', 'move'], String(preset))
  t.strictSame(left('choose'), ['openid', 'use'])
  t.strictSame(choiceIn({}), { preset: undefined, ticked: [] })
  t.strictSame(choiceIn({ preset: 'all', scope: 'a' }), { preset: 'all', ticked: ['a'] })
  t.strictSame(choiceIn({ scope: ['a', 'b'] }).ticked, ['a', 'b'])
  const reading = offerChoice(ask('move', 'drop'), NOTHING_KNOWN, true)
  t.strictSame(takenAway(reading, { preset: 'read', ticked: [] }), at('move', 'drop'), 'a preset that was not offered')
})

t.test('of two resources with a scope of one name, each is chosen by itself', async (t) => {
  const moons = sampleResource({ id: 'resource_moons', identifier: 'https://moons.example/mcp', scopes: [scope('look'), scope('count')] })
  const asked = {
    scopes: ['openid', 'look', 'count'],
    targets: [...all.targets, { identifier: moons.identifier, resource: moons }, { identifier: 'urn:x' }],
  }
  const offered = offerChoice(asked, NOTHING_KNOWN, true)
  const left = without(asked, takenAway(offered, { preset: 'choose', ticked: [`look ${moons.identifier}`] }))
  t.strictSame(permissions(left), ['openid', `look ${moons.identifier}`])
  t.strictSame(left.scopes, ['openid', 'look'])
})

t.test('no choice, however it is made up, leaves more than was asked, or less than is required', async (t) => {
  const names = ['openid', 'use', 'look', 'move', 'drop', 'other']
  const word = fc.oneof(fc.constantFrom(...at(...names), ...names, ...PRESETS, '*', '__proto__'), fc.string())
  const choice = fc.record({ preset: fc.option(word, { nil: undefined }), ticked: fc.array(word, { maxLength: 6 }) })
  holds(
    t,
    fc.property(
      fc.subarray(names.slice(0, 5)),
      fc.subarray(names),
      fc.subarray(names),
      choice,
      fc.boolean(),
      (scopes, allowed, declined, made, isOn) => {
        const asked = ask(...scopes)
        const offered = offerChoice(asked, allowed.length === 0 ? NOTHING_KNOWN : knowing(allowed, declined, asked), isOn)
        const left = permissions(without(asked, takenAway(offered, made)))
        const before = permissions(asked)
        const fixed = offered.options.filter(({ state }) => state !== 'open').map(({ permission }) => permission)
        return (
          left.every((each) => before.includes(each)) &&
          fixed.every((each) => left.includes(each)) &&
          (isOn || left.length === before.length)
        )
      },
    ),
    2000,
  )
})
