/** What people may do with their own accounts. Part of schema.ts. */
import { choice } from './kinds.ts'

export const ACCOUNT_SETTINGS = {
  accountDeletion: choice('ACCOUNT_DELETION', ['on', 'off'], {
    about: 'Whether people may delete their own account on the [account page](account.md). The administrator never can.',
    fallback: 'on',
    example: 'off',
  }),
}
