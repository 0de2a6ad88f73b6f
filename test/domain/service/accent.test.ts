import { readFileSync } from 'node:fs'
import t from 'tap'
import { GROUNDS, contrast, parseAccent } from '#src/domain/service/accent.ts'

t.test('an operator gives one colour for all pages, or one for light and one for dark', async (t) => {
  t.strictSame(parseAccent('#0b7d78'), {
    ok: true,
    value: {
      light: { accent: '#0b7d78', onAccent: '#ffffff', hover: '#096a66' },
      dark: { accent: '#0b7d78', onAccent: '#ffffff', hover: '#096a66' },
    },
  })
  t.match(parseAccent(' #00F , #99f'), {
    value: { light: { accent: '#0000ff', onAccent: '#ffffff' }, dark: { accent: '#9999ff', onAccent: '#0d1330', hover: '#a8a8ff' } },
  })
})

t.test('an operator reads which colour nobody would see, where, and what would do', async (t) => {
  const table: [string, RegExp][] = [
    [
      '#ffd400',
      /^have a contrast of at least 3 on a light page, where #ffd400 has 1\.3: choose a darker one, or two .*, another for dark$/,
    ],
    [
      '#3442b4',
      /^have a contrast of at least 3 on a dark page, where #3442b4 has 2\.1: choose a lighter one, or two .*, the first for light$/,
    ],
    ['#3442b4,#222', /on a dark page, where #222222/],
    ['#fff,#a3b3ff', /on a light page, where #ffffff/],
    ['blue', /be a colour such as/],
    ['#12345', /be a colour such as/],
    ['#12345g', /be a colour such as/],
    ['#3442b4,', /be a colour such as/],
    ['#3442b4,#a3b3ff,#fff', /be a colour such as/],
  ]
  for (const [raw, problem] of table) t.match(parseAccent(raw), { ok: false, error: problem }, raw)
})

t.test('a reader can read what is on a button of any colour that is accepted, also under the pointer (WCAG 2.2, 1.4.3)', async (t) => {
  let accepted = 0
  for (let red = 0; red < 256; red += 15)
    for (let green = 0; green < 256; green += 15)
      for (let blue = 0; blue < 256; blue += 15) {
        const parsed = parseAccent(`#${[red, green, blue].map((value) => value.toString(16).padStart(2, '0')).join('')}`)
        if (!parsed.ok) continue
        accepted++
        for (const { accent, hover, onAccent } of Object.values(parsed.value))
          for (const ground of [accent, hover]) if (contrast(onAccent, ground) < 4.5) t.fail(`${onAccent} on ${ground}`)
        for (const ground of Object.values(GROUNDS).flat())
          if (contrast(parsed.value.light.accent, ground) < 3) t.fail(`${parsed.value.light.accent} on ${ground}`)
      }
  t.ok(accepted > 100)
})

t.test('the backgrounds that are checked are those of the pages', async (t) => {
  const css = readFileSync(new URL('../../../src/templates/assets/style.css', import.meta.url), 'utf8')
  const [light, dark] = [...css.matchAll(/:root \{([^}]*)\}/g)].map(([, body]) =>
    ['card', 'well'].map((name) => new RegExp(`--${name}: (#[0-9a-f]{6});`).exec(body!)?.[1]),
  )
  t.strictSame({ light, dark }, GROUNDS)
})

t.test('a contrast is that of WCAG 2.2', async (t) => {
  t.equal(contrast('#000000', '#ffffff'), 21)
  t.equal(contrast('#ffffff', '#ffffff'), 1)
  t.equal(contrast('#777777', '#ffffff').toFixed(2), '4.48')
})
