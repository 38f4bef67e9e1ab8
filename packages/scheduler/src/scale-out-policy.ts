/**
 * Ours for queues that grow faster than runners end jobs: at every submission as many runners as the backlog asks for, and stays
 * learned from the gaps of the class. Nobody is sent away by the autoscaler: runners leave by their own stay.
 */
import { type KeyState, NO_KEY_STATE } from './key-state.js';
import { sharedPoolPolicy } from './learned-policy.js';
import type { Memory, Policy } from './policy.js';
import { desiredRunners, NO_SCALE_STATE, type ScaleState } from './scale-out.js';

export interface ScaledPoolState {
  readonly gaps: KeyState;
  readonly scale: ScaleState;
}

/** @param targetMs In which a backlog should be done. */
export const scaledPoolPolicy = (targetMs: number): Policy<ScaledPoolState> => ({
  name: 'backlog, learned',
  nothing: { gaps: NO_KEY_STATE, scale: NO_SCALE_STATE },
  decide(view, event, memory) {
    const learned = sharedPoolPolicy.decide(view, event, gapsOf(memory));
    const own = { ...memory.own, gaps: learned.own };
    const { scale } = memory.pooled;
    if (event.type !== 'submitted') return { actions: learned.actions, own, pooled: { gaps: learned.pooled, scale } };
    const busy = view.leases.filter(({ state }) => state === 'busy' || state === 'loading').length;
    const answer = desiredRunners(
      {
        ...{ nowMs: view.nowMs, runners: view.leases.length, targetMs },
        ...{ backlogMs: view.backlogMs + event.estimateMs, jobs: view.queued + busy + 1 },
      },
      scale,
    );
    const offer = learned.actions.filter(({ type }) => type === 'offer');
    const to = Math.max(answer.runners, view.leases.length);
    return { actions: [...offer, { type: 'scale', to }], own, pooled: { gaps: learned.pooled, scale: answer.state } };
  },
});

function gapsOf({ own, pooled }: Memory<ScaledPoolState>): Memory<KeyState> {
  return { own: own.gaps, pooled: pooled.gaps };
}
