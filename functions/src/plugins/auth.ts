/**
 * Bearer authentication. A project's key sees what its project owns; an admin key manages keys and sees no project at all,
 * so neither can do the other's work. Routes take a project's key unless their config says `public` or `admin`; those that
 * official clients call with either take both.
 */
import { ApiError } from '@preheat/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { KeyDirectory, KeyHolder } from '../access/key-directory.js';
import type { FailedKeys } from './failed-keys.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The project of the caller's key; empty on public and admin routes, and for admin keys. */
    projectId: string;
  }
  interface FastifyContextConfig {
    /** Served without a key. */
    public?: boolean;
    /** Served to admin keys, and to them only; `too`: to them as well, with no project. */
    admin?: boolean | 'too';
  }
}

export function authenticate(app: FastifyInstance, keys: KeyDirectory, failedKeys: FailedKeys): void {
  app.decorateRequest('projectId', '');
  app.addHook('onRequest', async (request) => {
    const { config } = request.routeOptions;
    if (request.is404 || config.public) return;
    const { role, projectId } = await holderOf(request, keys, failedKeys);
    request.projectId = projectId;
    if (config.admin === 'too') return;
    if (config.admin && role !== 'admin') {
      throw new ApiError('permission_denied', 'This route takes an admin key; the key sent is of a project.');
    }
    if (!config.admin && role !== 'project') {
      throw new ApiError('permission_denied', 'This route takes the key of a project; the key sent is an admin key.');
    }
  });
}

async function holderOf(request: FastifyRequest, keys: KeyDirectory, failedKeys: FailedKeys): Promise<KeyHolder> {
  const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const known = token === undefined ? undefined : keys.known(token);
  if (known) return known;
  // Whoever guesses reaches neither the store nor an answer. Others may call from the same address: a proxy's, or an office's.
  if (token === undefined || !keys.wasGood(token)) failedKeys.refuseIfTooMany(request.ip);
  const found = token === undefined ? undefined : await keys.find(token);
  if (found) return found;
  failedKeys.count(request.ip);
  const what = token === undefined ? 'No API key was sent.' : 'The API key is not known here.';
  throw new ApiError('invalid_api_key', `${what} Send it as \`Authorization: Bearer <key>\`.`);
}
