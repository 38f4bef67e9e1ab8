/** Models that answer, and the answers that were kept. */
import { chatCompletionRoute } from '../routes/chat-completions.js';
import { storedCompletionRoutes } from '../routes/stored-completions.js';
import { textCompletionRoute } from '../routes/text-completions.js';
import { StoredCompletions } from '../stored-completions/stored-completions.js';
import type { AddRoutes } from './add-routes.js';

export const addRoutes: AddRoutes = (v1, { deps, patience }) => {
  const completions = new StoredCompletions(deps);
  chatCompletionRoute(v1, deps, completions, patience);
  textCompletionRoute(v1, deps, patience);
  storedCompletionRoutes(v1, completions);
};
