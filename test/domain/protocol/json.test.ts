import fc from 'fast-check'
import t from 'tap'
import { holdsHalfCharacter, parseJsonObject } from '#src/domain/protocol/json.ts'

t.test('half a character is found in every spelling and place; a whole one is not taken for it', async (t) => {
  const BACKSLASH = '\\'
  for (const text of [
    '{"a":"\\ud800"}',
    '{"a":"\\uD800x"}',
    '{"a":"\\udc00"}',
    '{"a":"\\udfff\\ud83d"}',
    '{"\\ud83d":1}',
    '[["\\ud83d\\n\\ude00"]]',
    '{"a":"\\ud83d\\ude00\\ude00"}',
    `{"a":"${BACKSLASH}${BACKSLASH}${BACKSLASH}ud800"}`,
  ]) {
    t.equal(holdsHalfCharacter(text), true, text)
    t.equal(parseJsonObject(text), undefined)
  }
  for (const text of [
    '{"a":"\\ud83d\\ude00"}',
    '{"a":"\\uD83D\\uDE00\\u0000\\ue000\\ud7ff"}',
    '{"a":"😀"}',
    `{"a":"${BACKSLASH}${BACKSLASH}ud800"}`,
    `{"a":"${BACKSLASH}${BACKSLASH}${BACKSLASH}${BACKSLASH}ud800"}`,
    '{"a":1}',
  ]) {
    t.equal(holdsHalfCharacter(text), false, text)
    t.same(parseJsonObject(text), JSON.parse(text))
  }
})

t.test('no object with half a character is read, and every other one is', async (t) => {
  const word = fc.string({ unit: fc.constantFrom('\\', 'u', 'd', '8', '0', '\ud83d', '\ude00', '"', '\n', '😀') })
  fc.assert(
    fc.property(fc.dictionary(word, word), (object) => {
      // This is how JavaScript writes half a character, and nothing else.
      const text = JSON.stringify(object)
      const isUnicode = Object.entries(object)
        .flat()
        .every((each) => !/\p{Cs}/u.test(each))
      t.equal(parseJsonObject(text) !== undefined, isUnicode, text)
    }),
  )
})
