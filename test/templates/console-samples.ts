/** Models for the pages of the console: an overview, a list, one record, a question, something that is shown once. */
import type { Sample } from './samples.ts'
import { factsOf, fieldOf, formOf, mark, searchOf, tableOf, text, words } from '#src/plugins/console/parts.ts'
import { GROUPS } from '#src/plugins/console/sections.ts'
import { say } from '#src/plugins/console/show.ts'
import type { ConsolePage, ConsolePart } from '#src/plugins/pages/console-models.ts'

const token = 'dGhpcyBpcyBub3QgYSByZWFsIG9uZQ'
const since = 'Nov 29, 2026, 3:49 PM UTC'
const visit = { token, role: 'owner' } as const

const page = (here: string, changes: Partial<ConsolePage>): Sample => ({
  page: 'console',
  model: {
    heading: say(`console.${here}`),
    marks: [],
    parts: [],
    groups: GROUPS.map(({ id, sections }) => ({
      say: say(`console.group.${id}`),
      sections: sections.map((each) => ({ to: each.path, say: say(`console.${each.id}`), isHere: each.id === here })),
    })),
    person: { username: 'mina.park', role: say('console.role.owner') },
    leave: { action: '/admin/leave', token },
    ...changes,
  },
})

const numbers = factsOf(
  'numbers',
  [
    ['console.number.version', text('1.2.3')],
    ['console.number.issuer', { text: 'https://auth.example.com', code: true }],
    ['console.number.database', text('sqlite:./data/solar-system.db, 12.4 MB'), words('console.number.schema', { version: 56 })],
    ['console.number.users', { text: '128', link: '/admin/people' }],
    ['console.number.logins', words('console.number.logins.text', { logins: 41, failed: 3 })],
  ],
  { title: say('console.numbers') },
)
const account = factsOf('account', [
  ['console.column.id', { text: '0b9cbb5e-7f0e-4b7e-8a6f-0d7c1a1f4c55', code: true }],
  ['console.column.name', text('Mina Park')],
  ['console.column.email', text('mina.park@example.com'), mark('good', 'console.state.verified')],
  ['console.column.created', text(since)],
  ['console.column.factors', words('console.factors.codes'), words('console.factors.passkeys', { count: 2 })],
])
const needs = tableOf(
  'needs',
  ['console.column.what', 'console.column.state'],
  [
    {
      cells: [
        { text: 'google', link: '/admin/providers' },
        { say: say('console.needs.provider', { people: 3 }), mark: 'bad' },
      ],
    },
    {
      cells: [
        { text: 'ES256 7Qx', link: '/admin/keys', code: true },
        { say: say('console.needs.key', { at: since }), mark: 'plain' },
      ],
    },
  ],
  { title: say('console.needs'), empty: 'console.needs.none' },
)
const columns = ['console.column.username', 'console.column.name', 'console.column.email', 'console.column.state']
const people = (['mina.park', 'tomasz', 'ada'] as const).map((username, index) => ({
  cells: [
    { text: username, link: `/admin/people/${username}` },
    text(index === 0 ? 'Mina Park' : undefined),
    text(`${username}@example.com`),
    [mark('good', 'console.role.operator'), mark('bad', 'console.state.disabled'), text(undefined)][index]!,
  ],
}))
const list = (pager: { first?: string; next?: string }): ConsolePart[] => [
  searchOf('/admin/people', [
    fieldOf('q', 'console.people.search', { type: 'search', value: '', hint: say('console.people.search.hint') }),
  ]),
  tableOf('people', columns, people, {
    empty: 'console.people.none',
    link: { to: '/admin/links', say: say('console.people.invite') },
    pager,
  }),
]
const sessions = tableOf(
  'sessions',
  ['console.column.browser', 'console.column.since'],
  [
    {
      cells: [text('Firefox · Linux'), text(since)],
      button: { value: 'session-1', about: 'Firefox · Linux' },
    },
    { cells: [text(undefined), text(since)] },
  ],
  {
    title: say('console.person.sessions'),
    empty: 'console.person.sessions.none',
    buttons: { visit, operation: 'session.end', action: '/admin/people/end-session', name: 'id', say: 'console.do.end-session' },
  },
)
const roles = fieldOf('role', 'console.column.role', {
  type: 'select',
  options: ['none', 'owner'].map((value) => ({ value, isChosen: value === 'none', say: say(`console.role.${value}`) })),
})
const changes = [
  formOf('role', visit, { title: say('console.person.role'), action: '/admin/people/role', fields: [roles], submit: 'console.do.role' }),
  formOf('disable', visit, {
    title: say('console.person.disable'),
    note: say('console.person.disable.note'),
    action: '/admin/people/disable',
    submit: 'console.do.disable',
    weight: 'danger',
  }),
]
const rule = formOf('add', visit, {
  title: say('console.rule.add'),
  action: '/admin/rules/add',
  fields: [
    fieldOf('resource', 'console.column.resource', {
      type: 'select',
      required: true,
      hint: say('console.rule.name.hint'),
      options: [{ value: 'a', text: 'https://mcp.example.com/mcp', isChosen: true }],
    }),
    fieldOf('scopes', 'console.column.scopes', { type: 'lines', required: true, hint: say('console.rule.scopes.hint') }),
    fieldOf('name', 'console.rule.name', { required: true, hint: say('console.rule.name.hint') }),
    fieldOf('verified', 'console.rule.verified', { type: 'checkbox', value: 'yes', checked: true, hint: say('console.rule.name.hint') }),
  ],
  submit: 'console.do.add',
  weight: 'primary',
})
const question: ConsolePart = {
  ...formOf('confirm', visit, { action: '/admin/people/disable', submit: 'console.do.disable', weight: 'danger' }),
  cancel: { to: '/admin/people', say: say('console.cancel') },
} as ConsolePart
const back = { to: '/admin/people', say: say('console.people') }

export const consoleSamples = ({ markup, arabic, long }: Record<'markup' | 'arabic' | 'long', string>): Record<string, Sample> => ({
  'console-overview': page('overview', { parts: [needs, numbers] }),
  'console-quiet': page('overview', {
    parts: [tableOf('needs', ['console.column.what'], [], { empty: 'console.needs.none' }), numbers],
  }),
  'console-people': page('people', { parts: list({ next: '/admin/people?after=WyJhZGEiXQ' }), notice: say('console.notice.deleted') }),
  'console-last-people': page('people', { parts: list({ first: '/admin/people' }) }),
  'console-person': page('people', {
    heading: say('console.person', { user: 'mina.park' }),
    marks: [mark('good', 'console.role.operator')],
    parts: [account, sessions, ...changes],
    back,
  }),
  'console-rules': page('rules', { parts: [rule] }),
  'console-question': page('people', {
    heading: say('console.ask.disable', { user: 'mina.park' }),
    lead: say('console.person.disable.note'),
    parts: [question],
    back,
  }),
  'console-once': page('links', {
    heading: say('console.link.invitation'),
    parts: [{ id: 'link', note: say('console.once'), once: 'https://auth.example.com/invitation?token=abc' }],
  }),
  'console-problem': page('people', { heading: say('console.problem.title'), problem: 'grace is owner: that takes the same role.', back }),
  'odd-console': page('people', {
    heading: say('console.person', { user: `${arabic} ${markup} ${long}` }),
    marks: [{ text: markup, mark: 'plain' }],
    person: { username: `${markup} ${long}`, role: say('console.role.owner') },
    problem: markup,
    leave: { action: markup, token: markup },
    parts: [
      searchOf('/admin/people', [fieldOf('q', 'console.people.search', { type: 'search', value: markup })]),
      tableOf(
        'people',
        columns,
        [
          {
            cells: [
              { text: markup, link: `/admin/people/${encodeURIComponent(markup)}` },
              { text: `${arabic} ${long}` },
              { text: `${markup} ${long}`, code: true },
              { text: markup, mark: 'bad' },
            ],
            button: { value: markup, about: markup },
          },
        ],
        {
          empty: 'console.people.none',
          buttons: { visit: { ...visit, token: markup }, operation: 'user.delete', action: '/admin', name: 'id', say: 'console.do.delete' },
          pager: { next: markup },
        },
      ),
      formOf('odd', visit, {
        action: '/admin',
        hidden: [{ name: 'id', value: markup }],
        fields: [
          fieldOf('lines', 'console.column.scopes', { type: 'lines', value: `</textarea>${markup}` }),
          fieldOf('choice', 'console.column.group', {
            type: 'select',
            options: [{ value: markup, text: `</select>${markup}`, isChosen: true }],
          }),
        ],
        submit: 'console.do.add',
      }),
      { id: 'once', once: `${markup}${long}` },
    ],
  }),
})
