/** What a replay runs, in a few characters: what was measured on another tree says nothing of this one. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';

/** What the processes run, and what plays and measures them. */
const FOLDERS = ['packages', 'functions', 'gpu-runner', 'tests/bench'];
/** Of what was changed since the last commit. */
const MAX_DIFF_BYTES = 2 ** 30;

/** @returns The commit and a hash of every change to it in tracked files. @throws Error with what git says. */
export function replayedTree(repository: string): string {
  const git = (...command: string[]): string => {
    const options = { cwd: repository, encoding: 'utf8', maxBuffer: MAX_DIFF_BYTES } as const;
    const { status, stdout, stderr, error } = spawnSync('git', command, options);
    if (status !== 0) throw new Error(`git ${command[0]} failed: ${error?.message ?? stderr}`);
    return stdout;
  };
  const changes = git('diff', 'HEAD', '--', ...FOLDERS);
  return `${git('rev-parse', 'HEAD').trim()} ${createHash('sha256').update(changes).digest('hex')}`;
}
