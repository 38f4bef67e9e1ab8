/**
 * The date that chat templates are given for today's: one that stays, so that the same conversation is the same tokens tomorrow,
 * and in serving what it was in training. It is the date that Llama's templates write where they are told none, by the directives of
 * Python's `strftime`. Written out: the first use of `Intl` in a process takes longer than all else that a tokenizer does as it is loaded.
 */
const DIRECTIVES: Readonly<Record<string, string>> = {
  a: 'Fri',
  A: 'Friday',
  b: 'Jul',
  B: 'July',
  d: '26',
  m: '07',
  y: '24',
  Y: '2024',
  H: '00',
  M: '00',
  S: '00',
  '%': '%',
};

/** @throws Error for a directive that is not known here. */
export function fixedDate(format: string): string {
  return format.replace(/%(-?.)/gs, (_, directive: string) => {
    const text = DIRECTIVES[directive.replace('-', '')];
    if (text === undefined) throw new Error(`strftime_now: %${directive} is not known`);
    return directive.startsWith('-') ? text.replace(/^0(?=.)/, '') : text;
  });
}
