/** The sentences of the pages in one language: whether a file holds all of them. */

/** Sentences by their keys; a name in braces is a value that a page fills in. */
export type Messages = Readonly<Record<string, string>>

/** What differs from the complete file: keys that it lacks, keys that no page uses, and sentences with other values. */
export interface MessageGaps {
  readonly missing: readonly string[]
  readonly unknown: readonly string[]
  readonly otherValues: readonly string[]
}

export function compareMessages(messages: Messages, complete: Messages): MessageGaps {
  const isKnown = (key: string): boolean => Object.hasOwn(complete, key)
  const keys = Object.keys(messages)
  return {
    missing: Object.keys(complete).filter((key) => !Object.hasOwn(messages, key)),
    unknown: keys.filter((key) => !isKnown(key)),
    otherValues: keys.filter((key) => isKnown(key) && valuesOf(messages[key]!) !== valuesOf(complete[key]!)),
  }
}

/** The sentences that pages can use. */
export function usableMessages(messages: Messages, complete: Messages): Messages {
  const { unknown, otherValues } = compareMessages(messages, complete)
  const left = [...unknown, ...otherValues]
  return Object.fromEntries(Object.entries(messages).filter(([key]) => !left.includes(key)))
}

const valuesOf = (sentence: string): string => [...new Set(sentence.match(/\{\w+\}/g))].sort().join()
