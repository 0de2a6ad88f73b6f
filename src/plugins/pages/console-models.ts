/** The console: every page of it is a heading and parts, so that a new page needs no template of its own. Owns no text and no markup. */

/** A sentence of src/templates/locales, with its values. */
export type Sentence = { key: string; values?: Readonly<Record<string, string | number>> }

/** What a row or a label shows: data as `text`, words of the page as `say`. `code`: an id, an address and the like. */
export type Cell = {
  text?: string
  say?: Sentence
  link?: string
  /** `long`: it gets more room than an id. */
  code?: true | 'long'
  /** As a badge. `bad`: somebody should look at it. */
  mark?: 'good' | 'bad' | 'plain'
}

export type Field = {
  /** Of its element: no other on the page has it. */
  id: string
  name: string
  label: Sentence
  hint?: Sentence
  type: 'text' | 'search' | 'email' | 'date' | 'select' | 'checkbox' | 'lines'
  value?: string
  maxlength: number
  required?: boolean
  checked?: boolean
  options?: Array<{ value: string; isChosen: boolean; text?: string; say?: Sentence }>
}

export type Hidden = { name: string; value: string }

export type ConsolePart = { id: string; title?: Sentence; note?: Sentence; link?: { to: string; say: Sentence } } & (
  | { facts: Array<{ label: Sentence; cells: Cell[] }> }
  | {
      columns: Sentence[]
      rows: Array<{ cells: Array<{ label: Sentence; cell: Cell }>; button?: { name: string; value: string; say: Sentence; about: string } }>
      empty: Sentence
      /** Of the buttons in the rows. */
      form?: { action: string; hidden: Hidden[] }
      /** Where the rest of a long list is. */
      pager?: { first?: string; next?: string }
    }
  | {
      form: {
        action: string
        method: 'get' | 'post'
        hidden: Hidden[]
        fields: Field[]
        submit: Sentence
        weight: 'primary' | 'usual' | 'danger'
      }
      /** Instead of doing it. */
      cancel?: { to: string; say: Sentence }
    }
  /** Something that is shown this once. */
  | { once: string }
)

export type ConsolePage = {
  heading: Sentence
  /** Beside the heading: how it is. */
  marks: Cell[]
  lead?: Sentence
  /** What has just been done. */
  notice?: Sentence
  /** Why something wasn't done, in the words of the operation, which are English. */
  problem?: string
  back?: { to: string; say: Sentence }
  parts: ConsolePart[]
  /** Every page of the console that the person may open. */
  groups: Array<{ say: Sentence; sections: Array<{ to: string; say: Sentence; isHere: boolean }> }>
  person: { username: string; role: Sentence }
  leave: { action: string; token: string }
}
