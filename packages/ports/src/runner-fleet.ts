/**
 * How many runners a deployment is to have. Whoever starts machines for it also spares those that work or stay warm when the number
 * falls, so a wish that comes late, twice or never costs runner time or waiting, and no work.
 */
export interface RunnerFleet {
  /** As many as were asked for last, those that still start among them. */
  wanted(): Promise<number>;
  /** @param count A whole number, at least 0. */
  want(count: number): Promise<void>;
}
