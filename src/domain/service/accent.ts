/** The colour of a service: whether people see it on our pages, and the colours that follow from it (WCAG 2.2, 1.4.3 and 1.4.11). */
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'

/** A colour of buttons, with the one that it has under the pointer, and that of the text on it. */
export interface Accent {
  readonly accent: string
  readonly hover: string
  readonly onAccent: string
}

/** For a light page and for a dark one. */
export interface Accents {
  readonly light: Accent
  readonly dark: Accent
}

type Rgb = readonly [number, number, number]

/** What buttons and signs are on: `--card` and `--well` of style.css, which a test compares. */
export const GROUNDS = { light: ['#ffffff', '#f3f5fb'], dark: ['#141a2f', '#0e1426'] } as const

/** The least contrast of a part that has to be seen, and of a text. */
const LEAST = { part: 3, text: 4.5 } as const
/** Texts on a button, the most pleasant first; one of white and black suffices for any colour. */
const TEXTS = ['#ffffff', '#0d1330', '#000000'] as const
const WHITE: Rgb = [255, 255, 255]
const BLACK: Rgb = [0, 0, 0]

/**
 * Reads one colour, or one for light pages and one for dark ones, separated by a comma.
 *
 * @returns the colours, or the rest of a sentence "it must ..."
 */
export function parseAccent(raw: string): Result<Accents, string> {
  const colours = raw.split(',').map((part) => hexOf(part.trim()))
  const [light, dark] = colours.length === 1 ? [...colours, ...colours] : colours
  if (light === undefined || dark === undefined || colours.length > 2)
    return err('be a colour such as `#0b6e69`, or two, for light and for dark')
  const problem = problemOn('light', light) ?? problemOn('dark', dark)
  return problem === undefined ? ok({ light: accentOf(light), dark: accentOf(dark) }) : err(problem)
}

function problemOn(scheme: keyof typeof GROUNDS, colour: string): string | undefined {
  const ratio = Math.min(...GROUNDS[scheme].map((ground) => contrast(colour, ground)))
  if (ratio >= LEAST.part) return undefined
  const [wanted, pair] = scheme === 'light' ? ['darker', 'another for dark'] : ['lighter', 'the first for light']
  return (
    `have a contrast of at least ${LEAST.part} on a ${scheme} page, where ${colour} has ${(Math.floor(ratio * 10) / 10).toFixed(1)}: ` +
    `choose a ${wanted} one, or two separated by a comma, ${pair}`
  )
}

/** The text keeps its contrast under the pointer, because the button then moves away from the colour of its text. */
function accentOf(accent: string): Accent {
  const onAccent = TEXTS.find((text) => contrast(text, accent) >= LEAST.text)!
  return { accent, onAccent, hover: mix(accent, onAccent === '#ffffff' ? BLACK : WHITE, 0.15) }
}

/** The contrast ratio of two colours, from 1 to 21. */
export function contrast(one: string, other: string): number {
  const [high, low] = [luminance(rgbOf(one)), luminance(rgbOf(other))].sort((a, b) => b - a) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

function luminance(colour: Rgb): number {
  const [red, green, blue] = colour.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4))
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
}

function mix(colour: string, [red, green, blue]: Rgb, share: number): string {
  const over = [red, green, blue]
  const mixed = rgbOf(colour).map((value, index) => Math.round(value * (1 - share) + over[index]! * share))
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`
}

const rgbOf = (hex: string): Rgb => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb

/** `#rgb` and `#rrggbb` in one spelling. */
function hexOf(raw: string): string | undefined {
  const hex = raw.toLowerCase()
  if (/^#[\da-f]{6}$/.test(hex)) return hex
  return /^#[\da-f]{3}$/.test(hex) ? `#${[...hex.slice(1)].map((digit) => digit + digit).join('')}` : undefined
}
