/** Ours: a runner stays as long as would have cost least over the gaps seen so far. */
import {
  type KeyState,
  mergeKeyStates,
  NO_KEY_STATE,
  observeArrival,
  observePooledGap,
  observeRelease,
  POOLED_DECAY,
} from './key-state.js';
import { learnedLingerMs, type LingerQuestion } from './learned-linger.js';
import { placeJob } from './placement.js';
import {
  type Action,
  type Decision,
  type Memory,
  missCost,
  type Policy,
  type PolicyEvent,
  type PoolView,
} from './policy.js';
import { wakesWhenShort } from './wake-when-short.js';

type Learned = Pick<Decision<KeyState>, 'own' | 'pooled'>;

/**
 * In a shared pool the runner idle for longest is taken first (it holds what is least likely to be asked for), so a runner
 * that stays is idle for longer than gaps between last releases and arrivals say: staying counts for this much less. Chosen
 * on the first half of GenTD26.
 */
const SHARED_STAY_VALUE = 0.75;

/** For runners of one model each. What is known of the key counts; what is known of the class is its prior. */
export const learnedPolicy: Policy<KeyState> = {
  name: 'learned',
  nothing: NO_KEY_STATE,
  decide(view, event, memory) {
    const learned = learnKey(view, event, memory);
    if (event.type === 'submitted') return { ...learned, actions: wakesWhenShort(view) };
    if (event.type === 'tick') return { ...learned, actions: [] };
    const seen = memory.others ? mergeKeyStates(learned.own, memory.others) : learned.own;
    return { ...learned, actions: [linger(view, { seen, prior: learned.pooled, missCost: missCost(view) })] };
  },
};

/**
 * For runners that several models share. A job prefers those that hold its model; a runner that stays saves the boot for
 * whichever job comes next, so what counts are the gaps of the class, whose releases and arrivals are those of all models.
 */
export const sharedPoolPolicy: Policy<KeyState> = {
  name: 'learned',
  nothing: NO_KEY_STATE,
  decide(view, event, memory) {
    const learned = { own: memory.own, pooled: learnClass(view, event, memory) };
    if (event.type === 'submitted') return { ...learned, actions: placeJob(view, event.model) };
    if (event.type === 'tick') return { ...learned, actions: [] };
    const bootCost = missCost({ ...view, loadMs: 0 });
    const seen = memory.pooledOthers ? mergeKeyStates(learned.pooled, memory.pooledOthers) : learned.pooled;
    return { ...learned, actions: [linger(view, { seen, missCost: bootCost * SHARED_STAY_VALUE })] };
  },
};

function linger({ nowMs, prices }: PoolView, question: Pick<LingerQuestion, 'seen' | 'prior' | 'missCost'>): Action {
  return { type: 'linger', forMs: learnedLingerMs({ ...question, nowMs, idlePrice: prices.runner }) };
}

function learnKey({ nowMs }: PoolView, event: PolicyEvent, { own, pooled, others }: Memory<KeyState>): Learned {
  if (event.type === 'released') return { own: observeRelease(own, nowMs, others), pooled };
  if (event.type !== 'submitted') return { own, pooled };
  const arrival = observeArrival(own, nowMs, others);
  return { own: arrival.own, pooled: arrival.gap === null ? pooled : observePooledGap(pooled, arrival.gap) };
}

function learnClass({ nowMs }: PoolView, event: PolicyEvent, { pooled, pooledOthers }: Memory<KeyState>): KeyState {
  if (event.type === 'released') return observeRelease(pooled, nowMs, pooledOthers, POOLED_DECAY);
  return event.type === 'submitted' ? observeArrival(pooled, nowMs, pooledOthers, POOLED_DECAY).own : pooled;
}
