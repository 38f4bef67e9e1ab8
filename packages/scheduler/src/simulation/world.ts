/**
 * The environment that policies are judged in: pools of runners, queues and a virtual clock. It carries out what policies
 * decide and accounts for it; it decides nothing itself but what the platform's protocol fixes: a job is claimed once, by
 * whichever runner that may see it is free first. One class, because every event touches pools, clock and ledger alike.
 */
import type { Action, PolicyEvent, PoolView } from '../policy.js';
import { EventQueue } from './event-queue.js';
import { Ledger } from './ledger.js';
import { leastPriority, type Message, newPool, newRunner, nextMatch, type Pool, type Runner } from './pool.js';
import { PolicyHost } from './policy-host.js';
import { RunTimeEstimates } from './run-time-estimates.js';
import type { Learned, SimulationOptions } from './simulation-options.js';
import type { Job, Workload } from './workload.js';

type WorldEvent = { readonly atMs: number; readonly rank: number } & (
  | { readonly type: 'ended' | 'expired'; readonly runner: Runner; readonly version: number }
  | { readonly type: 'booted' | 'interrupted'; readonly runner: Runner }
  | { readonly type: 'warm'; readonly pool: Pool; readonly forMs: number; readonly model: string }
  | { readonly type: 'arrived' | 'swept'; readonly job: Job }
  | { readonly type: 'visible' | 'tick'; readonly pool: Pool }
);

/** At one time: ends, then starts, then arrivals, then expiries, as the oracles count them. */
const RANK = {
  ended: 0,
  booted: 1,
  warm: 1,
  arrived: 2,
  visible: 3,
  expired: 4,
  interrupted: 4,
  tick: 5,
  swept: 5,
} as const;
/** A new runner polls for so long before it leaves without a job, whatever the policy says. */
const FIRST_POLL_MS = 20_000;
/** A job that nobody took by then, and whose pool has no runner, wakes one. */
const SWEEP_MS = 60_000;

export class World<M> {
  readonly ledger: Ledger;
  readonly #options: SimulationOptions<M>;
  readonly #policy: PolicyHost<M>;
  readonly #events = new EventQueue<WorldEvent>();
  readonly #pools = new Map<string, Pool>();
  readonly #estimates = new RunTimeEstimates();
  readonly #claimed: Uint8Array;
  readonly #remainingMs: Float64Array;
  #nowMs = 0;
  #alive = 0;
  #born = 0;
  #evictedPriority = 0;

  constructor(work: Workload, options: SimulationOptions<M>) {
    this.#options = options;
    this.#policy = new PolicyHost(options.policy, options.learned);
    this.ledger = new Ledger(work.jobs.length);
    this.#claimed = new Uint8Array(work.jobs.length);
    this.#remainingMs = Float64Array.from(work.jobs, ({ serviceMs }) => serviceMs);
    for (const job of work.jobs) this.#plan({ type: 'arrived', job, atMs: job.arriveMs, rank: RANK.arrived });
  }

  /**
   * Plays everything to the end. Idle runners stay until their time is up, beyond the last job too; those that would stay
   * for ever, until the end.
   */
  run(): this {
    for (let event = this.#events.pop(); event; event = this.#events.pop()) {
      this.#nowMs = event.atMs;
      this.#play(event);
    }
    for (const { runners } of this.#pools.values()) for (const runner of [...runners]) this.#leave(runner);
    return this;
  }

  /** What the policy knows now, to go on with on another workload. */
  learned(): Learned<M> {
    return this.#policy.learned();
  }

  #plan(event: WorldEvent): void {
    this.#events.push(event);
  }

  #play(event: WorldEvent): void {
    switch (event.type) {
      case 'arrived':
        return this.#arrive(event.job);
      case 'swept':
        return this.#sweep(event.job);
      case 'visible':
        this.#dispatch(event.pool);
        return this.#payOwed();
      case 'booted':
        return this.#booted(event.runner);
      case 'ended':
        return event.runner.version === event.version ? this.#end(event.runner) : undefined;
      case 'expired':
        return event.runner.version === event.version ? this.#leave(event.runner) : undefined;
      case 'warm':
        return this.#warm(event.pool, event.model, event.forMs);
      case 'interrupted':
        return this.#interrupt(event.runner);
      case 'tick':
        return this.#tick(event.pool);
    }
  }

  #poolOf(job: Job): Pool {
    const name = this.#options.isShared ? 'shared' : job.key;
    let pool = this.#pools.get(name);
    if (!pool) this.#pools.set(name, (pool = newPool(name)));
    return pool;
  }

  #arrive(job: Job): void {
    const pool = this.#poolOf(job);
    const estimateMs = this.#estimates.of(job.key);
    const actions = this.#decide(pool, { type: 'submitted', model: job.key, estimateMs });
    const offer = actions.find((action) => action.type === 'offer');
    pool.backlogMs += estimateMs;
    this.#send(pool, { job, estimateMs, sinceMs: this.#nowMs }, offer?.afterMs ?? 0);
    this.#carryOut(pool, job.key, actions);
    this.#dispatch(pool);
    this.#startTicks(pool);
    this.#planSweep(job);
  }

  #planSweep(job: Job): void {
    if (!this.#claimed[job.id]) this.#plan({ type: 'swept', job, atMs: this.#nowMs + SWEEP_MS, rank: RANK.swept });
  }

  #sweep(job: Job): void {
    const pool = this.#poolOf(job);
    if (!this.#claimed[job.id] && pool.runners.length === 0 && pool.owedWakes === 0) this.#wake(pool);
    this.#planSweep(job);
  }

  #send(pool: Pool, body: Omit<Message, 'visibleAtMs' | 'offeredAtMs'>, offerAfterMs: number): void {
    const { delivery } = this.#options;
    const copies = delivery?.copies(body.job.id) ?? 1;
    for (let copy = 0; copy < copies; copy++) {
      const visibleAtMs = this.#nowMs + (delivery?.delayMs(body.job.id, copy) ?? 0);
      const message = { ...body, visibleAtMs, offeredAtMs: visibleAtMs + offerAfterMs };
      pool.messages.push(message);
      for (const atMs of new Set([message.visibleAtMs, message.offeredAtMs])) {
        if (atMs > this.#nowMs) this.#plan({ type: 'visible', pool, atMs, rank: RANK.visible });
      }
    }
  }

  #decide(pool: Pool, event: PolicyEvent): readonly Action[] {
    const key = event.type === 'tick' ? pool.name : event.model;
    return this.#policy.decide(key, this.#view(pool), event);
  }

  #view(pool: Pool): PoolView {
    const { prices, bootMs, loadMs } = this.#options;
    return {
      nowMs: this.#nowMs,
      prices,
      leases: pool.runners,
      queued: pool.messages.length,
      backlogMs: pool.backlogMs,
      bootMs: bootMs.expectedMs,
      loadMs: loadMs.expectedMs,
      evictedPriority: this.#evictedPriority,
    };
  }

  #carryOut(pool: Pool, model: string, actions: readonly Action[]): void {
    for (const action of actions) {
      if (action.type === 'wake') this.#wake(pool);
      if (action.type === 'scale') this.#scale(pool, action.to);
      if (action.type === 'warm') this.#planWarm(pool, model, action.afterMs, action.forMs);
    }
  }

  #wake(pool: Pool): void {
    if (this.#alive < (this.#options.cap ?? Infinity) || this.#evictOne()) this.#start(pool, null, null);
    else pool.owedWakes = Math.min(pool.owedWakes + 1, pool.messages.length);
  }

  /** @param model Loaded ahead of any job; @param warmForMs how long to stay then. */
  #start(pool: Pool, model: string | null, warmForMs: number | null): void {
    const bootMs = this.#options.bootMs.sampleMs(this.#born);
    const loadMs = model === null ? 0 : this.#options.loadMs.sampleMs(this.#born);
    const takesMs = this.#elapse(bootMs + loadMs);
    const runner = newRunner(this.#born++, pool, {
      ...{ model, bornMs: this.#nowMs, freeAtMs: this.#nowMs + takesMs, startupMs: bootMs + loadMs, warmForMs },
      owedDelayMs: takesMs === 0 && warmForMs === null ? bootMs : 0,
    });
    pool.runners.push(runner);
    this.#alive++;
    this.ledger.wakes++;
    this.ledger.add('startupMs', this.#nowMs, bootMs + loadMs);
    this.#plan({ type: 'booted', runner, atMs: runner.freeAtMs, rank: RANK.booted });
    const interruptedMs = this.#options.interruptions?.afterMs(runner.id) ?? Infinity;
    if (interruptedMs < Infinity) {
      this.#plan({ type: 'interrupted', runner, atMs: this.#nowMs + interruptedMs, rank: RANK.interrupted });
    }
  }

  #booted(runner: Runner): void {
    if (!runner.pool.runners.includes(runner)) return;
    this.#becomeIdle(runner, FIRST_POLL_MS);
  }

  /** Takes the next job; when there is none, stays for as long as the policy says. */
  #becomeIdle(runner: Runner, atLeastMs = 0): void {
    const { pool } = runner;
    runner.state = 'idle';
    runner.freeAtMs = this.#nowMs;
    this.#dispatch(pool);
    if (runner.state !== 'idle') return;
    const { warmForMs } = runner;
    if (warmForMs !== null) {
      runner.warmForMs = null;
      return this.#stay(runner, warmForMs);
    }
    const actions = this.#decide(pool, { type: 'released', model: runner.model ?? pool.name });
    const linger = actions.find((action) => action.type === 'linger');
    runner.priority = linger?.priority ?? this.#nowMs;
    const forMs = this.#isNeededElsewhere(pool) ? 0 : (linger?.forMs ?? 0);
    this.#stay(runner, Math.max(atLeastMs, forMs));
    this.#carryOut(pool, runner.model ?? pool.name, actions);
  }

  #stay(runner: Runner, forMs: number): void {
    if (forMs <= 0) return this.#leave(runner);
    const { version } = runner;
    const atMs = this.#nowMs + forMs;
    if (forMs < Infinity) this.#plan({ type: 'expired', runner, version, atMs, rank: RANK.expired });
  }

  #isNeededElsewhere(pool: Pool): boolean {
    if (this.#options.cap === undefined) return false;
    for (const other of this.#pools.values()) {
      if (other !== pool && other.owedWakes > 0 && this.#hasVisible(other)) return true;
    }
    return false;
  }

  #dispatch(pool: Pool): void {
    for (;;) {
      const match = nextMatch(pool, this.#nowMs, this.#options.hasAffinity);
      if (!match) return;
      pool.messages.splice(pool.messages.indexOf(match.message), 1);
      if (this.#claimed[match.message.job.id]) this.ledger.refusedClaims++;
      else this.#run(match.runner, match.message);
    }
  }

  #run(runner: Runner, { job, estimateMs, sinceMs }: Message): void {
    this.#claimed[job.id] = 1;
    const isLoaded = runner.model === job.key;
    const isNew = runner.lastWorkedMs === 0 && runner.freeAtMs === this.#nowMs && !isLoaded;
    const loadMs = isLoaded ? 0 : this.#options.loadMs.sampleMs(job.id);
    this.#closeIdle(runner);
    const nominalMs = runner.owedDelayMs + loadMs;
    runner.owedDelayMs = 0;
    runner.startupMs += loadMs;
    this.ledger.add('startupMs', this.#nowMs, loadMs);
    const delayMs = this.#options.isShifted ? this.#nowMs + loadMs - sinceMs : nominalMs;
    this.ledger.started(job, isLoaded ? 'warm' : isNew ? 'cold' : 'swap', delayMs);
    const startedMs = this.#nowMs + this.#elapse(loadMs);
    const freeAtMs = startedMs + estimateMs;
    const work = { job, estimateMs };
    Object.assign(runner, { state: 'busy', model: job.key, work, version: runner.version + 1, warmForMs: null });
    Object.assign(runner, { startedMs, freeAtMs });
    const runMs = (this.#remainingMs[job.id] as number) * (1 + (this.#options.interruptions?.checkpointShare ?? 0));
    const { version } = runner;
    this.#plan({ type: 'ended', runner, version, atMs: startedMs + runMs, rank: RANK.ended });
  }

  #end(runner: Runner): void {
    const { work, pool } = runner;
    if (!work) return;
    const ranMs = this.#nowMs - runner.startedMs;
    this.ledger.busyMs += ranMs;
    pool.backlogMs -= work.estimateMs;
    this.#estimates.ended(work.job.key, ranMs);
    Object.assign(runner, { work: null, version: runner.version + 1, lastWorkedMs: this.#nowMs });
    this.#becomeIdle(runner);
  }

  #closeIdle(runner: Runner): void {
    this.ledger.add('idleMs', runner.freeAtMs, this.#nowMs - runner.freeAtMs);
  }

  #leave(runner: Runner): void {
    this.#remove(runner);
    this.#payOwed();
  }

  #remove(runner: Runner): void {
    const { pool } = runner;
    if (runner.state === 'idle') this.#closeIdle(runner);
    runner.version++;
    pool.runners.splice(pool.runners.indexOf(runner), 1);
    this.#alive--;
    const usefulMs = runner.lastWorkedMs === 0 ? 0 : runner.lastWorkedMs - runner.bornMs;
    this.ledger.lives.push({ startupMs: runner.startupMs, usefulMs });
  }

  /** Room became free: whoever waits for a runner, and has a job that one could take, gets one. */
  #payOwed(): void {
    if (this.#options.cap === undefined) return;
    for (const pool of this.#pools.values()) {
      if (pool.messages.length === 0) pool.owedWakes = 0;
      while (pool.owedWakes > 0 && this.#alive < this.#options.cap && this.#hasVisible(pool)) {
        pool.owedWakes--;
        this.#start(pool, null, null);
      }
    }
  }

  #hasVisible({ messages }: Pool): boolean {
    return messages.some(({ visibleAtMs }) => visibleAtMs <= this.#nowMs);
  }

  /** The idle runner of least priority leaves. */
  #evictOne(): boolean {
    const victim = leastPriority(this.#pools.values());
    if (!victim) return false;
    this.#evictedPriority = victim.priority;
    this.ledger.evictions++;
    this.#remove(victim);
    return true;
  }

  #planWarm(pool: Pool, model: string, afterMs: number, forMs: number): void {
    const leadMs = this.#elapse(this.#options.bootMs.expectedMs + this.#options.loadMs.expectedMs);
    const atMs = this.#nowMs + Math.max(0, afterMs - leadMs);
    this.#plan({ type: 'warm', pool, model, forMs, atMs, rank: RANK.warm });
  }

  /** A runner that is there already makes another needless: the message is idempotent. */
  #warm(pool: Pool, model: string, forMs: number): void {
    if (pool.runners.some(({ state }) => state === 'idle' || state === 'starting')) return;
    if (this.#alive < (this.#options.cap ?? Infinity)) this.#start(pool, model, forMs);
  }

  #scale(pool: Pool, to: number): void {
    for (let count = pool.runners.length; count < to; count++) this.#wake(pool);
    const idle = pool.runners.filter(({ state }) => state === 'idle');
    for (const runner of idle.slice(0, Math.max(0, pool.runners.length - to))) this.#leave(runner);
  }

  #startTicks(pool: Pool): void {
    const { tickMs } = this.#options.policy;
    if (tickMs === undefined || pool.isTicking) return;
    pool.isTicking = true;
    const atMs = Math.ceil((this.#nowMs + 1) / tickMs) * tickMs;
    this.#plan({ type: 'tick', pool, atMs, rank: RANK.tick });
  }

  #tick(pool: Pool): void {
    pool.isTicking = false;
    this.#carryOut(pool, pool.name, this.#decide(pool, { type: 'tick' }));
    if (pool.runners.length > 0 || pool.messages.length > 0) this.#startTicks(pool);
  }

  /** The runner's machine is taken away: what it did since its last checkpoint is lost, the rest goes back to the queue. */
  #interrupt(runner: Runner): void {
    const { pool, work } = runner;
    const plan = this.#options.interruptions;
    if (!plan || !pool.runners.includes(runner)) return;
    this.ledger.interruptions++;
    if (work) runner.lastWorkedMs = this.#nowMs;
    this.#leave(runner);
    if (!work) return;
    const ranMs = Math.max(0, this.#nowMs - runner.startedMs);
    const lostMs = Math.min(ranMs, plan.lostMs(ranMs));
    this.ledger.busyMs += ranMs;
    this.ledger.lostMs += lostMs;
    pool.backlogMs -= work.estimateMs;
    this.#claimed[work.job.id] = 0;
    const doneMs = (ranMs - lostMs) / (1 + plan.checkpointShare);
    this.#remainingMs[work.job.id] = (this.#remainingMs[work.job.id] as number) - doneMs;
    this.#arrive(work.job);
  }

  /** Starts take virtual time only where the end of the work moves with them. */
  #elapse(ms: number): number {
    return this.#options.isShifted ? ms : 0;
  }
}
