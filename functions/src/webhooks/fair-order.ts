/**
 * Which due delivery is next: of the project that has the fewest on their way, of several the one whose last turn was the
 * longest ago, and at most so many of one project at once. An endpoint that answers nobody holds up its own project's lanes, and no
 * other's.
 */
export class FairOrder {
  readonly #atOnce: number;
  /** Whose turn was the longest ago comes first. */
  readonly #waiting = new Map<string, string[]>();
  readonly #underWay = new Map<string, number>();

  /** @param atOnce Deliveries of one project on their way, at most. */
  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  add(projectId: string, key: string): void {
    const keys = this.#waiting.get(projectId);
    if (keys) keys.push(key);
    else this.#waiting.set(projectId, [key]);
  }

  waitingOf(projectId: string): number {
    return this.#waiting.get(projectId)?.length ?? 0;
  }

  /** Calls `send` with the next one; false when there is none that may go now. */
  async next(send: (key: string) => Promise<void>): Promise<boolean> {
    const projectId = this.#nextProject();
    const keys = projectId === undefined ? undefined : this.#waiting.get(projectId);
    const key = keys?.shift();
    if (projectId === undefined || keys === undefined || key === undefined) return false;
    this.#waiting.delete(projectId);
    if (keys.length > 0) this.#waiting.set(projectId, keys);
    this.#count(projectId, 1);
    try {
      await send(key);
    } finally {
      this.#count(projectId, -1);
    }
    return true;
  }

  #nextProject(): string | undefined {
    let [best, fewest] = [undefined as string | undefined, this.#atOnce];
    for (const projectId of this.#waiting.keys()) {
      const underWay = this.#underWay.get(projectId) ?? 0;
      if (underWay < fewest) [best, fewest] = [projectId, underWay];
    }
    return best;
  }

  #count(projectId: string, change: number): void {
    this.#underWay.set(projectId, (this.#underWay.get(projectId) ?? 0) + change);
  }
}
