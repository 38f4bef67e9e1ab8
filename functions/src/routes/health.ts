/** GET /healthz: whether this process answers. It touches no dependency, so a slow store never restarts a server. */
import Type from 'typebox';
import type { App } from '../app-type.js';

const Health = Type.Object({ status: Type.Literal('ok') });

export function healthRoute(app: App): void {
  const schema = { operationId: 'health', summary: 'Liveness', tags: ['Platform'], response: { 200: Health } };
  app.get('/healthz', { schema, config: { public: true } }, async () => ({ status: 'ok' as const }));
}
