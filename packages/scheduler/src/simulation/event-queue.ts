/** Events in the order of their time, then of their rank, then of their coming: a binary heap. */
export interface Timed {
  readonly atMs: number;
  /** At the same time a release comes before an arrival, and an arrival before an expiry. */
  readonly rank: number;
}

export class EventQueue<E extends Timed> {
  readonly #heap: { readonly event: E; readonly order: number }[] = [];
  #added = 0;

  push(event: E): void {
    const heap = this.#heap;
    const entry = { event, order: this.#added++ };
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent] as typeof entry)) break;
      heap[at] = heap[parent] as typeof entry;
      at = parent;
    }
    heap[at] = entry;
  }

  pop(): E | undefined {
    const heap = this.#heap;
    const [first, last] = [heap[0], heap.pop()];
    if (!first || !last || heap.length === 0) return first?.event;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right && isBefore(right, heap[child] as typeof last)) child++;
      if (!isBefore(heap[child] as typeof last, last)) break;
      heap[at] = heap[child] as typeof last;
      at = child;
    }
    heap[at] = last;
    return first.event;
  }
}

interface Entry {
  readonly event: Timed;
  readonly order: number;
}

function isBefore(a: Entry, b: Entry): boolean {
  return (a.event.atMs - b.event.atMs || a.event.rank - b.event.rank || a.order - b.order) < 0;
}
