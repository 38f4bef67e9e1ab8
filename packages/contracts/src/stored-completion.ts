/** Chat completions kept with `store: true`: the stored document and the messages of its request. */
import Type, { type Static } from 'typebox';
import { ChatCompletion, ChatRequestMessage } from './chat.js';
import { Count, Id, Metadata, Nullable, RecentWriteIds } from './primitives.js';

/** Beside the completion: the metadata of the request, which is what a stored completion is found by. */
export const StoredChatCompletion = Type.Interface([ChatCompletion], { metadata: Nullable(Metadata) });
export type StoredChatCompletion = Static<typeof StoredChatCompletion>;

/** A message of the request, with an id that a page can continue after. */
export const StoredChatMessage = Type.Interface([ChatRequestMessage], { id: Id });
export type StoredChatMessage = Static<typeof StoredChatMessage>;

/** `completions/<project>/<id>.json`. */
export const StoredCompletion = Type.Object({
  schemaVersion: Type.Literal(1),
  writeId: Id,
  recentWriteIds: RecentWriteIds,
  createdAtMs: Count,
  completion: ChatCompletion,
  metadata: Nullable(Metadata),
  messages: Type.Array(ChatRequestMessage, { minItems: 1, maxItems: 512 }),
});
export type StoredCompletion = Static<typeof StoredCompletion>;
