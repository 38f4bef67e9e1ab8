/**
 * The routes of the API in areas: what needs the same code. A server opens all of them; a function opens an area with its first
 * call (lambda/api-by-area.ts), so that no start pays for what other calls need.
 */
import type { AddRoutes } from './add-routes.js';

interface Area {
  /** The calls it answers, as `METHOD /path`; the first area that matches has the call. */
  readonly calls: RegExp;
  load(): Promise<{ readonly addRoutes: AddRoutes }>;
}

export const AREAS = {
  files: { calls: /^\w+ \/v1\/(files|uploads|x\/uploads)(\/|$)/, load: () => import('./files.js') },
  jobRequests: {
    calls: /^(POST \/v1\/fine_tuning\/jobs|\w+ \/v1\/(x\/preflight|fine_tuning\/alpha\/.*))$/,
    load: () => import('./job-requests.js'),
  },
  jobs: { calls: /^\w+ \/v1\/fine_tuning\/jobs(\/|$)/, load: () => import('./jobs.js') },
  models: {
    calls: /^\w+ \/v1\/(models|fine_tuning\/checkpoints|x\/aliases|x\/models\/.+\/expiry)(\/|$)/,
    load: () => import('./models.js'),
  },
  modelFiles: { calls: /^\w+ \/v1\/x\/(models|exports)(\/|$)/, load: () => import('./model-files.js') },
  completions: { calls: /^\w+ \/v1\/(chat\/)?completions(\/|$)/, load: () => import('./completions.js') },
  webhooks: { calls: /^\w+ \/v1\/webhook_/, load: () => import('./webhooks.js') },
  evals: { calls: /^\w+ \/v1\/(x\/)?evals(\/|$)/, load: () => import('./evals.js') },
  platform: { calls: /^\w+ (\/healthz|\/v1\/x\/(limits|admin\/.*))$/, load: () => import('./platform.js') },
} satisfies Record<string, Area>;

export type AreaName = keyof typeof AREAS;
export const AREA_NAMES = Object.keys(AREAS) as AreaName[];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Undefined where no area has such paths. */
export function areaOf(method: string, path: string): AreaName | undefined {
  const call = `${method} ${path}`;
  return AREA_NAMES.find((name) => AREAS[name].calls.test(call));
}

/** Those that have a path, whatever the method: what else it takes is known to them alone. */
export function areasOf(path: string): readonly AreaName[] {
  const names = new Set(METHODS.map((method) => areaOf(method, path)));
  return AREA_NAMES.filter((name) => names.has(name));
}
