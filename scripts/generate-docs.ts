/** `npm run docs`: writes what is made of the configuration schema, and of the quotes above tests. A test fails when these files aren't current. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { renderConfigTable, renderEnvExample } from '../src/config/config.ts'
import { readQuotes } from './quotes.ts'
import { renderCoverage } from './rfc-coverage.ts'

/** The generated files below a checkout: path and content. What is made of the README or of the tests is among them if those are there. */
export function generatedFiles(root: string): Map<string, string> {
  const files = new Map([
    ['.env.example', renderEnvExample()],
    ['docs/configuration.md', renderPage()],
  ])
  if (existsSync(join(root, 'README.md'))) files.set('README.md', withTable(readFileSync(join(root, 'README.md'), 'utf8')))
  if (existsSync(join(root, 'test'))) files.set('docs/rfc-coverage.md', renderCoverage(readQuotes(root)))
  return files
}

/** Writes the generated files below a checkout. */
export function writeGeneratedFiles(root: string): void {
  for (const [path, content] of generatedFiles(root)) writeFileSync(join(root, path), content)
}

/** Replaces what stands between the two marks, and leaves a text without them alone. */
function withTable(markdown: string): string {
  const between = /(<!-- configuration -->\n)[\s\S]*?(<!-- \/configuration -->)/
  return markdown.replace(between, (_all, before: string, after: string) => `${before}\n${renderConfigTable()}\n${after}`)
}

function renderPage(): string {
  return `# Configuration

<!-- Written by \`npm run docs\`: change src/config/schema.ts or scripts/generate-docs.ts instead. -->

Everything is set by environment variables, and everything has a default with which the server runs on your own machine. A file \`.env\`
in the working directory is read too ([.env.example](../.env.example) is one to copy); a variable of the environment wins over it.

- All variables are checked at the start. Each problem is reported with the name of the variable and what it must be; values of secrets
  are never shown.
- An empty variable counts as not set. Variables that aren't in the table are ignored.
- Durations are written \`60s\`, \`15m\`, \`12h\`, \`30d\` or as plain seconds; rate limits as \`10/15m\`, which is 10 in 15 minutes, or \`off\`.

${renderConfigTable()}
## On Railway

Railway sets these, and the defaults follow them:

| Variable | Effect |
| --- | --- |
| \`PORT\` | where the server listens |
| \`RAILWAY_PUBLIC_DOMAIN\` | \`ISSUER\` is \`https://\` and this domain |
| \`RAILWAY_VOLUME_MOUNT_PATH\` | the database lies in the volume; without one the server warns that the next deployment will lose all clients |
| \`RAILWAY_ENVIRONMENT\`, \`RAILWAY_ENVIRONMENT_NAME\` | with either of them, or a public domain, \`HOST\` is \`::\` and \`TRUST_PROXY\` is \`1\` |

You set \`ADMIN_PASSWORD\`, because the default is refused where others can reach the server, attach a volume, and set \`RAILWAY_RUN_UID=0\`,
because Railway mounts volumes as root and the image runs as an ordinary user.

## In a container

The image listens on all interfaces and keeps its data in \`/app/data\`: mount a volume there. \`ADMIN_PASSWORD\` and, for anything but a
trial on your own machine, \`ISSUER\` have to be set. Behind a reverse proxy set \`TRUST_PROXY\` too, else all visitors share one address
and one rate limit.

\`\`\`sh
docker run -p 8000:8000 -v solar-system:/app/data \\
  -e ISSUER=https://auth.example.com -e ADMIN_PASSWORD -e TRUST_PROXY=1 solar-system-oauth-server
\`\`\`
`
}

/* c8 ignore next: a test that ran this would write into the checkout that it is part of */
if (process.argv[1] === fileURLToPath(import.meta.url)) writeGeneratedFiles(fileURLToPath(new URL('..', import.meta.url)))
