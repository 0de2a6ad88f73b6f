/** What people may do with their own accounts. Part of schema.ts. */
import { duration } from '../durations.ts'
import { choice } from '../kinds.ts'

export const ACCOUNT_SETTINGS = {
  accountDeletion: choice('ACCOUNT_DELETION', ['on', 'off'], {
    about: 'Whether people may delete their own account on the [account page](account.md). The administrator never can.',
    fallback: 'on',
    example: 'off',
  }),
  personalTokens: choice('PERSONAL_TOKENS', ['on', 'off'], {
    about:
      'Whether people may make [access tokens for their own scripts](account.md#tokens-of-ones-own) on the account page, and whether such tokens ' +
      'are accepted.',
    fallback: 'off',
    example: 'on',
  }),
  personalTokenMaxTtl: duration('PERSONAL_TOKEN_MAX_TTL', ['1h', '3650d'], {
    about: 'How long a personal access token may live at most. Each has an end.',
    fallback: '365d',
    example: '30d',
  }),
}
