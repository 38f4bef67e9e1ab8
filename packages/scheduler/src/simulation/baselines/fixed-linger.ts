/** Policies that stay for a time that depends on no history: none, fixed, break-even and randomised ski rental. */
import { missCost, type Action, type Policy, type PoolView } from '../../policy.js';
import { wakesWhenShort } from '../../wake-when-short.js';

/** Leaves after the same idle time, whatever happened before. */
export const fixedLinger = (lingerMs: number): Policy<null> => lingerBy(`fixed ${lingerMs / 1000} s`, () => lingerMs);

/** Leaves at once. */
export const noLinger: Policy<null> = lingerBy('none', () => 0);

/** Leaves when staying has cost what a start costs: at most twice the optimum (Karlin et al. 1988). */
export const breakEven: Policy<null> = lingerBy('break-even', (view) => missCost(view) / view.prices.runner);

/**
 * Leaves at a random time before break-even, with density e^(t/B) / (B·(e − 1)): e/(e − 1) of the optimum in expectation
 * (Karlin, Manasse, McGeoch, Owicki 1994).
 */
export const randomisedSkiRental = (uniform: () => number): Policy<null> =>
  lingerBy('randomised ski rental', (view) => {
    const breakEvenMs = missCost(view) / view.prices.runner;
    return breakEvenMs * Math.log(1 + uniform() * (Math.E - 1));
  });

function lingerBy(name: string, lingerMs: (view: PoolView) => number): Policy<null> {
  return {
    name,
    nothing: null,
    decide(view, event, { own, pooled }) {
      const actions: Action[] = event.type === 'submitted' ? wakesWhenShort(view) : [];
      if (event.type === 'released') actions.push({ type: 'linger', forMs: lingerMs(view) });
      return { actions, own, pooled };
    },
  };
}
