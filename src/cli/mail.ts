/** `mail check`. */
import * as operations from '../operations/mail.ts'
import type { Call } from './command.ts'
import { valueOf, withOperations } from './configured.ts'
import { readText } from './read-options.ts'

export async function checkMail(call: Call): Promise<void> {
  const asked = { to: readText(call, 'to') }
  const { from, to } = valueOf(call, await withOperations(call, (context) => operations.checkMail(context, asked)))
  call.output.write(`The mail server takes mails from ${from} to ${to}. None was sent.\n`)
}
