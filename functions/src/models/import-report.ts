/** What an import, or the check of one, is answered with. */
import type { FolderSummary } from '@preheat/checkpoints';
import { endTokenIds, type ImportModelRequest, type ModelImport } from '@preheat/contracts';
import type { ModelDescription } from '@preheat/inference/model-registry';

export function importReport(
  { name, check_only: isCheck, storage_dtype: dtype }: ImportModelRequest,
  summary: Omit<FolderSummary, 'config'>,
  { config, tokenizer }: Pick<ModelDescription, 'config' | 'tokenizer'>,
): ModelImport {
  return {
    object: 'model.import',
    model: name,
    status: isCheck === true ? 'checked' : 'imported',
    model_type: config.model_type,
    parameters: summary.parameters,
    layers: config.num_hidden_layers,
    context_tokens: config.max_position_embeddings,
    vocabulary: config.vocab_size,
    tensors: summary.tensors,
    weight_bytes: summary.weightBytes,
    weight_files: [...summary.weightFiles],
    dtypes: [...summary.dtypes],
    storage_dtype: dtype ?? 'original',
    has_chat_template: tokenizer.hasChatTemplate,
    end_tokens: endTokenIds(config).map((id) => tokenizer.idToToken(id)),
    ignored: [...summary.ignored],
  };
}
