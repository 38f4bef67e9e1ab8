/**
 * A cursor list as an async iterable over all of its items. Lazy: nothing is requested before the first use, and each
 * page only when the one before it is used up. A server that repeats its cursor ends the walk instead of looping it.
 */
export interface ListPage<T> {
  readonly object?: 'list';
  readonly data: readonly T[];
  readonly has_more?: boolean;
  readonly first_id?: string | null;
  readonly last_id?: string | null;
}

export class Paginator<T extends { readonly id: string }> implements AsyncIterable<T> {
  readonly #fetchPage: (after: string | undefined) => Promise<ListPage<T>>;

  constructor(fetchPage: (after: string | undefined) => Promise<ListPage<T>>) {
    this.#fetchPage = fetchPage;
  }

  /** One page as the server sent it, the first unless `after` names the item before it. */
  page(after?: string): Promise<ListPage<T>> {
    return this.#fetchPage(after);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    let after: string | undefined;
    for (;;) {
      const page = await this.#fetchPage(after);
      yield* page.data;
      const cursor = page.last_id ?? page.data.at(-1)?.id;
      if (page.has_more !== true || page.data.length === 0 || cursor === undefined || cursor === after) return;
      after = cursor;
    }
  }

  /** At most `maxItems` items, in the server's order. */
  async toArray(maxItems: number = Number.POSITIVE_INFINITY): Promise<T[]> {
    const items: T[] = [];
    if (maxItems <= 0) return items;
    for await (const item of this) {
      items.push(item);
      if (items.length >= maxItems) break;
    }
    return items;
  }
}
