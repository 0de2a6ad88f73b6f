import { readFileSync } from 'node:fs'
import t from 'tap'

const css = readFileSync(new URL('../../src/templates/assets/style.css', import.meta.url), 'utf8')

/** The custom properties of the nth `:root`: light, then what dark changes. */
const roots = [...css.matchAll(/:root \{([^}]*)\}/g)].map(([, body]) =>
  Object.fromEntries([...body!.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name!, value!])),
)
const [light = {}, dark = {}] = roots
const schemes: Record<string, Record<string, string>> = { light, dark: { ...light, ...dark } }

type Rgb = [number, number, number]
const rgb = (hex: string): Rgb => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as Rgb
const mix = (over: Rgb, under: Rgb, alpha: number): Rgb => over.map((value, i) => value * alpha + under[i]! * (1 - alpha)) as Rgb

/** WCAG 2.2, "relative luminance" and "contrast ratio". */
const luminance = (color: Rgb) => {
  const [r, g, b] = color.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4)) as Rgb
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
const contrast = (a: Rgb, b: Rgb) => {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

const text: Array<[string, string]> = [
  ...['page', 'page-warm', 'card', 'well'].flatMap((ground): Array<[string, string]> => [
    ['text', ground],
    ['muted', ground],
    ['link', ground],
  ]),
  ['on-accent', 'accent'],
  ['on-accent', 'accent-hover'],
  ['warning-text', 'warning'],
  ['danger-text', 'danger'],
]
/** The focus ring keeps 2 px from what it surrounds, so what counts is the ground. */
const parts: Array<[string, string]> = [
  ['field', 'card'],
  ['field', 'well'],
  ['focus', 'card'],
  ['focus', 'page'],
  ['focus', 'well'],
  ['accent', 'card'],
  ['danger-line', 'card'],
  ['warning-line', 'card'],
]

for (const [scheme, colors] of Object.entries(schemes)) {
  t.test(`a reader can read every text in the ${scheme} scheme (WCAG 2.2, 1.4.3)`, async (t) => {
    for (const [front, ground] of text) {
      const ratio = contrast(rgb(colors[front]!), rgb(colors[ground]!))
      t.ok(ratio >= 4.5, `${front} on ${ground}: ${ratio.toFixed(2)}`)
    }
  })

  t.test(`a reader can read what is in the glow of the sun in the ${scheme} scheme`, async (t) => {
    for (const ground of ['page', 'page-warm']) {
      for (const front of ['text', 'muted']) {
        const ratio = contrast(rgb(colors[front]!), mix(rgb(colors.glow!), rgb(colors[ground]!), 0.55))
        t.ok(ratio >= 4.5, `${front} on the glow over ${ground}: ${ratio.toFixed(2)}`)
      }
    }
  })

  t.test(`a person sees fields, buttons and the focus in the ${scheme} scheme (WCAG 2.2, 1.4.11)`, async (t) => {
    for (const [front, ground] of parts) {
      const ratio = contrast(rgb(colors[front]!), rgb(colors[ground]!))
      t.ok(ratio >= 3, `${front} on ${ground}: ${ratio.toFixed(2)}`)
    }
  })
}

t.test('the dark scheme names no colour that the light one lacks', async (t) => {
  t.ok(Object.keys(light).length > 20)
  t.strictSame(
    Object.keys(dark).filter((name) => !(name in light)),
    [],
  )
})
