/** The formats of OpenAI's structured outputs, as patterns of what their RFCs allow. */
import { AutomatonWork, intersection, type KnownState } from './automaton.js';
import { Grammar } from './grammar-state.js';
import { readPattern } from './read-pattern.js';

const either = (...options: readonly string[]): string => `(?:${options.join('|')})`;

/** RFC 3339, section 5.6, and leap years by its appendix C. */
const LEAP_YEAR = either(String.raw`\d\d(?:0[48]|[2468][048]|[13579][26])`, String.raw`(?:[02468][048]|[13579][26])00`);
const DATE = either(
  either(
    String.raw`\d{4}-(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])`,
    String.raw`\d{4}-(?:0[469]|11)-(?:0[1-9]|[12]\d|30)`,
    String.raw`\d{4}-02-(?:0[1-9]|1\d|2[0-8])`,
  ),
  `${LEAP_YEAR}-02-29`,
);
const CLOCK = String.raw`(?:[01]\d|2[0-3]):[0-5]\d`;
/** No leap seconds: which minutes have one is known half a year before. */
const TIME = String.raw`${CLOCK}:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-]${CLOCK})`;

/** RFC 3339, appendix A: no unit is left out between two others. */
const units = (...letters: readonly string[]): string =>
  either(
    ...letters.map((_, first) =>
      letters
        .slice(first)
        .reduceRight((rest, letter) => String.raw`\d{1,9}${letter}${rest === '' ? '' : `(?:${rest})?`}`, ''),
    ),
  );
const CLOCK_TIME = `T${units('H', 'M', 'S')}`;
const DURATION = `P${either(`${units('Y', 'M', 'D')}(?:${CLOCK_TIME})?`, CLOCK_TIME, String.raw`\d{1,9}W`)}`;

/** RFC 1123, section 2.1. A label with hyphens in its third and fourth place is an internationalised one (RFC 5891), or none. */
const ALNUM = '[A-Za-z0-9]';
const INNER = '[A-Za-z0-9-]';
const LABEL = `${ALNUM}(?:${INNER}?${ALNUM}|${INNER}${INNER}${ALNUM}|${INNER}(?:${ALNUM}${INNER}|-${ALNUM})${INNER}{0,58}${ALNUM})?`;
const HOSTNAME = String.raw`${LABEL}(?:\.${LABEL})*`;
/** RFC 5322, section 3.4.1, without quoted names, comments and addresses for domains. */
const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const EMAIL = String.raw`${ATOM}(?:\.${ATOM})*@(?:${LABEL}\.)+${LABEL}`;

const OCTET = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
const IPV4 = String.raw`(?:${OCTET}\.){3}${OCTET}`;
/** RFC 4291, section 2.2: eight groups, of which `::` stands for one or more, and the last two may be an IPv4 address. */
const GROUP = '[0-9A-Fa-f]{1,4}';
const IPV6 = either(
  `(?:${GROUP}:){7}${GROUP}`,
  `(?:${GROUP}:){6}${IPV4}`,
  ...Array.from({ length: 8 }, (_, before) => {
    const left = before === 0 ? '' : `${GROUP}(?::${GROUP}){${before - 1}}`;
    const groups = 7 - before;
    const plain = groups > 0 ? [`${GROUP}(?::${GROUP}){0,${groups - 1}}`] : [];
    const mixed = groups > 1 ? [`(?:${GROUP}:){0,${groups - 2}}${IPV4}`] : [];
    return `${left}::${plain.length > 0 ? `${either(...plain, ...mixed)}?` : ''}`;
  }),
);
const UUID = '[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}';

/** A pattern for the whole, and one for its length where that is bounded (RFC 1035, section 2.3.4; RFC 5321, section 4.5.3.1). */
const PATTERNS: Readonly<Record<string, readonly string[]>> = {
  'date-time': [`${DATE}T${TIME}`],
  date: [DATE],
  time: [TIME],
  duration: [DURATION],
  email: [EMAIL, '[^@]{1,64}@.*'],
  hostname: [HOSTNAME, '.{1,253}'],
  ipv4: [IPV4],
  ipv6: [IPV6],
  uuid: [UUID],
};

export const FORMATS: readonly string[] = Object.keys(PATTERNS);

/** Made once: that of host names has tens of thousands of states. */
const automata = new Map<string, KnownState>();

/** The texts of a format. @param format one of `FORMATS`. */
export function formatAutomaton(format: string): KnownState {
  const automaton = automata.get(format) ?? made(format);
  automata.set(format, automaton);
  return automaton;
}

function made(format: string): KnownState {
  const starts = (PATTERNS[format] ?? []).map((pattern) => new Grammar(readPattern(`^(?:${pattern})$`)).start);
  const automaton = intersection(starts, new AutomatonWork(Number.POSITIVE_INFINITY));
  if (typeof automaton === 'string') throw new Error(`the format ${format} is ${automaton}`);
  return automaton;
}
