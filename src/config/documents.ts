/** The documents that are generated from the schema: `.env.example` and the table of settings. */
import type { Variable } from './kinds.ts'
import { ConfigSchema } from './schema.ts'

/** The variables in the order of the schema. */
const variables = (): Variable[] => Object.values(ConfigSchema.properties).map((schema) => schema.variable)

/** `.env.example`: every variable with its default, commented out, so that an unedited copy changes nothing. */
export function renderEnvExample(): string {
  const head = [
    '# Copy this file to .env and take the # from the lines that you want to change.',
    '# Every line shows the default. Durations are 60s, 15m, 12h, 30d or plain seconds.',
  ]
  const entries = variables().map(({ name, about, accepts, fallback = '', derived, example }) => [
    ...wrap(plain(about)),
    ...wrap(plain(`Must be ${accepts}.${derived === undefined ? '' : ` Default: ${derived}.`}`)),
    `# Example: ${name}=${example}`,
    `#${name}=${fallback}`,
  ])
  return [head, ...entries].map((lines) => lines.join('\n')).join('\n\n') + '\n'
}

/** The Markdown table of all variables, for docs/configuration.md. */
export function renderConfigTable(): string {
  const rows = variables().map(({ name, about, accepts, fallback, derived, example }) => {
    const standard = [fallback === undefined ? 'none' : code(fallback), ...(derived === undefined ? [] : [derived])].join('; ')
    return [code(name), standard, `${about} Must be ${accepts}.`, code(example)]
  })
  return (
    [['Variable', 'Default', 'What it is for', 'Example'], ['---', '---', '---', '---'], ...rows]
      .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
      .join('\n') + '\n'
  )
}

const code = (value: string) => `\`${value}\``

const plain = (markdown: string) => markdown.replaceAll('`', '')

function wrap(sentence: string): string[] {
  return sentence.match(/\S.{0,115}(?=\s|$)/g)!.map((line) => `# ${line}`)
}
