/**
 * Lint: only rules that find bugs or keep a promise of CONTRIBUTING.md. Typed, because the costliest mistake here is a
 * promise nobody waits for, which no untyped rule sees across packages. Layout is Biome's business; lengths and names
 * are tests/architecture's, walls dependency-cruiser's. One TypeScript program over all sources (tsconfig.lint.json): half
 * the time of a project each, and no dependence on what `tsc -b` last built.
 */
import tseslint from 'typescript-eslint';

const typed = {
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': 'error',
  '@typescript-eslint/await-thenable': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  '@typescript-eslint/only-throw-error': 'error',
  '@typescript-eslint/restrict-plus-operands': 'error',
};

const untyped = {
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/consistent-type-imports': 'error',
  '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': 'allow-with-description' }],
  'no-empty': ['error', { allowEmptyCatch: false }],
  'prefer-const': 'error',
  'no-var': 'error',
  eqeqeq: ['error', 'always'],
  'no-fallthrough': 'error',
  'no-unsafe-finally': 'error',
};

/** Time and chance come through ports, or a run cannot be repeated. */
const ambientTimeAndChance = [
  {
    object: 'Date',
    property: 'now',
    message: 'Take a Clock (@preheat/ports): time must be under the control of tests.',
  },
  {
    object: 'Math',
    property: 'random',
    message: 'Take a Random (@preheat/ports): chance must be seeded and resumable.',
  },
];

export default tseslint.config(
  {
    ignores: [
      '**/dist/',
      '**/dist-lambda/',
      '**/generated/',
      '.sst/',
      '.preheat/',
      '.cache/',
      'tests/architecture/fixtures/',
    ],
  },
  {
    files: ['**/*.ts'],
    // These need SST's platform folder to type-check; `npm run infra:check` does that.
    ignores: ['infra/**', 'sst.config.ts', '*.ts'],
    plugins: { '@typescript-eslint': tseslint.plugin },
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { project: './tsconfig.lint.json', tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: { ...typed, ...untyped },
  },
  {
    files: ['infra/**/*.ts', 'sst.config.ts', '*.ts'],
    plugins: { '@typescript-eslint': tseslint.plugin },
    languageOptions: { parser: tseslint.parser },
    rules: { ...untyped, '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }] },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    rules: Object.fromEntries(Object.entries(untyped).filter(([name]) => !name.startsWith('@typescript-eslint/'))),
  },
  {
    files: ['packages/*/src/**/*.ts', 'functions/src/**/*.ts', 'gpu-runner/src/**/*.ts'],
    // Adapters and mains are where the real clock enters; the simulator and tests bring their own.
    ignores: [
      'packages/adapters/**',
      '**/main.ts',
      '**/lambda/*.ts',
      '**/*.test.ts',
      'packages/{sdk,cli,dashboard}/**',
    ],
    rules: { 'no-restricted-properties': ['error', ...ambientTimeAndChance] },
  },
);
