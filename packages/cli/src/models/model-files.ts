/**
 * Which files of a folder or repository a model needs. Repositories often hold the same weights several times over (pickled,
 * consolidated, for other runtimes); moving one of them is enough.
 */
const INDEX_FILE = 'model.safetensors.index.json';
const WHOLE_FILE = 'model.safetensors';
const DESCRIPTIONS = /^([^/]+\.json|[^/]+\.jinja|additional_chat_templates\/[^/]+\.jinja)$/;
const SAFETENSORS = /^[^/]+\.safetensors$/;
/** Weights that the platform refuses: it is sent one of them to say so, and why, itself. */
const OTHER_WEIGHTS = /^[^/]+\.(bin|pt|pth|ckpt|h5|msgpack|gguf)$/;

/** Small files are needed before it is known which weights are. */
export const isDescription = (name: string): boolean => DESCRIPTIONS.test(name);

/** Names of the files to send, small ones first. `readIndex` gives the text of the index, when it is among `names`. */
export async function selectModelFiles(names: readonly string[], readIndex: () => Promise<string>): Promise<string[]> {
  const small = names.filter(isDescription).sort();
  const weights = names.filter((name) => SAFETENSORS.test(name)).sort();
  if (weights.includes(WHOLE_FILE)) return [...small.filter((name) => name !== INDEX_FILE), WHOLE_FILE];
  if (names.includes(INDEX_FILE)) {
    const listed = shardsOf(await readIndex());
    return [...small, ...weights.filter((name) => listed.has(name))];
  }
  const other = names.filter((name) => OTHER_WEIGHTS.test(name)).slice(0, 1);
  return [...small, ...(weights.length > 0 ? weights : other)];
}

/** Empty when the index cannot be read; the platform then says what is wrong with it. */
function shardsOf(index: string): ReadonlySet<unknown> {
  try {
    return new Set(Object.values((JSON.parse(index) as { weight_map?: object }).weight_map ?? {}));
  } catch {
    return new Set(); // Not JSON.
  }
}
