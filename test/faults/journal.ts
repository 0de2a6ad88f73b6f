/**
 * What clients asked and what they were told, on the disk: an intent before its request is sent, an answer before it
 * counts. An intent without an answer was under way: it may have happened or not.
 */
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'

/** A step of a client, with what it needs, and what a good answer brings. */
export interface Steps {
  login: { needs: { clientId: string }; brings: { cookies: [string, string][] } }
  register: { needs: object; brings: { clientId: string; clientSecret: string } }
  authorize: { needs: { clientId: string }; brings: { code: string } }
  exchange: { needs: { clientId: string; code: string }; brings: { token: string } }
  refresh: { needs: { clientId: string; token: string }; brings: { token: string } }
  revoke: { needs: { clientId: string; token: string }; brings: object }
}
export type Step = keyof Steps

export type Intent = { [S in Step]: { n: number; step: S; intent: Steps[S]['needs'] } }[Step]
export type Answer = { [S in Step]: { n: number; step: S; answer: Steps[S]['brings'] } }[Step]
/** An intent, or what became of it. An answer of 5xx promises nothing, and isn't written. */
export type Line = Intent | Answer | { n: number; step: Step; refused: string }

export interface Journal {
  intend<S extends Step>(step: S, intent: Steps[S]['needs']): number
  answered<S extends Step>(n: number, step: S, answer: Steps[S]['brings']): void
  refused(n: number, step: Step, refused: string): void
  /** How many answers have been written. */
  answers(): number
  /** Everything written so far, read from the disk. */
  read(): Line[]
  close(): void
}

export function openJournal(path: string): Journal {
  const file = openSync(path, 'a', 0o600)
  let count = 0
  let answers = 0
  function write(line: object): void {
    writeSync(file, `${JSON.stringify(line)}\n`)
    fsyncSync(file)
  }
  return {
    intend(step, intent) {
      const n = count++
      write({ n, step, intent })
      return n
    },
    answered(n, step, answer) {
      write({ n, step, answer })
      answers++
    },
    refused: (n, step, refused) => write({ n, step, refused }),
    answers: () => answers,
    read: () =>
      readFileSync(path, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Line),
    close: () => closeSync(file),
  }
}
