import t from 'tap'
import { describeScope } from '#src/domain/resource/resource.ts'

const scope = { name: 'sky:read', description: 'Look at the sky', translations: { ko: '하늘 보기', 'zh-hans': '看天空', pt: 'Ver o céu' } }

t.test('a scope is described in the language of the page, or one that it belongs to', async (t) => {
  for (const [language, words] of [
    ['ko', '하늘 보기'],
    ['KO-KR', '하늘 보기'],
    ['pt-BR', 'Ver o céu'],
    ['zh-Hans', '看天空'],
    ['zh-hans-cn', '看天空'],
    ['zh-Hant', 'Look at the sky'],
    ['zh', 'Look at the sky'],
    ['en', 'Look at the sky'],
    ['constructor', 'Look at the sky'],
    ['', 'Look at the sky'],
  ] as const)
    t.equal(describeScope(scope, language), words, language)
  t.equal(describeScope({ name: 'a', description: 'b' }, 'ko'), 'b')
})
