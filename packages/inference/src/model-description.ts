/** What is known of a model, and what it is loaded as. */
import type { LoraAdapter, TensorMap } from '@preheat/checkpoints';
import type { ModelRecord } from '@preheat/contracts';
import type { FolderDescription } from './describe-folder.js';

/** A model without its weights: enough to validate and tokenise for it. */
export interface ModelDescription extends FolderDescription {
  readonly record: ModelRecord;
}

export interface LoadedModel extends ModelDescription {
  readonly tensors: TensorMap;
}

/** A model stored as what changes its base; the base is named by its record, whose bundle stays when its name is deleted. */
export interface AdaptedModel {
  readonly adapter: LoraAdapter;
  readonly base: ModelRecord;
}
