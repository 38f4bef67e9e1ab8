/** Where the items of a run are shown: all of them or those of one status, from the beginning or after an item. */
export interface RunAddress {
  readonly evalId: string;
  readonly runId: string;
  readonly status?: string | undefined;
  readonly after?: string | undefined;
}

export function runHref({ evalId, runId, status, after }: RunAddress): string {
  const path = `#/evals/${encodeURIComponent(evalId)}/runs/${encodeURIComponent(runId)}`;
  const query = [
    ...(status === undefined ? [] : [`status=${encodeURIComponent(status)}`]),
    ...(after === undefined ? [] : [`after=${encodeURIComponent(after)}`]),
  ];
  return query.length === 0 ? path : `${path}?${query.join('&')}`;
}
