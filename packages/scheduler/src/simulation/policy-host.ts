/** A policy with what it has learned: the only state that outlives a decision. */
import type { Action, Policy, PolicyEvent, PoolView } from '../policy.js';
import type { Learned } from './simulation-options.js';

export class PolicyHost<M> {
  readonly #policy: Policy<M>;
  readonly #own: Map<string, M>;
  #pooled: M;

  constructor(policy: Policy<M>, learned?: Learned<M>) {
    this.#policy = policy;
    this.#own = new Map(learned?.own);
    this.#pooled = learned?.pooled ?? policy.nothing;
  }

  decide(key: string, view: PoolView, event: PolicyEvent): readonly Action[] {
    const memory = { own: this.#own.get(key) ?? this.#policy.nothing, pooled: this.#pooled };
    const { actions, own, pooled } = this.#policy.decide(view, event, memory);
    this.#own.set(key, own);
    this.#pooled = pooled;
    return actions;
  }

  learned(): Learned<M> {
    return { own: this.#own, pooled: this.#pooled };
  }
}
