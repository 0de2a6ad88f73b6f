/** The words of a command as somebody types them in a folder of theirs, for a process that runs in another one. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Words } from '../../domain/gate/command/command.ts'
import type { Call } from '../command.ts'
import { readText } from '../read-options.ts'

/** The program's own path is made absolute. Which other words are paths nobody knows, so those that could be are named. */
export function inThisFolder(call: Call, words: Words): Words {
  const [program = '', ...more] = words
  const found = more.filter((word) => !word.startsWith('-') && !word.startsWith('/') && existsSync(word))
  if (found.length > 0 && readText(call, 'directory') === undefined)
    call.errors.write(
      `The command doesn't run in this folder, where ${found.join(', ')} is: write the whole path, or say --directory ${resolve('.')}\n`,
    )
  return [/[/\\]/.test(program) ? resolve(program) : program, ...more]
}
