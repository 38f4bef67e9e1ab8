/** Names that stand for models and move at once (extension). A job may move one when it ends: `publish`. */
import type { ModelAlias } from '../generated/wire.js';
import type { RequestOptions, Transport } from '../transport.js';

export class Aliases {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** By name. */
  async list(options?: RequestOptions): Promise<ModelAlias[]> {
    const answer = await this.#transport.json<{ data: ModelAlias[] }>({ method: 'GET', path: PATH }, options);
    return answer.data;
  }

  retrieve(alias: string, options?: RequestOptions): Promise<ModelAlias> {
    return this.#transport.json({ method: 'GET', path: aliasPath(alias) }, options);
  }

  /** Lets the alias stand for a model from now on. */
  move(alias: string, model: string, options?: RequestOptions): Promise<ModelAlias> {
    return this.#transport.json({ method: 'POST', path: aliasPath(alias), body: { model } }, options);
  }

  /** The model stays. */
  delete(alias: string, options?: RequestOptions): Promise<{ id: string; object: 'model.alias'; deleted: boolean }> {
    return this.#transport.json({ method: 'DELETE', path: aliasPath(alias) }, options);
  }
}

const PATH = '/x/aliases';
const aliasPath = (alias: string): string => `${PATH}/${encodeURIComponent(alias)}`;
