/** What a browser calls itself, in words that its owner recognizes. Anybody can send any header, so it is a hint and nothing more. */

/** Each pattern comes before those that its browsers also send: Edge says Chrome, and Chrome says Safari. */
const BROWSERS: readonly (readonly [string, RegExp])[] = [
  ['Edge', /\bEdg(?:e|A|iOS)?\//],
  ['Opera', /\b(?:OPR|Opera)\//],
  ['Samsung Internet', /\bSamsungBrowser\//],
  ['Whale', /\bWhale\//],
  ['Firefox', /\b(?:Firefox|FxiOS)\//],
  ['Chrome', /\b(?:Chrome|Chromium|CriOS|HeadlessChrome)\//],
  ['Safari', /\bVersion\/\S+ (?:Mobile\/\S+ )?Safari\//],
]
const SYSTEMS: readonly (readonly [string, RegExp])[] = [
  ['Android', /\bAndroid\b/],
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['Windows', /\bWindows\b/],
  ['macOS', /\bMac OS X\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Linux', /\bLinux\b/],
]

const nameOf = (table: typeof BROWSERS, userAgent: string): string | undefined => table.find(([, pattern]) => pattern.test(userAgent))?.[0]

/** Such as `Firefox · Linux`; `undefined` if it says neither. Product names are the same in every language. */
export function browserWords(userAgent = ''): string | undefined {
  const words = [nameOf(BROWSERS, userAgent), nameOf(SYSTEMS, userAgent)].filter((name) => name !== undefined)
  return words.length === 0 ? undefined : words.join(' · ')
}
