// Running out of memory as a typed error with its numbers, whichever runtime said it and however it words it. It is the one
// failure that less work at a time can cure, so callers must be able to tell it from all others.

export interface Shortage {
  /** Where memory ran out, as the runtime calls it, such as `GPU:0` or `CPU`. */
  readonly device: string;
  /** The tensor that did not fit. */
  readonly shape?: readonly number[];
  readonly bytesAsked?: number;
  readonly bytesFree?: number;
  /** The most that may be used, where a setting limits it. */
  readonly bytesLimit?: number;
}

export class OutOfMemoryError extends Error {
  override readonly name = 'OutOfMemoryError';
  readonly shortage: Shortage;

  constructor(shortage: Shortage, options?: ErrorOptions) {
    super(describe(shortage), options);
    this.shortage = shortage;
  }
}

/** `error` as an OutOfMemoryError when it reports a failed allocation, else as it is. `where` is known to the caller. */
export function recogniseOutOfMemory(error: unknown, where: Pick<Shortage, 'device' | 'bytesFree'>): unknown {
  if (error instanceof OutOfMemoryError) return error;
  const message = error instanceof Error ? error.message : String(error);
  for (const read of readers) {
    const found = read(message);
    if (found) return new OutOfMemoryError({ ...where, ...found }, { cause: error });
  }
  return error;
}

/** Bytes of an element by TensorFlow's name of its type; what is not listed is not asked for here. */
const elementBytes: Readonly<Record<string, number>> = { float: 4, int32: 4, bool: 1, half: 2, bfloat16: 2, int64: 8 };

type Reader = (message: string) => Partial<Shortage> | undefined;

/** The wordings of TensorFlow, ONNX Runtime, CUDA's libraries and JavaScript engines. */
const readers: readonly Reader[] = [
  (message) => {
    const found = /OOM when allocating tensor with shape\[([\d,]*)\] and type (\w+)(?: on \S*device:(\S+))?/.exec(
      message,
    );
    if (!found) return undefined;
    const [, sizes = '', type = '', device] = found;
    const shape = sizes === '' ? [] : sizes.split(',').map(Number);
    const bytes = elementBytes[type];
    const bytesAsked = bytes === undefined ? {} : { bytesAsked: shape.reduce((a, b) => a * b, bytes) };
    return { shape, ...bytesAsked, ...(device === undefined ? {} : { device }) };
  },
  (message) => {
    const found = /Available memory of (\d+) is smaller than requested bytes of (\d+)/.exec(message);
    return found ? { bytesFree: Number(found[1]), bytesAsked: Number(found[2]) } : undefined;
  },
  (message) => {
    const found = /Failed to allocate memory for requested buffer of size (\d+)/.exec(message);
    return found ? { bytesAsked: Number(found[1]) } : undefined;
  },
  (message) => {
    const found = /CUDA failure 2: out of memory.*?(?:GPU=(\d+)|$)/s.exec(message);
    return found ? (found[1] === undefined ? {} : { device: `GPU:${found[1]}` }) : undefined;
  },
  (message) => {
    const wordings =
      /std::bad_alloc|bad allocation|CUDA_ERROR_OUT_OF_MEMORY|CUBLAS_STATUS_ALLOC_FAILED|Array buffer allocation failed/;
    return wordings.test(message) ? {} : undefined;
  },
  (message) => {
    const found = /Invalid typed array length: (\d+)/.exec(message);
    return found ? { bytesAsked: 4 * Number(found[1]) } : undefined;
  },
];

function describe({ device, shape, bytesAsked, bytesFree, bytesLimit }: Shortage): string {
  const asked = bytesAsked === undefined ? 'an allocation failed' : `${formatBytes(bytesAsked)} were asked for`;
  const tensor = shape ? ` by a tensor of ${shape.join('×') || 'one number'}` : '';
  const free = bytesFree === undefined ? '' : `, ${formatBytes(bytesFree)} were free`;
  const limit = bytesLimit === undefined ? '' : ` of ${formatBytes(bytesLimit)} allowed`;
  return `out of memory on ${device}: ${asked}${tensor}${free}${limit}`;
}

/** Binary units with one decimal: `3.5 MiB`. */
function formatBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(bytes, 1)) / 10)));
  return `${power === 0 ? bytes : (bytes / 2 ** (10 * power)).toFixed(1)} ${units[power]}`;
}
