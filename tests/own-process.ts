/**
 * Which test files have a process of their own. All others share processes, file after file: starting one and loading the same
 * modules for each takes longer than most of them test. What modules keep is kept for the next file; what belongs to a process may
 * be looked at or changed only here: its memory and time, environment, signals, globals, and native runtimes, which round what is
 * too small to zero from their first use on. `architecture/house-rules.test.ts` finds files that should be here.
 */

/** Beginnings of paths from the root of the repository. */
export const OWN_PROCESS: readonly string[] = [
  // Whole systems, and mocks of a runtime.
  ...['e2e', 'fuzz', 'gpu', 'infra', 'interop', 'lambda', 'operations', 'security', 'simulation'].map(
    (folder) => `tests/${folder}/`,
  ),
  // Minutes: a process of its own is nothing beside them, and they come first, so that no core is idle in the end.
  'tests/recipes/learning.test.ts',
  'tests/recipes/smoke-and-resume.test.ts',
  'packages/graders/src/python/',
  // Rejections that nobody takes.
  'functions/src/serving/release-late.test.ts',
  // Environment, signals, globals.
  'packages/adapters/src/system/process-settings.test.ts',
  'packages/cli/src/from-clone.test.ts',
  'packages/cli/src/platform/keep-running.test.ts',
  'packages/dashboard/src/',
  'packages/sdk/src/platform-fetch.test.ts',
  'packages/tokenizer/src/fixed-date.test.ts',
  'tests/bench/replay/process-log.test.ts',
  // Memory, time, and how a runtime computes.
  'packages/executor/src/conformance/recomputation-memory.test.ts',
  'packages/executor/src/onnx/',
  'packages/executor/src/tfjs/',
  'packages/inference/src/adapters.test.ts',
  'packages/inference/src/decoder-memory.test.ts',
  'packages/inference/src/native-runtime.test.ts',
  // Numbers of every size.
  'packages/checkpoints/src/safetensors/',
  'packages/inference/src/grammar/number-schema.test.ts',
  'packages/scheduler/src/foresee-starts.test.ts',
  'packages/scheduler/src/learned-linger.test.ts',
];

/** @param path From the root, with forward slashes. */
export const hasOwnProcess = (path: string): boolean => OWN_PROCESS.some((beginning) => path.startsWith(beginning));
