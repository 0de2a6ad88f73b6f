import fc from 'fast-check'
import t from 'tap'
import { plainText } from '#src/domain/protocol/text.ts'
import { holds, shown } from '#test/support/property.ts'

t.test('a name keeps its letters and loses characters that hide or reorder text (T1)', async (t) => {
  const table: [string, string][] = [
    ['Claude', 'Claude'],
    ['  My \t\n app  ', 'My app'],
    ['태양계 서버', '태양계 서버'],
    ['<b>bold</b> & "quoted"', '<b>bold</b> & "quoted"'], // markup is the template's business, which escapes it
    ['safe\u202Egnp.exe', 'safegnp.exe'],
    ['\u2066isolate\u2069', 'isolate'],
    ['zero\u200Bwidth\u200D\u2060', 'zerowidth'],
    ['a\u0000b\u001Bc\u007Fd\u0085e', 'abcde'],
    ['line\u2028separator', 'line separator'],
    ['soft\u00ADhyphen\uFEFF', 'softhyphen'],
    ['tag\u{E0041}\u{E0042}ged', 'tagged'],
    ['\u3164\u115F\u2800\uFFA0', ''], // fillers: a name of nothing but these would look like none
    ['lone \uD800 surrogate', 'lone surrogate'],
    ['e\u0301', 'é'],
    ['', ''],
  ]
  for (const [raw, clean] of table) t.equal(plainText(raw, 200), clean, shown(raw))
})

t.test('a name keeps what its letters and emoji need', async (t) => {
  const kept = [
    '❤️ Notes',
    'Notes ❤︎',
    '👩‍🚀 Crew',
    '👩🏽‍🚀',
    '🏳️‍🌈 Pride',
    '👨‍👩‍👧‍👦',
    '1️⃣ #️⃣',
    '🏴󠁧󠁢󠁳󠁣󠁴󠁿',
    '🇰🇷',
    'می‌خواهم',
    'क्‍ष',
    'ශ්‍රී',
    'བསྒྲུབས',
    'ภาษาที่',
    'שָּׁלוֹם',
  ]
  for (const name of kept) t.equal(plainText(name, 200), name.normalize('NFC'), shown(name))
})

t.test('a name loses the same characters where they hide something', async (t) => {
  const table: [string, string][] = [
    ['a\uFE0Fb', 'ab'],
    ['1\uFE0F', '1'],
    ['pay\u200Dpal', 'paypal'],
    ['goo\u200Cgle', 'google'],
    ['\u200Dاب\u200C', 'اب'],
    ['👩\u200D', '👩'],
    ['👩\u200Dx', '👩x'],
    ['❤\uFE0F\uFE0F', '❤\uFE0F'],
    ['\u{1F3F4}\u{E0067}\u{E0062}\u{E0078}\u{E007F}', '\u{1F3F4}'],
    ['می\u200C\u200Cخواهم', 'میخواهم'],
  ]
  for (const [raw, clean] of table) t.equal(plainText(raw, 200), clean, shown(raw))
  t.equal(plainText('👩\u200D🚀', 2), '👩', 'a cut leaves no joiner without its other half')
})

t.test('no letter carries more than two marks, which would draw over other lines', async (t) => {
  t.equal(plainText(`Z${'\u0335'.repeat(190)}algo`, 200), 'Z\u0335\u0335algo')
  t.equal(plainText(`a${'\u0320\u0316\u20DD'.repeat(40)}`, 200).length, 3)
  t.equal(plainText(`ག${'\u0F92'.repeat(90)}`, 200).length, 5)
})

t.test('a name is cut by characters, not in the middle of one', async (t) => {
  t.equal(plainText('🪐🪐🪐', 2), '🪐🪐')
  t.equal(plainText('ab cd', 3), 'ab', 'no space is left at the cut')
})

t.test('property: any text becomes short, clean and final', async (t) => {
  const hostile = fc
    .array(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom(
          ' ',
          '\u200B',
          '\u0301',
          '\u202E',
          '\u3000',
          '\uD800',
          '\t',
          'e',
          '\u200D',
          '\u200C',
          '\uFE0F',
          '👩',
          'م',
          '1',
          '\u20E3',
        ),
      ),
    )
    .map((parts) => parts.join(''))
  holds(
    t,
    fc.property(hostile, fc.integer({ min: 1, max: 40 }), (raw, max) => {
      const clean = plainText(raw, max)
      // oxlint-disable-next-line no-misleading-character-class -- they are single characters
      const hidden = /(?![\u200C\u200D\u{E0061}-\u{E007F}])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u
      return [...clean].length <= max && plainText(clean, max) === clean && !hidden.test(clean)
    }),
    1000,
  )
})
