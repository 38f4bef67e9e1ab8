/**
 * Adds up what runners that are gone learned of gaps between jobs, so that a runner that starts reads few shards however many
 * there were before it. A shard is emptied by compare-and-swap first, which decides between sweepers: nothing is added
 * twice, and a crash in between loses one shard, which costs runner time only. A runner that was taken for gone finds its
 * shard changed and goes on from what it now holds.
 */
import { KEYS, type KeyState } from '@preheat/contracts';
import {
  type KeyStateDependencies,
  KeyStateShards,
  RunnerRegistry,
  type StoredKeyState,
  SweepTurn,
} from '@preheat/jobs';
import { compactKeyState, foldKeyStates, mergeKeyStates, NO_KEY_STATE } from '@preheat/scheduler';

/** One that is there may work for longer without writing, and its shard says since when nothing arrived: it stays. */
const FOLD_AFTER_MS = 3_600_000;

export interface FoldResult {
  readonly folded: number;
  /** Shards that could not be read or written; the log says why. */
  readonly failed: number;
}

/**
 * @param orphanGraceMs Where what is left behind goes earlier, this does too.
 * @param turn Until when shards are folded; those that are left wait for the next sweep.
 */
export async function foldKeyStateShards(
  deps: KeyStateDependencies,
  { orphanGraceMs, turn = new SweepTurn(deps) }: { readonly orphanGraceMs: number; readonly turn?: SweepTurn },
): Promise<FoldResult> {
  const shards = new KeyStateShards(deps);
  const runners = new RunnerRegistry(deps);
  const result = { folded: 0, failed: 0 };
  const oldestMs = deps.clock.nowMs() - Math.min(FOLD_AFTER_MS, orphanGraceMs);
  for (const runnerClass of await shards.classes()) {
    if (turn.isOver) break;
    const listed = await shards.listed(runnerClass);
    const foldedKey = KEYS.foldedKeyState(runnerClass);
    // Most looks end here, without reading anything.
    if (!listed.some(({ key, lastModifiedMs }) => key !== foldedKey && lastModifiedMs <= oldestMs)) continue;
    const all = await shards.ofClass(runnerClass, listed);
    // A sum that is damaged goes like any shard, and the next one begins anew.
    const alive = new Set((await runners.alive()).map(({ id }) => KEYS.keyState(runnerClass, id)));
    const isGone = ({ key, modifiedMs, shard }: StoredKeyState): boolean =>
      modifiedMs <= oldestMs && !alive.has(key) && (key !== foldedKey || shard === null);
    const others = all.filter((stored) => stored.key !== foldedKey && !isGone(stored)).reduce(withShard, NO_KEY_STATE);
    for (const stored of all.filter(isGone)) {
      if (turn.isOver) break;
      try {
        if (await fold(deps, shards, stored, { foldedKey, others })) result.folded++;
      } catch (error) {
        result.failed++;
        deps.log.error('what a runner learned could not be folded', { key: stored.key, error });
      }
    }
  }
  return result;
}

interface Target {
  readonly foldedKey: string;
  readonly others: KeyState;
}

async function fold(
  deps: KeyStateDependencies,
  shards: KeyStateShards,
  { key, shard }: StoredKeyState,
  { foldedKey, others }: Target,
): Promise<boolean> {
  // One that is damaged has nothing to add.
  if (shard) {
    const { known } = shard.document;
    const emptied = await shards.write(key, NO_KEY_STATE, shard);
    if (!emptied.ok) return false;
    const at = { nowMs: deps.clock.nowMs(), others };
    await shards.change(foldedKey, NO_KEY_STATE, (older) => compactKeyState(foldKeyStates(older, known, at)));
  }
  await deps.store.delete(key);
  return true;
}

const withShard = (sum: KeyState, { shard }: StoredKeyState): KeyState =>
  shard ? mergeKeyStates(sum, shard.document.known) : sum;
