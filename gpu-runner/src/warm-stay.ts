/**
 * How long this runner stays without work, by the policy that the simulator judges. One queue serves all models, so what counts
 * are the gaps of the runner's class: releases and arrivals of whatever model. An arrival is counted by the runner that
 * takes the job, with the time since which the job waits. Whatever fails here costs runner time, and fails no job.
 */
import { type JobDocument, KEYS, type KeyState, type KeyStateShard, LOCAL_RUNNER_CLASS } from '@preheat/contracts';
import { type KeyStateDependencies, KeyStateShards, type Versioned } from '@preheat/jobs';
import {
  type Action,
  ASSUMED_BOOT_MS,
  compactKeyState,
  INTERACTIVE_PRICES,
  mergeKeyStates,
  NO_KEY_STATE,
  type PolicyEvent,
  sharedPoolPolicy,
} from '@preheat/scheduler';

/** What other runners learned is read again when a stay begins and this is older. */
const REFRESH_AFTER_MS = 5 * 60_000;
const WRITE_AT_MOST_EVERY_MS = 60_000;

export interface WarmStayDependencies extends KeyStateDependencies {
  readonly runnerId: string;
  readonly runnerClass?: string;
  /** From asking for a runner until it looks for work. */
  readonly bootMs?: number;
}

export class WarmStay {
  readonly #deps: WarmStayDependencies;
  readonly #class: string;
  readonly #key: string;
  readonly #shards: KeyStateShards;
  #own: KeyState = NO_KEY_STATE;
  #others: KeyState = NO_KEY_STATE;
  #stored: Versioned<KeyStateShard> | undefined;
  #readAtMs = -Infinity;
  #writtenAtMs = -Infinity;
  #isChanged = false;
  #untilMs = Infinity;

  constructor(deps: WarmStayDependencies) {
    this.#deps = deps;
    this.#class = deps.runnerClass ?? LOCAL_RUNNER_CLASS;
    this.#key = KEYS.keyState(this.#class, deps.runnerId);
    this.#shards = new KeyStateShards(deps);
  }

  /** Reads what the runners of the class know. */
  async open(): Promise<void> {
    await this.#attempt('read', () => this.#read());
  }

  /** This runner took a job. */
  took({ model, createdAtMs, queuedAtMs = createdAtMs }: JobDocument): void {
    this.#untilMs = Infinity;
    // Waking other runners is what the deployment's scaling does.
    this.#decide(queuedAtMs, { type: 'submitted', model, estimateMs: 0 });
  }

  /** Nothing can run, and this runner waits from now on, unless it does already. */
  async released(): Promise<void> {
    if (this.#untilMs < Infinity) return;
    const nowMs = this.#deps.clock.nowMs();
    if (nowMs - this.#readAtMs >= REFRESH_AFTER_MS) await this.open();
    const actions = this.#decide(nowMs, { type: 'released', model: '' });
    const stay = actions.find((action) => action.type === 'linger');
    this.#untilMs = nowMs + (stay?.forMs ?? 0);
    this.#deps.log.info('waiting for work', { stayMs: this.#untilMs - nowMs });
  }

  /** Whether staying any longer costs more than starting again is expected to. */
  get isOver(): boolean {
    return this.#deps.clock.nowMs() >= this.#untilMs;
  }

  /** There is nothing to stay for. The next job begins anew. */
  end(): void {
    this.#untilMs = -Infinity;
  }

  /** Writes what was learned since the last time, unless that was less than a minute ago. */
  async save(): Promise<void> {
    const nowMs = this.#deps.clock.nowMs();
    if (this.#isChanged && nowMs - this.#writtenAtMs >= WRITE_AT_MOST_EVERY_MS) await this.close();
  }

  /** Writes what was learned since the last time. */
  async close(): Promise<void> {
    if (!this.#isChanged) return;
    this.#writtenAtMs = this.#deps.clock.nowMs();
    await this.#attempt('written', () => this.#write());
  }

  #decide(nowMs: number, event: PolicyEvent): readonly Action[] {
    const view = {
      ...{ nowMs, prices: INTERACTIVE_PRICES, bootMs: this.#deps.bootMs ?? ASSUMED_BOOT_MS, loadMs: 0 },
      ...{ leases: [], queued: 0, backlogMs: 0, evictedPriority: 0 },
    };
    const memory = { own: NO_KEY_STATE, pooled: this.#own, pooledOthers: this.#others };
    const { actions, pooled } = sharedPoolPolicy.decide(view, event, memory);
    this.#own = pooled;
    this.#isChanged = true;
    return actions;
  }

  async #read(): Promise<void> {
    const shards = await this.#shards.ofClass(this.#class);
    const known = shards.flatMap(({ key, shard }) => (shard && key !== this.#key ? [shard.document.known] : []));
    this.#others = known.reduce(mergeKeyStates, NO_KEY_STATE);
    const isFirst = this.#readAtMs === -Infinity;
    this.#readAtMs = this.#deps.clock.nowMs();
    const mine = shards.find(({ key }) => key === this.#key)?.shard;
    // Of an earlier life under the same name.
    if (isFirst && mine) [this.#stored, this.#own] = [mine, mine.document.known];
  }

  async #write(): Promise<void> {
    const result = await this.#shards.write(this.#key, compactKeyState(this.#own), this.#stored);
    this.#isChanged = false;
    this.#stored = result.ok ? result.stored : result.current;
    // The sweeper took it for that of a runner that is gone: what it held comes back with what others know.
    if (!result.ok) this.#own = result.current?.document.known ?? NO_KEY_STATE;
  }

  async #attempt(what: 'read' | 'written', work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#deps.log.warn(`what runners learned of gaps between jobs could not be ${what}`, { error });
    }
  }
}
