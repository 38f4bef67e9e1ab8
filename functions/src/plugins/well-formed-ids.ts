/** Ids in paths name objects in the store: one that no id of the platform could look like is simply not found. */
import { ApiError, check, Id } from '@preheat/contracts';
import type { FastifyInstance } from 'fastify';

export function refuseMalformedIds(app: FastifyInstance): void {
  app.addHook('preHandler', async (request) => {
    for (const [name, value] of Object.entries((request.params ?? {}) as Record<string, string>)) {
      if (!name.endsWith('_id') || isWellFormed(value)) continue;
      throw new ApiError('not_found', `Nothing with the id ${JSON.stringify(value)} exists.`, { param: name });
    }
  });
}

const isWellFormed = (id: string): boolean => check(Id, id).ok;
