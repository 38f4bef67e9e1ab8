/** Models: bases, finished fine-tunes and checkpoints, all called by name. */
import type { ModelObject } from '../generated/wire.js';
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
}

/** Names contain colons and may contain slashes. */
const modelPath = (name: string): string => `/models/${encodeURIComponent(name)}`;
