// Which folder may import which is in .dependency-cruiser.js.
import tseslint from 'typescript-eslint'

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
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-globals': ['error', { name: 'alert', message: 'No.' }],
      eqeqeq: 'error',
      'prefer-const': 'error',
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
  {
    files: ['examples/mcp-server/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['../**/src/**', '**/dist/**'], message: 'An example uses what the package exports.' }] },
      ],
    },
  },
  { files: ['src/domain/**', 'src/schemas/**', 'src/operations/**'], rules: ambient },
)
