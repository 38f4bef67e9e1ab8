/** Serves the built dashboard beside the API, without a key: it is static, and asks for the key in the browser. */
import type { FastifyInstance } from 'fastify';

/** Nothing but the site's own files and the API of its own origin, in no frame of another; `data:` is the empty icon. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** @param folder The site as `npm run build` makes it. */
export async function serveDashboard(app: FastifyInstance, folder: string): Promise<void> {
  const { default: fastifyStatic } = await import('@fastify/static');
  await app.register(async (site) => {
    site.addHook('onRoute', (route) => {
      route.config = { ...route.config, public: true };
      route.schema = { ...route.schema, hide: true };
    });
    site.addHook('onSend', async (_request, reply) => {
      reply.header('content-security-policy', CONTENT_SECURITY_POLICY);
    });
    await site.register(fastifyStatic, { root: folder, prefix: '/dashboard/' });
    for (const path of ['/', '/dashboard']) site.get(path, (_request, reply) => reply.redirect('/dashboard/'));
  });
}
