import tseslint from 'typescript-eslint'

/** What each layer may not import: imports run schemas <- domain <- grants <- plugins <- app. */
const layer = (files, forbidden, message) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns: [{ group: forbidden, message }] }] },
})

/** Pure code takes time and randomness as arguments. */
const ambient = {
  'no-restricted-properties': [
    'error',
    { object: 'Date', property: 'now', message: 'Take `now` as an argument.' },
    { object: 'Math', property: 'random', message: 'Take new secrets as arguments.' },
    { object: 'process', property: 'env', message: 'Only config.ts and server.ts know the environment.' },
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
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-globals': ['error', { name: 'alert', message: 'No.' }],
      eqeqeq: 'error',
      'prefer-const': 'error',
    },
  },
  layer(
    ['src/schemas/**'],
    ['**/domain/**', '**/grants/**', '**/plugins/**', '**/storage/**', '**/keys/**', '**/app.ts'],
    'Schemas describe shape only.',
  ),
  layer(
    ['src/domain/**'],
    ['**/grants/**', '**/plugins/**', '**/storage/**', '**/keys/**', '**/app.ts', 'fastify', '@fastify/*'],
    'Domain rules are pure functions.',
  ),
  layer(
    ['src/storage/**'],
    ['**/grants/**', '**/plugins/**', '**/keys/**', '**/app.ts', 'fastify', '@fastify/*'],
    'The storage knows records, not HTTP.',
  ),
  layer(
    ['src/grants/**'],
    ['**/plugins/**', '**/app.ts', '**/sqlite.ts', '**/postgres.ts'],
    'A grant knows the domain and the storage interface.',
  ),
  layer(
    ['src/fetch/**'],
    ['**/grants/**', '**/plugins/**', '**/storage/**', '**/keys/**', '**/app.ts', 'fastify', '@fastify/*'],
    'The fetcher knows rules, not who asks.',
  ),
  layer(
    ['src/resource-server/**'],
    [
      '**/config/**',
      '**/grants/**',
      '**/plugins/**',
      '**/storage/**',
      '**/keys/**',
      '**/fetch/**',
      '**/app.ts',
      '@fastify/*',
      '@sinclair/*',
    ],
    'The library for resource servers ships without the server.',
  ),
  layer(['examples/mcp-server/**'], ['../**/src/**', '**/dist/**'], 'An example uses what the package exports.'),
  layer(
    ['src/plugins/**'],
    ['**/app.ts', '**/server.ts', '**/sqlite.ts', '**/postgres.ts'],
    'Only open.ts knows an engine; only app.ts knows all plugins.',
  ),
  { files: ['src/domain/**', 'src/schemas/**'], rules: ambient },
)
