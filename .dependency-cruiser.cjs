/**
 * The walls of the house (ARCHITECTURE.md), one named rule each. Every rule has a fixture that breaks it in
 * tests/architecture/fixtures/<rule name>/: a rule that cannot fail guards nothing.
 *
 * Walls bind shipped files. A test beside its file, and what only tests use (folders `testing` and `test-kit`), may borrow
 * from another floor; shipped files may not import them.
 */
const TEST_FILES = '\\.test\\.ts$|/(testing|test-kit)/';
const SHIPPED = { pathNot: TEST_FILES };
const ROOMS = '^(packages/[^/]+|functions|gpu-runner|infra)/';
const NPM_TYPES = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'];

/** An npm package, both as the repository resolves it and as it is written where it is not installed. */
const npm = (name) => `(^|node_modules/)${name}(/|$)`;
const packages = (...names) => names.map((name) => `^packages/${name}/`);

/**
 * A floor: a room imports from the listed rooms and itself, from no other.
 * @param room Folder of the room. @param may Path patterns of what it may import. @param why Shown when the rule fires.
 */
const floor = (room, may, why) => ({
  name: `floor-${room.replace('packages/', '')}`,
  comment: why,
  severity: 'error',
  from: { path: room === 'infra' ? '^infra/' : `^${room}/src/`, ...SHIPPED },
  to: { path: ROOMS, pathNot: [`^${room}/`, ...may] },
});

/** What jobs must never know; guarded by a rule of its own, through any chain. */
const ALGORITHMS = packages('recipes', 'nn', 'executor', 'graders', 'tasks');
const GROUND_TO_TRAINING = packages(
  ...['contracts', 'ports', 'jobs', 'adapters', 'tokenizer', 'checkpoints', 'graph', 'executor', 'nn', 'inference'],
  ...['graders', 'tasks', 'recipes', 'scheduler'],
);

const floors = [
  floor('packages/contracts', [], 'The ground: everything may depend on it, so it depends on nothing of ours.'),
  floor('packages/ports', [], 'The ground: interfaces that know neither who implements nor who uses them.'),
  floor(
    'packages/jobs',
    [...packages('contracts', 'ports'), ...ALGORITHMS],
    'The job machine is pure: state, lease and fence over ports.',
  ),
  floor(
    'packages/adapters',
    packages('contracts', 'ports'),
    'An adapter implements ports; what it is used for is not its business.',
  ),
  floor(
    'packages/simulator',
    packages('contracts', 'ports'),
    'Faults are injected at the ports, so that any production code can run under them.',
  ),
  floor(
    'packages/tokenizer',
    packages('contracts'),
    'Text to ids is the same for training and serving, so it belongs to neither.',
  ),
  floor(
    'packages/checkpoints',
    packages('contracts', 'ports', 'graph'),
    'Reads and writes models (its ONNX export uses the pure encoder of graph); never runs them.',
  ),
  floor(
    'packages/graph',
    packages('contracts'),
    'Pure data and rules for gradients: no runtime, so it is testable everywhere and cheap to load.',
  ),
  floor(
    'packages/executor',
    packages('contracts', 'graph'),
    'Runs any graph; must not know which model or algorithm it came from.',
  ),
  floor(
    'packages/nn',
    packages('contracts', 'ports', 'checkpoints', 'graph', 'executor'),
    'Models and losses (randomness is a port) know no algorithm, no job and no storage.',
  ),
  floor(
    'packages/inference',
    packages('contracts', 'ports', 'tokenizer', 'checkpoints'),
    'Serving (sampling randomness is a port) must stay free of training code: functions load it.',
  ),
  floor(
    'packages/graders',
    [...packages('contracts', 'ports'), '^packages/tasks/src/procedural/'],
    'A reward depends on sample and item alone, from training, evaluation and the API alike; what it calls, and the clock, are ports. ' +
      'Of tasks it needs the verifiers (./procedural) only: the data sets beside them must not reach a function.',
  ),
  floor(
    'packages/tasks',
    packages('contracts', 'ports'),
    'Tasks (randomness is a port) make data and verify answers; who trains on them is not their business.',
  ),
  floor(
    'packages/datasets',
    packages('tasks'),
    'Corpora are large: what ships may not come to depend on them. They are split as tasks are.',
  ),
  floor(
    'packages/recipes',
    packages('contracts', 'ports', 'nn', 'tokenizer', 'checkpoints', 'tasks', 'graders'),
    'A recipe (randomness is a port) never sees jobs, adapters or HTTP: that is what makes it resumable and testable.',
  ),
  floor(
    'packages/scheduler',
    packages('contracts', 'ports'),
    'Policies are pure functions, so that the simulator (randomness is a port) judges exactly what production runs.',
  ),
  floor('packages/sdk', [], 'The client is shipped alone: it speaks HTTP and imports no room.'),
  floor(
    'packages/cli',
    packages('sdk', 'tasks'),
    'A surface uses the platform as any client does, over HTTP; it starts processes, never imports them. (The demo takes its data set from tasks.)',
  ),
  floor('packages/dashboard', packages('sdk'), 'A surface uses the platform as any client does, over HTTP.'),
  floor(
    'functions',
    [
      ...packages(
        'contracts',
        'ports',
        'jobs',
        'adapters',
        'scheduler',
        'graders',
        'inference',
        'tokenizer',
        'checkpoints',
      ),
      '^packages/recipes/src/catalog(\\.ts$|/)',
    ],
    'The API validates, records and serves; of recipes it needs the schemas (./catalog) only.',
  ),
  floor(
    'gpu-runner',
    GROUND_TO_TRAINING,
    'The runner composes floors 0 to 2; it is no client of the API and no part of it.',
  ),
  floor('infra', [], 'Resources name handlers by path: deploying must not load the code that is deployed.'),
];

const walls = [
  {
    name: 'functions-never-reach-training',
    comment:
      'Cold start: a function that can reach nn, executor or TensorFlow.js, through whatever chain, pays for loading it. ' +
      'The recipe catalog is on that chain, so it holds schemas only.',
    severity: 'error',
    from: { path: ['^functions/src/', '^packages/recipes/src/catalog(\\.ts$|/)'], ...SHIPPED },
    to: { path: [...packages('nn', 'executor'), npm('@tensorflow')], reachable: true },
  },
  {
    name: 'jobs-never-know-recipes',
    comment: 'The job machine is proven once for every algorithm, which holds only while it cannot tell them apart.',
    severity: 'error',
    from: { path: '^packages/jobs/', ...SHIPPED },
    to: { path: ALGORITHMS, reachable: true },
  },
  {
    name: 'production-never-loads-the-scheduling-simulator',
    comment: 'Cold start, and honesty: policies know nothing of traces, baselines and bounds, which only judge them.',
    severity: 'error',
    from: { path: ROOMS, pathNot: ['^packages/scheduler/src/simulation/', TEST_FILES] },
    to: { path: '^packages/scheduler/src/simulation/' },
  },
  {
    name: 'aws-sdk-only-in-aws-adapter',
    comment: 'One place knows AWS: everything else runs on any store, and its tests need no cloud.',
    severity: 'error',
    from: { path: ROOMS, pathNot: ['^packages/adapters/src/aws/', TEST_FILES] },
    to: { path: npm('@aws-sdk') },
  },
  {
    name: 'tfjs-only-in-tfjs-executor',
    comment:
      'TensorFlow.js is one executor of several. Only the runner, which chooses, may also look whether it loads.',
    severity: 'error',
    from: { path: ROOMS, pathNot: ['^packages/executor/src/tfjs/', '^gpu-runner/src/executor', TEST_FILES] },
    to: { path: npm('@tensorflow') },
  },
  {
    name: 'onnxruntime-only-in-executor-and-inference',
    comment:
      'Two users of the native runtime: training (executor) and serving (inference). Sessions have one owner each.',
    severity: 'error',
    from: { path: ROOMS, pathNot: ['^packages/executor/src/onnx/', '^packages/inference/', TEST_FILES] },
    to: { path: npm('onnxruntime-node') },
  },
  {
    name: 'contracts-use-typebox-only',
    comment: 'Schemas are loaded by every process: their only dependency is the schema library.',
    severity: 'error',
    from: { path: '^packages/contracts/', ...SHIPPED },
    to: { dependencyTypes: [...NPM_TYPES, 'core'], pathNot: [npm('typebox'), ROOMS] },
  },
  {
    name: 'ports-use-nothing',
    comment: 'Interfaces need no library. Only the conformance suites, which are tests, use the test runner.',
    severity: 'error',
    from: { path: '^packages/ports/', pathNot: ['^packages/ports/src/conformance/', TEST_FILES] },
    to: { dependencyTypes: NPM_TYPES, pathNot: ROOMS },
  },
  {
    name: 'sdk-uses-nothing',
    comment: 'The client promises zero dependencies.',
    severity: 'error',
    from: { path: '^packages/sdk/src/', ...SHIPPED },
    to: { dependencyTypes: NPM_TYPES, pathNot: ROOMS },
  },
  {
    name: 'sdk-loads-in-browsers',
    comment: 'The dashboard runs the client in a browser: what only Node has may be imported on use, not at load.',
    severity: 'error',
    // The recording server is what the client is tested against.
    from: { path: '^packages/sdk/src/', pathNot: [TEST_FILES, '/recording-server\\.ts$'] },
    to: { dependencyTypes: ['core'], dynamic: false },
  },
  {
    name: 'nothing-imports-tests',
    comment: 'Tests may import anything, hence nothing may import them.',
    severity: 'error',
    from: { path: ROOMS },
    to: { path: '^tests/' },
  },
  {
    name: 'shipped-code-imports-no-test-file',
    comment: 'What a test file exports is not shipped; a helper that is needed twice is a file of its own.',
    severity: 'error',
    from: { path: ROOMS, ...SHIPPED },
    to: { path: TEST_FILES },
  },
  {
    name: 'test-runner-only-in-tests',
    comment: 'Shipped code must not load the test runner. The conformance suites are tests that adapters run.',
    severity: 'error',
    from: { path: ROOMS, pathNot: ['^packages/ports/src/conformance/', TEST_FILES] },
    to: { path: [npm('vitest'), npm('fast-check')] },
  },
  {
    name: 'no-deep-imports',
    comment: 'A package is used by its name and declared subpaths; a relative path into it bypasses what it promises.',
    severity: 'error',
    from: { path: '^(packages/[^/]+|functions|gpu-runner)/' },
    to: {
      path: '^(packages/[^/]+|functions|gpu-runner)/',
      pathNot: '^$1/',
      dependencyTypes: ['local'],
      dependencyTypesNot: ['npm', 'npm-dev', 'aliased'],
    },
  },
  {
    name: 'no-circular',
    comment: 'Files in a cycle can only be understood, tested and loaded together.',
    severity: 'error',
    from: { path: [ROOMS, '^tests/'] },
    to: { circular: true },
  },
  {
    name: 'no-unresolvable',
    comment:
      'The import names a file, package or subpath that does not exist (subpaths must be in the package\'s "exports").',
    severity: 'error',
    from: { path: [ROOMS, '^tests/'] },
    to: { couldNotResolve: true },
  },
];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [...floors, ...walls],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|dist-lambda|\\.sst|\\.preheat)/|^tests/architecture/fixtures/' },
    // Type imports count: a room that needs another's types depends on it.
    tsPreCompilationDeps: true,
    // Sources, not builds: the result must not depend on when `tsc -b` last ran.
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.cjs', '.json'],
    },
  },
};
