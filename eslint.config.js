import importX from 'eslint-plugin-import-x'
import tseslint from 'typescript-eslint'

/**
 * The layers, from the bottom up, and what each may import besides itself. `src/domain` stands for the whole folder; a room
 * that is named more precisely (`domain/protocol`) stands for that room only. What is missing here may be imported by nobody.
 */
const LAYERS = {
  schemas: [],
  domain: ['schemas'],
  logging: ['domain'],
  config: ['domain'],
  fetch: ['domain'],
  storage: ['domain'],
  crypto: ['domain', 'storage/storage.ts'],
  transfer: ['domain', 'crypto', 'storage'],
  grants: ['schemas', 'domain', 'crypto', 'storage/storage.ts'],
  operations: ['schemas', 'domain', 'config', 'crypto', 'storage', 'transfer'],
  plugins: ['schemas', 'domain', 'config', 'logging', 'fetch', 'crypto', 'storage/storage.ts', 'grants'],
  jobs: ['domain', 'crypto', 'storage/storage.ts'],
  process: ['schemas', 'domain', 'config', 'logging', 'storage', 'crypto', 'jobs', 'app.ts'],
  cli: ['schemas', 'domain', 'config', 'crypto', 'storage', 'transfer', 'operations', 'process', 'doctor'],
  doctor: ['domain/protocol', 'domain/dpop', 'fetch/public-address.ts'],
  'resource-server': ['domain/protocol', 'domain/dpop', 'schemas/protected-resource.ts'],
}

/** Within plugins: a feature imports the rooms below it, and of the features only those that are named. */
const BASE = ['kernel', 'pages', 'authentication']
const ROOMS = {
  pages: [],
  kernel: ['pages'],
  authentication: ['kernel'],
  discovery: BASE,
  registration: BASE,
  login: BASE,
  authorization: [...BASE, 'login'],
  device: [...BASE, 'login', 'authorization'],
  logout: [...BASE, 'login', 'authorization'],
  token: BASE,
}

/** A zone of import-x for one folder: everything of src that isn't listed is out of bounds. */
const zone = (folder, allowed) => ({
  target: `./src/${folder}`,
  from: './src',
  except: [folder, ...allowed].map((path) => `./${path}`),
  message: `src/${folder} may import ${allowed.length === 0 ? 'nothing' : allowed.join(', ')} (eslint.config.js; docs/architecture.md).`,
})

const zones = [
  ...Object.entries(LAYERS).map(([folder, allowed]) => zone(folder, allowed)),
  ...Object.entries(ROOMS).map(([room, allowed]) =>
    zone(`plugins/${room}`, [...LAYERS.plugins, ...allowed.map((name) => `plugins/${name}`)]),
  ),
]

/** Which npm packages a folder does without. */
const forbiddenPackages = (files, group, message) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns: [{ group, message }] }] },
})

/** Pure code takes time and randomness as arguments. */
const ambient = {
  'no-restricted-properties': [
    'error',
    { object: 'Date', property: 'now', message: 'Take `now` as an argument.' },
    { object: 'Math', property: 'random', message: 'Take new secrets as arguments.' },
    { object: 'process', property: 'env', message: 'Only process/environment.ts and cli.ts know the environment.' },
  ],
  'no-restricted-syntax': [
    'error',
    { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Take `now` as an argument.' },
    { selector: 'CallExpression[callee.name=/^(randomBytes|randomUUID|setTimeout|setInterval)$/]', message: 'Take it as an argument.' },
  ],
}

export default tseslint.config(
  { ignores: ['dist/', '.tap/', 'node_modules/', 'data/', 'examples/*/node_modules/'] },
  ...tseslint.configs.recommended,
  {
    plugins: { 'import-x': importX },
    settings: {
      'import-x/extensions': ['.ts'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
      'import-x/resolver': { node: { extensions: ['.ts', '.js'] } },
    },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-globals': ['error', { name: 'alert', message: 'No.' }],
      eqeqeq: 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      // Type imports count, too: a circle of types is a circle for the reader.
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'import-x/no-restricted-paths': ['error', { zones }],
    },
  },
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // tap waits for its subtests by itself.
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafePromises: [{ from: 'package', package: '@tapjs/core', name: 'PromiseWithSubtest' }] },
      ],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  forbiddenPackages(['src/{schemas,domain,storage,grants,fetch}/**'], ['fastify', '@fastify/*'], 'This layer knows nothing of HTTP.'),
  forbiddenPackages(['src/resource-server/**'], ['@fastify/*', '@sinclair/*'], 'The library ships without the server.'),
  forbiddenPackages(['examples/mcp-server/**'], ['../**/src/**', '**/dist/**'], 'An example uses what the package exports.'),
  { files: ['src/domain/**', 'src/schemas/**'], rules: ambient },
)
