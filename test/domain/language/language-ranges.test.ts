import t from 'tap'
import { canonicalTag, directionOf, matchLanguage } from '#src/domain/language/language-ranges.ts'

const chinese = ['en', 'zh-Hans']
const cases: [ranges: string, available: string[], expected: string | undefined][] = [
  ['ko', ['en', 'ko'], 'ko'],
  ['ko-KR', ['en', 'ko'], 'ko'],
  ['KO-kore-kr', ['en', 'ko'], 'ko'],
  ['fr ko en', ['en', 'ko'], 'ko'],
  ['kok', ['en', 'ko'], undefined],
  ['* fr', ['en', 'fr'], 'fr'],
  ['* ; constructor en_GB', ['en'], undefined],
  ['en', ['en-GB'], undefined],
  ['pt-BR', ['pt', 'pt-BR'], 'pt-BR'],
  ['pt-PT', ['pt', 'pt-BR'], 'pt'],
  ['de-DE-u-co-phonebk', ['de'], 'de'],
  ['de-DE-x-a-bcd', ['de-DE'], 'de-DE'],
  // Traditional Chinese is never Simplified Chinese, nor the other way round.
  ['zh-TW', chinese, undefined],
  ['zh-Hant', chinese, undefined],
  ['zh-HK', chinese, undefined],
  ['zh-Hant-TW', ['en', 'zh'], undefined],
  ['zh-TW', ['en', 'zh'], undefined],
  ['zh-TW zh en', chinese, 'en'],
  ['zh-TW zh en', ['en', 'zh'], 'en'],
  ['zh-TW zh-CN en', chinese, 'zh-Hans'],
  ['zh-CN', ['en', 'zh-Hant'], undefined],
  ['zh', chinese, 'zh-Hans'],
  ['zh-CN zh', chinese, 'zh-Hans'],
  ['zh-SG', ['en', 'zh'], 'zh'],
  ['zh-TW', ['en', 'zh-Hans', 'zh-Hant'], 'zh-Hant'],
  ['zh-Hant-HK', ['en', 'zh-Hant-TW', 'zh-Hant'], 'zh-Hant'],
  ['sr-Latn', ['en', 'sr'], undefined],
  ['sr-RS', ['en', 'sr'], 'sr'],
  ['qaa', ['en', 'qaa'], 'qaa'],
  ['qaa-Arab-x-one', ['qaa-Arab'], 'qaa-Arab'],
  [`${'fr '.repeat(32)}ko`, ['ko'], undefined],
]
for (const [ranges, available, expected] of cases) {
  t.test(`a reader of ${ranges} where there is ${available.join(', ')} gets ${expected ?? 'none of them'}`, async (t) => {
    t.equal(matchLanguage(ranges.split(' '), available), expected)
  })
}

t.test('a tag gets its usual spelling, and what is none is none', async (t) => {
  t.equal(canonicalTag('ZH-hant-tw'), 'zh-Hant-TW')
  for (const raw of ['', '*', 'en_GB', 'a', 'english!', '..']) t.equal(canonicalTag(raw), undefined, raw)
})

t.test('a language is written in the direction of its script', async (t) => {
  for (const tag of ['ar', 'he', 'fa-IR', 'ur', 'dv', 'ckb', 'az-Arab', 'qaa-Arab', 'ks', 'yi']) t.equal(directionOf(tag), 'rtl', tag)
  for (const tag of ['en', 'ko', 'zh-Hant', 'az', 'tr', 'ar-Latn', 'qaa', 'mn-Mong']) t.equal(directionOf(tag), 'ltr', tag)
})
