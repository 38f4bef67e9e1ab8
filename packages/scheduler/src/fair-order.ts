/**
 * Which project gets the next free runner. Projects share evenly: the one that holds the fewest runners is served, of equals
 * the one served longest ago, so that a project with one job waits for at most one job of every other, however many those
 * have. A job that lost its runner goes before all that have not begun: it had its turn already.
 */
export interface ProjectDemand {
  readonly projectId: string;
  /** Its first waiting job had begun before. */
  readonly isAhead: boolean;
  /** Since when its first job waits. */
  readonly sinceMs: number;
  /** Runners its jobs hold. */
  readonly running: number;
  /** Runners it may hold. */
  readonly limit: number;
  /** When it last got a runner; 0 for never. */
  readonly servedAtMs: number;
}

/** The projects that may have a runner now, the next one first. */
export function fairOrder<D extends ProjectDemand>(demands: readonly D[]): D[] {
  return demands.filter(mayHaveOne).sort(compare);
}

/** The first of `fairOrder`. */
export function fairest<D extends ProjectDemand>(demands: readonly D[]): D | undefined {
  let first: D | undefined;
  for (const demand of demands) if (mayHaveOne(demand) && (!first || compare(demand, first) < 0)) first = demand;
  return first;
}

const mayHaveOne = ({ running, limit }: ProjectDemand): boolean => running < limit;

function compare(a: ProjectDemand, b: ProjectDemand): number {
  const byRank = Number(b.isAhead) - Number(a.isAhead);
  if (byRank !== 0) return byRank;
  if (a.isAhead) return a.sinceMs - b.sinceMs;
  return (
    a.running - b.running ||
    a.servedAtMs - b.servedAtMs ||
    a.sinceMs - b.sinceMs ||
    (a.projectId < b.projectId ? -1 : 1)
  );
}
