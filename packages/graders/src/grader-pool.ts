/**
 * Grades with graders that call out, whatever they call: each call has a time limit, is repeated a bounded number of
 * times, is remembered by (grader, sample), and a grader that stays silent is not asked again for a while. So the time a
 * batch takes is bounded even when every call hangs.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '@preheat/ports';
import { CircuitBreaker } from './circuit-breaker.js';
import type { CallLimits, CompiledGrader, Scorer } from './compiled-grader.js';
import { attempt, type GradeResult, gradeWith, type LeafResult } from './grade.js';
import { gradeAll } from './grade-all.js';
import type { GraderServices, Judgement, TokenUsage } from './grader-services.js';
import type { GradingContext } from './grading-context.js';
import { LeafCache } from './leaf-cache.js';
import { flagged, type Outcome } from './outcome.js';

export interface GraderPoolOptions {
  readonly services: GraderServices;
  readonly clock: Clock;
  /** Samples in flight at once. Default 8. */
  readonly concurrency?: number;
}

/** On whose behalf, and until when. */
export interface GradeCall {
  readonly projectId: string;
  /** Aborting rejects with its reason. */
  readonly signal: AbortSignal;
}

/** Before the second attempt; doubled for each further one. */
const FIRST_PAUSE_MS = 500;

export class GraderPool {
  readonly services: GraderServices;
  readonly #clock: Clock;
  readonly #concurrency: number;
  readonly #cache = new LeafCache();
  readonly #breaker: CircuitBreaker;

  constructor({ services, clock, concurrency = 8 }: GraderPoolOptions) {
    this.services = services;
    this.#clock = clock;
    this.#concurrency = concurrency;
    this.#breaker = new CircuitBreaker(clock);
  }

  /** Results in the order of the samples; equal samples are graded once. */
  gradeAll(compiled: CompiledGrader, samples: readonly GradingContext[], call: GradeCall): Promise<GradeResult[]> {
    const inFlight = new Map<string, Promise<LeafResult>>();
    const options = { concurrency: this.#concurrency, signal: call.signal };
    return gradeAll(compiled, samples, {
      ...options,
      grade: (context) => this.#grade(compiled, context, call, inFlight),
    });
  }

  grade(compiled: CompiledGrader, context: GradingContext, call: GradeCall): Promise<GradeResult> {
    return this.#grade(compiled, context, call, new Map());
  }

  #grade(
    compiled: CompiledGrader,
    context: GradingContext,
    call: GradeCall,
    inFlight: Map<string, Promise<LeafResult>>,
  ): Promise<GradeResult> {
    return gradeWith(compiled, context, (key, scorer) => {
      const { limits } = scorer;
      if (!limits) return this.#local(scorer, context, call);
      const graderHash = hashOf([call.projectId, leafSpec(compiled, key)]);
      const sampleHash = hashOf([graderHash, context.sample, context.item]);
      const known = this.#cache.get(sampleHash) ?? inFlight.get(sampleHash)?.then(remembered);
      if (known) return Promise.resolve(known);
      const asked = this.#remote({ scorer, limits }, context, call, graderHash).then((result) => {
        if (result.outcome.ok) this.#cache.set(sampleHash, remembered(result));
        return result;
      });
      inFlight.set(sampleHash, asked);
      return asked;
    });
  }

  async #local(scorer: Scorer, context: GradingContext, call: GradeCall): Promise<LeafResult> {
    const startedMs = this.#clock.nowMs();
    const unspent = { ...call, services: this.services, judged: () => undefined };
    const outcome = await attempt(() => scorer.score(context, unspent));
    return { outcome, latencyMs: this.#clock.nowMs() - startedMs, usage: {} };
  }

  async #remote(
    { scorer, limits }: { scorer: Scorer; limits: CallLimits },
    context: GradingContext,
    call: GradeCall,
    graderHash: string,
  ): Promise<LeafResult> {
    const startedMs = this.#clock.nowMs();
    const usage: Record<string, TokenUsage> = {};
    const judgements: Judgement[] = [];
    const judged = (judgement: Judgement) => {
      const { model } = judgement.request;
      usage[model] = sumOf(usage[model], judgement.answer.usage);
      judgements.push(judgement);
    };
    let outcome: Outcome<number> | null = this.#breaker.refusal(graderHash);
    for (
      let tries = 1;
      outcome === null || (!outcome.ok && outcome.isTransient && tries <= limits.maxAttempts);
      tries++
    ) {
      if (tries > 1) await this.#clock.sleep(FIRST_PAUSE_MS * 2 ** (tries - 2), call.signal);
      const inTime = (signal: AbortSignal) =>
        attempt(() => scorer.score(context, { ...call, signal, services: this.services, judged }));
      outcome = await this.#withLimit(inTime, limits.timeoutMs, call.signal);
      call.signal.throwIfAborted();
      this.#breaker.record(graderHash, outcome);
      if (!outcome.ok && outcome.isTransient) outcome = this.#breaker.refusal(graderHash) ?? outcome;
    }
    // Whatever is still passing after the last attempt did not answer.
    const settled = !outcome.ok && outcome.isTransient ? { ...outcome, isUnresponsive: true } : outcome;
    const judgement = judgements.at(-1);
    const latencyMs = this.#clock.nowMs() - startedMs;
    return { outcome: settled, latencyMs, usage, ...(judgement ? { judgement } : {}) };
  }

  /** The work's outcome, or a flag when it takes too long, even where the work ignores its signal. */
  async #withLimit(
    work: (signal: AbortSignal) => Promise<Outcome<number>>,
    timeoutMs: number,
    outer: AbortSignal,
  ): Promise<Outcome<number>> {
    const ended = new AbortController();
    const signal = AbortSignal.any([outer, ended.signal]);
    const tooLate = this.#clock.sleep(timeoutMs, signal).then(() => {
      const message = `The grader did not answer within ${timeoutMs / 1000} s.`;
      return flagged('other_error', message, { isTransient: true, isUnresponsive: true });
    });
    tooLate.catch(() => undefined);
    try {
      return await Promise.race([work(signal), tooLate]);
    } finally {
      ended.abort();
    }
  }
}

/** The result for a sample that costs nothing, as an equal one was asked about. */
const remembered = (result: LeafResult): LeafResult => ({ ...result, latencyMs: 0, usage: {} });

function leafSpec({ grader }: CompiledGrader, key: string): unknown {
  return grader.type === 'multi' ? grader.graders[key] : grader;
}

function hashOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
}

function sumOf(a: TokenUsage | undefined, b: TokenUsage): TokenUsage {
  return {
    prompt_tokens: (a?.prompt_tokens ?? 0) + b.prompt_tokens,
    completion_tokens: (a?.completion_tokens ?? 0) + b.completion_tokens,
    total_tokens: (a?.total_tokens ?? 0) + b.total_tokens,
    cached_tokens: (a?.cached_tokens ?? 0) + b.cached_tokens,
  };
}
