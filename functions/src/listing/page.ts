/** Pages of the wire: the query every list takes, and the answer every official client can walk. */
import Type, { type TSchema } from 'typebox';
import { OneOf } from '@preheat/contracts';

export interface PageRequest {
  readonly after?: string;
  readonly limit: number;
  readonly order: 'asc' | 'desc';
}

export interface PageOf<T> {
  readonly items: readonly T[];
  readonly hasMore: boolean;
}

/** `after`, `limit` (at most `maximum`) and `order`, beside the filters of the list. */
export function pageQuery<F extends Record<string, TSchema>>(maximum: number, filters: F) {
  return Type.Object({
    after: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum })),
    order: Type.Optional(OneOf(['asc', 'desc'])),
    ...filters,
  });
}

/** The request behind a checked query, with the list's documented defaults. */
export function pageRequest(
  query: { after?: string; limit?: number; order?: 'asc' | 'desc' },
  defaults: { limit: number; order: 'asc' | 'desc' },
): PageRequest {
  return {
    ...(query.after === undefined ? {} : { after: query.after }),
    limit: query.limit ?? defaults.limit,
    order: query.order ?? defaults.order,
  };
}

export function toWirePage<T extends { id: string }>(items: readonly T[], hasMore: boolean) {
  return {
    object: 'list' as const,
    data: [...items],
    has_more: hasMore,
    first_id: items[0]?.id ?? null,
    last_id: items.at(-1)?.id ?? null,
  };
}
