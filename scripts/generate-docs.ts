/** `npm run docs`: writes what is made from the configuration schema, from the commands, from the server's first words, and from the quotes above tests. A test fails when these files aren't current. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadConfig, renderConfigTable, renderEnvExample } from '../src/config/config.ts'
import { ConfigSchema } from '../src/config/schema.ts'
import { welcome } from '../src/process/welcome.ts'
import { renderCliPage } from './cli-docs.ts'
import { readQuotes } from './quotes.ts'
import { renderCoverage } from './rfc-coverage.ts'

/** The settings that the README shows: what most people change, in this order. */
const IN_README = ['ISSUER', 'ADMIN_PASSWORD', 'PORT', 'HOST', 'DATABASE_URL', 'SECRET', 'TRUST_PROXY', 'REGISTRATION']

/** Documents that are written by hand but for what is between `<!-- name -->` and `<!-- /name -->`. */
const PARTS: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  'README.md': { configuration: renderShortTable },
  'docs/try-it.md': { welcome: renderWelcome },
}

/** The generated files below a checkout: path and content. A document that has only parts to fill, and the coverage of the standards, are among them if there is something to make them from. */
export function generatedFiles(root: string): Map<string, string> {
  const files = new Map([
    ['.env.example', renderEnvExample()],
    ['docs/configuration.md', renderPage()],
    ['docs/cli.md', renderCliPage()],
  ])
  for (const [path, parts] of Object.entries(PARTS))
    if (existsSync(join(root, path))) files.set(path, withParts(readFileSync(join(root, path), 'utf8'), parts))
  if (existsSync(join(root, 'test'))) files.set('docs/rfc-coverage.md', renderCoverage(readQuotes(root)))
  return files
}

/** Writes the generated files below a checkout. */
export function writeGeneratedFiles(root: string): void {
  for (const [path, content] of generatedFiles(root)) writeFileSync(join(root, path), content)
}

/** Replaces what is between the marks; a text without them stays as it is. */
function withParts(markdown: string, parts: Readonly<Record<string, () => string>>): string {
  return Object.entries(parts).reduce((text, [name, render]) => {
    const between = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`)
    return text.replace(between, (_all, before: string, after: string) => before + render() + after)
  }, markdown)
}

/** The most important settings, in a table that fits on a screen. */
export function renderShortTable(): string {
  const variables = Object.values(ConfigSchema.properties).map(({ variable }) => variable)
  const rows = IN_README.map((name) => {
    const { fallback, about } = variables.find((variable) => variable.name === name)!
    return `| \`${name}\` | ${fallback === undefined ? 'none' : `\`${fallback}\``} | ${about.replaceAll('|', '\\|')} |\n`
  })
  return `\n| Variable | Default | What it is for |\n| --- | --- | --- |\n${rows.join('')}\n`
}

/** What the server prints in a terminal, as if it had been started in a folder of the reader's. */
function renderWelcome(): string {
  const config = loadConfig({})
  if (!config.ok) throw new Error(config.error.join('\n'))
  const printed = welcome(config.value, 'npm run cli --').replaceAll(process.cwd(), '/home/you/solar-system')
  return `\`\`\`\n${printed.replace(/^\n+|\s+$/g, '')}\n\`\`\`\n`
}

function renderPage(): string {
  return `# Configuration

<!-- Written by \`npm run docs\`: change src/config/schema.ts or scripts/generate-docs.ts instead. -->

You set everything by environment variables, and every variable has a default that works on your own machine. The server also reads a file
\`.env\` in the working directory ([.env.example](../.env.example) is one to copy); a variable of the environment wins over it.

- All variables are checked at the start. Each problem is reported with the name of the variable and what it must be. Values of secrets
  are never shown.
- An empty variable counts as not set. Variables that aren't in the table are ignored.
- Write durations as \`60s\`, \`15m\`, \`12h\`, \`30d\` or as plain seconds; rate limits as \`10/15m\`, which is 10 in 15 minutes, or \`off\`.

${renderConfigTable()}
## On Railway

Railway sets these variables, and the defaults follow them:

| Variable | Effect |
| --- | --- |
| \`PORT\` | the port to listen on |
| \`RAILWAY_PUBLIC_DOMAIN\` | \`ISSUER\` is \`https://\` and this domain |
| \`RAILWAY_VOLUME_MOUNT_PATH\` | the database is in the volume; without a volume the server warns that the next deployment will lose all clients |
| \`RAILWAY_ENVIRONMENT\`, \`RAILWAY_ENVIRONMENT_NAME\` | with either of them, or a public domain, \`HOST\` is \`::\` and \`TRUST_PROXY\` is \`1\` |

What you set yourself is in [deployment.md](deployment.md#railway).

## In a container

The image listens on all interfaces and keeps its data in \`/app/data\`: mount a volume there. Set \`ADMIN_PASSWORD\` and, for anything
but a trial on your own machine, \`ISSUER\`. Behind a reverse proxy set \`TRUST_PROXY\` too, or all visitors share one address and one rate
limit. The commands are in [deployment.md](deployment.md#docker).
`
}

/* c8 ignore next: a test that ran this would write into the checkout that it is part of */
if (process.argv[1] === fileURLToPath(import.meta.url)) writeGeneratedFiles(fileURLToPath(new URL('..', import.meta.url)))
