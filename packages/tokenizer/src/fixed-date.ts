/**
 * The date that chat templates are given for today's: one that stays, so that the same conversation is the same tokens tomorrow,
 * and in serving what it was in training. It is the date that Llama's templates write where they are told none.
 */
const DATE = new Date(Date.UTC(2024, 6, 26));

const part = (options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat('en-US', { timeZone: 'UTC', ...options }).format(DATE);

/** Directives of Python's `strftime`. */
const DIRECTIVES: Readonly<Record<string, string>> = {
  a: part({ weekday: 'short' }),
  A: part({ weekday: 'long' }),
  b: part({ month: 'short' }),
  B: part({ month: 'long' }),
  d: part({ day: '2-digit' }),
  m: part({ month: '2-digit' }),
  y: part({ year: '2-digit' }),
  Y: part({ year: 'numeric' }),
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
