/**
 * Words for skills: the first is what an opening asks for, any of them may stand in a résumé. The last of each, a fifth of
 * the words, is rare: it stands in training items alone.
 */
export const SKILL_WORDS = [
  ['sql', 'query', 'joins', 'dbms', 'olap'],
  ['web', 'html', 'css', 'dom', 'ajax'],
  ['ops', 'linux', 'cron', 'shell', 'bash'],
  ['ml', 'stats', 'trees', 'svm', 'bayes'],
  ['lead', 'team', 'hire', 'plan', 'agile'],
  ['sales', 'deals', 'crm', 'quota', 'pitch'],
  ['tax', 'audit', 'books', 'vat', 'gaap'],
  ['art', 'draw', 'logo', 'font', 'paint'],
] as const;

/** Place of the skill that a word is for; -1 for any other text. */
export const skillOf = (word: string): number =>
  SKILL_WORDS.findIndex((words) => (words as readonly string[]).includes(word));

export const isRare = (word: string): boolean => SKILL_WORDS.some((words) => words.at(-1) === word);
