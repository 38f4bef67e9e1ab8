/** Models: bases, imports, finished fine-tunes and checkpoints, all called by name; importing and exporting them. */
import type {
  ExportModelRequest,
  ImportModelRequest,
  ModelExpiry,
  ModelExport,
  ModelImport,
  ModelObject,
  SetModelExpiry,
} from '../generated/wire.js';
import { Paginator } from '../paginator.js';
import type { RequestOptions, Transport } from '../transport.js';

export class Models {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(options?: RequestOptions): Paginator<ModelObject> {
    return new Paginator((after) =>
      this.#transport.json({ method: 'GET', path: '/models', query: { after } }, options),
    );
  }

  retrieve(name: string, options?: RequestOptions): Promise<ModelObject> {
    return this.#transport.json({ method: 'GET', path: modelPath(name) }, options);
  }

  delete(name: string, options?: RequestOptions): Promise<{ id: string; object: 'model'; deleted: boolean }> {
    return this.#transport.json({ method: 'DELETE', path: modelPath(name) }, options);
  }

  /** When a model expires; `expires_at` is null where it does not. */
  expiry(name: string, options?: RequestOptions): Promise<ModelExpiry> {
    return this.#transport.json({ method: 'GET', path: expiryPath(name) }, options);
  }

  /** Lets a model expire. One that a job, an alias or a run uses expires once nothing uses it. */
  setExpiry(name: string, expiry: SetModelExpiry, options?: RequestOptions): Promise<ModelExpiry> {
    return this.#transport.json({ method: 'POST', path: expiryPath(name), body: expiry }, options);
  }

  /** Lets a model stay that would expire. */
  liftExpiry(name: string, options?: RequestOptions): Promise<ModelExpiry> {
    return this.#transport.json({ method: 'DELETE', path: expiryPath(name) }, options);
  }

  /**
   * Makes uploaded files a model, or with `check_only` says whether they would be one. Repeating an import is harmless.
   * The server reads every weight before it answers, hence the long time-out.
   */
  import(request: ImportModelRequest, options?: RequestOptions): Promise<ModelImport> {
    return this.#transport.json({ method: 'POST', path: '/x/models', body: request }, { ...LONG, ...options });
  }

  /** Writes a model in another format; the answer comes when the files, read back, were found to compute the same. */
  export(request: ExportModelRequest, options?: RequestOptions): Promise<ModelExport> {
    return this.#transport.json({ method: 'POST', path: '/x/exports', body: request }, { ...LONG, ...options });
  }

  retrieveExport(id: string, options?: RequestOptions): Promise<ModelExport> {
    return this.#transport.json({ method: 'GET', path: exportPath(id) }, options);
  }

  deleteExport(
    id: string,
    options?: RequestOptions,
  ): Promise<{ id: string; object: 'model.export'; deleted: boolean }> {
    return this.#transport.json({ method: 'DELETE', path: exportPath(id) }, options);
  }

  /** The bytes of one file of an export, as a `Response` so that it can be streamed. */
  exportFile(id: string, path: string, options?: RequestOptions): Promise<Response> {
    const file = path.split('/').map(encodeURIComponent).join('/');
    const headers = { accept: 'application/octet-stream' };
    return this.#transport.response({ method: 'GET', path: `${exportPath(id)}/files/${file}`, headers }, options);
  }
}

/** Gigabytes are read and written within one request. */
const LONG: RequestOptions = { timeoutMs: 3_600_000 };

const exportPath = (id: string): string => `/x/exports/${encodeURIComponent(id)}`;

/** Names contain colons and may contain slashes. */
const modelPath = (name: string): string => `/models/${encodeURIComponent(name)}`;

const expiryPath = (name: string): string => `/x/models/${encodeURIComponent(name)}/expiry`;
