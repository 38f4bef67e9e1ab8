/**
 * Endless batches over rows of several domains, which are drawn at a temperature that may change on the way. Draws are
 * independent and with replacement, each a pure function of (seed, its number), so the cursor is all the state there is.
 */
import { invariant } from '@preheat/contracts';
import type { Random } from '@preheat/ports';
import { domainShares } from './domain-temperature.js';
import type { RowBatch, RowCursor } from './row-sampler.js';

export interface DomainSamplerOptions {
  readonly batchSize: number;
  /** The temperature of the draw after `drawn` others. */
  readonly temperatureAt: (drawn: number) => number;
}

export class DomainSampler {
  /** Rows of each domain. */
  readonly #domains: readonly (readonly number[])[];
  readonly #count: number;
  readonly #random: Random;
  readonly #options: DomainSamplerOptions;

  /** @param domainOf The domain of every row. @throws InvariantError without rows: an empty data set is refused long before. */
  constructor(domainOf: readonly string[], random: Random, options: DomainSamplerOptions) {
    invariant(domainOf.length > 0, 'a sampler needs at least one row');
    const domains = new Map<string, number[]>();
    domainOf.forEach((domain, row) => {
      const rows = domains.get(domain) ?? [];
      rows.push(row);
      domains.set(domain, rows);
    });
    this.#domains = [...domains.values()];
    this.#count = domainOf.length;
    this.#random = random;
    this.#options = options;
  }

  /** The batch at `cursor`; asking twice gives the same batch. An epoch is as many draws as there are rows. */
  batchAt(cursor: RowCursor): RowBatch {
    const { batchSize, temperatureAt } = this.#options;
    const drawn = cursor.epoch * this.#count + cursor.offset;
    const shares = domainShares(
      this.#domains.map((rows) => rows.length),
      temperatureAt(drawn),
    );
    const rows = Int32Array.from({ length: batchSize }, (_, i) => this.#draw(drawn + i, shares));
    const end = drawn + batchSize;
    const next = { epoch: Math.floor(end / this.#count), offset: end % this.#count };
    return { rows, ...cursor, next };
  }

  #draw(number: number, shares: readonly number[]): number {
    const random = this.#random.fork(`draw ${number}`);
    let left = random.float();
    const found = shares.findIndex((share) => (left -= share) < 0);
    // Shares may add up to a little less than 1.
    const rows = this.#domains[found < 0 ? shares.length - 1 : found] ?? [];
    return rows[random.int(rows.length)] ?? 0;
  }
}
