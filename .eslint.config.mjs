// What eslint holds the code to: strict types, no floating promises, small files and functions, one layout.
import js from '@eslint/js'
import stylistic from '@stylistic/eslint-plugin'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

const emptyCatch = [
  { selector: 'CatchClause > BlockStatement[body.length=0]', message: 'An error is handled, logged with its reason or passed on.' },
  {
    selector: 'CallExpression[callee.property.name="catch"] > ArrowFunctionExpression > :matches(BlockStatement[body.length=0], Identifier[name="undefined"]).body',
    message: 'An error is handled, logged with its reason or passed on.'
  }
]
const executor = 'NewExpression[callee.name="Promise"] > ArrowFunctionExpression'
const timerCall = 'CallExpression[callee.name="setTimeout"]'
const honestTests = [
  {
    selector: `:matches(${[
      `${executor} > ${timerCall}.body`,
      `${executor} > BlockStatement[body.length=1] > ExpressionStatement > ${timerCall}`,
      `${executor} ${timerCall}[arguments.0.name=/^(resolve|r|res|done|ok)$/]`
    ].join(', ')})`,
    message: 'No sleeps: wait for an event, or poll with setInterval of node:timers/promises.'
  },
  {
    selector: `:matches(${[
      'CallExpression[callee.object.name=/^(test|it|describe|suite|t|context)$/][callee.property.name=/^(only|skip|todo)$/]',
      'CallExpression[callee.name=/^(test|it|describe|suite)$/] > ObjectExpression > Property[key.name=/^(only|skip|todo)$/][value.value=true]'
    ].join(', ')})`,
    message: 'Every test runs, each time.'
  }
]
const noSleepImports = { name: 'node:timers/promises', importNames: ['setTimeout', 'scheduler', 'default'], message: 'No sleeps: wait for an event.' }

export default defineConfig(
  globalIgnores(['dist', 'test/gates/fixtures', 'src/protocols/pb']),
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  stylistic.configs.customize({ indent: 2, quotes: 'single', semi: false, braceStyle: '1tbs', commaDangle: 'never', quoteProps: 'as-needed' }),
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname }
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      complexity: ['error', 15],
      'max-lines': ['error', 250],
      'max-lines-per-function': ['error', 40],
      'max-params': 'off',
      '@typescript-eslint/max-params': ['error', { max: 3 }],
      'no-shadow': 'off',
      '@typescript-eslint/no-shadow': 'error',
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true, named: true, defaultFrom: true, namedFrom: true, namespaceFrom: true } }],
      'no-restricted-syntax': ['error', ...emptyCatch],
      'no-empty': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-floating-promises': ['error', {
        allowForKnownSafeCalls: [{ from: 'package', name: ['describe', 'it', 'suite', 'test'], package: 'node:test' }]
      }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Spreading a string walks its code points, which is what cleaning a text needs.
      '@typescript-eslint/no-misused-spread': ['error', { allow: [{ from: 'lib', name: 'string' }] }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // An async method without await turns a throw into a rejection, which is what an interface of promises promises.
      '@typescript-eslint/require-await': 'off',
      '@stylistic/max-len': ['error', { code: 160, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true }],
      '@stylistic/max-statements-per-line': ['error', { max: 2 }],
      '@stylistic/operator-linebreak': 'off',
      '@stylistic/quotes': ['error', 'single', { avoidEscape: true, allowTemplateLiterals: 'always' }],
      '@stylistic/space-before-function-paren': ['error', { anonymous: 'always', named: 'never', asyncArrow: 'always', catch: 'always' }]
    }
  },
  { files: ['src/**'], ignores: ['src/openclaw/cli*', 'src/openclaw/cli*/**'], rules: { 'no-console': 'error' } },
  { files: ['src/index.ts', 'src/setup-entry.ts', '.*.mjs'], rules: { 'no-restricted-exports': 'off' } },
  {
    files: ['test/**'],
    rules: {
      'no-restricted-imports': ['error', { paths: [noSleepImports, { ...noSleepImports, name: 'timers/promises' }] }],
      'no-restricted-syntax': ['error', ...emptyCatch, ...honestTests]
    }
  },
  { files: ['test/**/*.{test,lab}.ts'], rules: { 'max-lines-per-function': 'off' } },
  { files: ['**/*.mjs'], extends: [tseslint.configs.disableTypeChecked], rules: { 'no-undef': 'off' } }
)
