/**
 * Porter's suffix stripping ("An algorithm for suffix stripping", 1980) with the departures that NLTK's `PorterStemmer`
 * has by default, because METEOR is defined by NLTK's implementation. Words are expected in lower case.
 */
type Rule = readonly [suffix: string, replacement: string, holds?: (stem: string) => boolean];

/** NLTK's irregular forms. */
const IRREGULAR: Readonly<Record<string, string>> = {
  sky: 'sky',
  skies: 'sky',
  dying: 'die',
  lying: 'lie',
  tying: 'tie',
  news: 'news',
  innings: 'inning',
  inning: 'inning',
  outings: 'outing',
  outing: 'outing',
  cannings: 'canning',
  canning: 'canning',
  howe: 'howe',
  proceed: 'proceed',
  exceed: 'exceed',
  succeed: 'succeed',
};

export function porterStem(word: string): string {
  if (Object.hasOwn(IRREGULAR, word)) return IRREGULAR[word] as string;
  if ([...word].length <= 2) return word;
  return [plurals, participles, finalY, step2, step3, step4, finalE, finalLL].reduce((stem, step) => step(stem), word);
}

/** One flag a character: a `y` is a consonant unless it follows one. */
function consonants(word: string): boolean[] {
  const flags: boolean[] = [];
  for (const letter of word) flags.push(letter === 'y' ? flags.at(-1) !== true : !'aeiou'.includes(letter));
  return flags;
}

/** m in [C](VC){m}[V]. */
function measure(stem: string): number {
  const flags = consonants(stem);
  return flags.filter((isConsonant, i) => isConsonant && flags[i - 1] === false).length;
}

const hasMeasure = (stem: string): boolean => measure(stem) > 0;
const isLong = (stem: string): boolean => measure(stem) > 1;
const hasVowel = (stem: string): boolean => consonants(stem).includes(false);

function endsInDoubleConsonant(word: string): boolean {
  return word.length >= 2 && word.at(-1) === word.at(-2) && consonants(word).at(-1) === true;
}

/** Consonant, vowel, consonant other than w, x and y; also, in NLTK, a vowel and a consonant alone. */
function endsCvc(word: string): boolean {
  const flags = consonants(word);
  if (flags.length === 2) return flags[0] === false && flags[1] === true;
  const [a, b, c] = flags.slice(-3);
  return flags.length >= 3 && a === true && b === false && c === true && !/[wxy]$/.test(word);
}

/** The first rule whose suffix fits decides, whether its condition holds or not. */
function applyFirst(word: string, rules: readonly Rule[]): string {
  const rule = rules.find(([suffix]) => word.endsWith(suffix));
  if (rule === undefined) return word;
  const [suffix, replacement, holds] = rule;
  const stem = word.slice(0, word.length - suffix.length);
  return holds === undefined || holds(stem) ? stem + replacement : word;
}

const rules = (table: string, holds: (stem: string) => boolean): Rule[] =>
  table.split(' ').map((entry) => {
    const [suffix = '', replacement = ''] = entry.split('>');
    return [suffix, replacement, holds];
  });

function plurals(word: string): string {
  if (word.length === 4 && word.endsWith('ies')) return word.slice(0, -1);
  return applyFirst(word, [
    ['sses', 'ss'],
    ['ies', 'i'],
    ['ss', 'ss'],
    ['s', ''],
  ]);
}

function participles(word: string): string {
  if (word.endsWith('ied')) return word.slice(0, word.length === 4 ? -1 : -2);
  if (word.endsWith('eed')) return hasMeasure(word.slice(0, -3)) ? word.slice(0, -1) : word;
  const suffix = ['ed', 'ing'].find((end) => word.endsWith(end) && hasVowel(word.slice(0, -end.length)));
  return suffix === undefined ? word : restored(word.slice(0, -suffix.length));
}

function restored(stem: string): string {
  if (/(at|bl|iz)$/.test(stem)) return `${stem}e`;
  if (endsInDoubleConsonant(stem)) return /[lsz]$/.test(stem) ? stem : stem.slice(0, -1);
  return measure(stem) === 1 && endsCvc(stem) ? `${stem}e` : stem;
}

function finalY(word: string): string {
  return applyFirst(word, [['y', 'i', (stem) => stem.length > 1 && consonants(stem).at(-1) === true]]);
}

const STEP_2: readonly Rule[] = [
  ...rules(
    'ational>ate tional>tion enci>ence anci>ance izer>ize bli>ble alli>al entli>ent eli>e ousli>ous',
    hasMeasure,
  ),
  ...rules('ization>ize ation>ate ator>ate alism>al iveness>ive fulness>ful ousness>ous aliti>al', hasMeasure),
  ...rules('iviti>ive biliti>ble fulli>ful', hasMeasure),
  ['logi', 'log', (stem) => hasMeasure(`${stem}l`)],
];

function step2(word: string): string {
  if (word.endsWith('alli') && hasMeasure(word.slice(0, -4))) return step2(word.slice(0, -2));
  return applyFirst(word, STEP_2);
}

const STEP_3 = rules('icate>ic ative> alize>al iciti>ic ical>ic ful> ness>', hasMeasure);
const step3 = (word: string): string => applyFirst(word, STEP_3);

const STEP_4: readonly Rule[] = [
  ...rules('al> ance> ence> er> ic> able> ible> ant> ement> ment> ent>', isLong),
  ['ion', '', (stem) => isLong(stem) && /[st]$/.test(stem)],
  ...rules('ou> ism> ate> iti> ous> ive> ize>', isLong),
];
const step4 = (word: string): string => applyFirst(word, STEP_4);

function finalE(word: string): string {
  return applyFirst(word, [['e', '', (stem) => isLong(stem) || (measure(stem) === 1 && !endsCvc(stem))]]);
}

const finalLL = (word: string): string => applyFirst(word, [['ll', 'l', (stem) => isLong(`${stem}l`)]]);
