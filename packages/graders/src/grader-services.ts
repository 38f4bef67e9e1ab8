/**
 * What graders call, as ports: a process binds what it has, and a grader whose service is missing is refused when it is
 * compiled for that process. Every call ends by its signal; a service that cannot answer says so as a value.
 */
import type { Outcome } from './outcome.js';

export interface TokenUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly cached_tokens: number;
}

export interface JudgeRequest {
  readonly projectId: string;
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
  /** Null: as many as the model has room for. */
  readonly maxTokens: number | null;
  /** JSON Schema of the answer. A service that can constrain decoding obeys it; the answer is checked in any case. */
  readonly schema: Readonly<Record<string, unknown>>;
}

export interface JudgeAnswer {
  readonly text: string;
  readonly finishReason: 'stop' | 'length';
  readonly usage: TokenUsage;
}

/** What a judge was asked and said, for whoever wants to know why it decided so. */
export interface Judgement {
  readonly request: JudgeRequest;
  readonly answer: JudgeAnswer;
}

/** Any model the platform serves. */
export interface Judge {
  has(projectId: string, model: string): Promise<boolean>;
  answer(request: JudgeRequest, signal: AbortSignal): Promise<Outcome<JudgeAnswer>>;
}

export interface PythonCall {
  readonly source: string;
  readonly sample: Readonly<Record<string, unknown>>;
  readonly item: Readonly<Record<string, unknown>>;
}

/** Runs `grade(sample, item)` where nothing of this machine can be reached. */
export interface PythonRunner {
  grade(call: PythonCall, signal: AbortSignal): Promise<Outcome<number>>;
  /** Null when the source compiles and defines `grade`; else what is wrong with it. */
  check(source: string, signal: AbortSignal): Promise<string | null>;
}

export interface HttpReply {
  readonly status: number;
  readonly body: string;
}

/** Posts JSON to addresses that the operator allows. */
export interface HttpPoster {
  /** Why this address is never called; null when it may be. Names are looked up again for every call. */
  refusal(url: string): string | null;
  post(
    url: string,
    body: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Outcome<HttpReply>>;
}

/** Vectors of texts, in order. */
export interface Embedder {
  embed(texts: readonly string[], signal: AbortSignal): Promise<Outcome<readonly (readonly number[])[]>>;
}

export interface GraderServices {
  readonly judge?: Judge;
  readonly python?: PythonRunner;
  readonly http?: HttpPoster;
  readonly embedder?: Embedder;
}

/** What a scorer may use while it scores one sample. */
export interface ScoreCall {
  readonly services: GraderServices;
  readonly projectId: string;
  readonly signal: AbortSignal;
  /** Tells what a judge said, and so what it took. */
  judged(judgement: Judgement): void;
}
