/**
 * How much of what can be repeated at will: races, kills, overload. `npm test` takes a fifth, with the same seed each time;
 * `npm run test:full` takes all of it, with any seed.
 */
export const FULL = process.env['TEST_SIZE'] === 'full'

/** @param full how many in a full run */
export const sized = (full: number): number => (FULL ? full : Math.ceil(full / 5))
