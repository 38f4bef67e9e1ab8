/** The time from the start of a function's process until it has answered its first call, under AWS's own runtime client. */
import { LambdaEnvironment, type LambdaOptions } from '../../lambda/runtime-api.js';

export interface FirstAnswer {
  readonly ms: number;
  /** What the process wrote. */
  readonly output: string;
}

export async function firstAnswer(options: LambdaOptions, event: unknown): Promise<FirstAnswer> {
  const startedMs = performance.now();
  const lambda = await LambdaEnvironment.start(options);
  try {
    await lambda.invoke(event);
    const ms = performance.now() - startedMs;
    return { ms, output: lambda.output };
  } finally {
    await lambda.stop();
  }
}
