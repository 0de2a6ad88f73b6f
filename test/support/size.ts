/**
 * How often races, kills and overload are repeated. `npm test` does a fifth, with the same seed each time; `npm run test:full`
 * does all of it, with a new seed.
 */
export const FULL_SIZE = {
  /** Codes, and tokens, that several processes race for. */
  prizes: 2000,
  /** One-time tokens, updates and pushed requests that they race for. */
  fewerPrizes: 400,
  /** How often several connections open a new SQLite file at the same moment. */
  newFiles: 25,
  /** The same with an empty PostgreSQL database. */
  newDatabases: 10,
  /** How often a server is killed at work. */
  kills: 3,
  /** Requests that wait for a stranger's silent host at the same time. */
  waiting: 1000,
  /** Random histories of rules, consents and tokens. */
  histories: 1_000_000,
  /** How long a server is asked for more than it can carry, in seconds, and for how long what it can carry is measured. */
  overload: 10,
  warmUp: 5,
} as const

type Size = { readonly [Name in keyof typeof FULL_SIZE]: number }

export const FIFTH = Object.fromEntries(Object.entries(FULL_SIZE).map(([name, size]) => [name, Math.ceil(size / 5)])) as Size

export const isFull = process.env['TEST_SIZE'] === 'full'

export const SIZE: Size = isFull ? FULL_SIZE : FIFTH

/** Whether one of many cases belongs to this run: `npm test` takes the same one in `of` each time, `npm run test:full` all of them. */
export const isInShare = (index: number, of = 5): boolean => isFull || index % of === 0
