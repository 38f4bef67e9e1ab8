/** Once the grace period is over, everything in the store is reached from something a user can name. */
import type { Property } from '../property.js';
import { orphansOf } from '../reachable.js';

export const noOrphanSurvives: Property = {
  name: 'no orphaned object older than the grace period survives the collector',

  ended({ history }) {
    const objects = new Map([...history.objects].map(([key, { body }]) => [key, body]));
    return orphansOf(objects).map((key) => `nothing refers to ${key}`);
  },
};
