/**
 * Takes secrets out of what is logged: by the name of the field that holds them, and by what they look like wherever they
 * stand, because a message or a stack quotes whatever it was about.
 */

/** Lower case; compared without regard to case, "-" and "_". */
const SECRET_NAMES = new Set([
  'authorization',
  'proxyauthorization',
  'apikey',
  'xapikey',
  'password',
  'passphrase',
  'secret',
  'secrets',
  'signingsecret',
  'clientsecret',
  'secretaccesskey',
  'sessiontoken',
  'accesstoken',
  'token',
  'cookie',
  'setcookie',
  'webhooksignature',
]);
/** Callers give their graders secrets in headers of any name, so only these are known to hold none. */
const PLAIN_HEADERS = new Set([
  'accept',
  'contentlength',
  'contenttype',
  'host',
  'retryafter',
  'useragent',
  'xrequestid',
]);
const SECRET_TEXT =
  /\b(?:sk-[\w-]{6,}|ph-[\w-]{16,}|whsec_[\w+/=-]{6,}|(?:AKIA|ASIA)[A-Z0-9]{16})|\b(?:Bearer|Basic)\s+[\w.~+/=-]{6,}/gi;
/** The user and the password of a URL. */
const URL_SECRETS = /(\bhttps?:\/\/)[^\s/@]+@/gi;
const REDACTED = '[redacted]';
const DEPTH_MAX = 4;

type Fields = Readonly<Record<string, unknown>>;

/** A copy without secrets; what lies deeper than `DEPTH_MAX` is left out. */
export function redactFields(fields: Fields): Record<string, unknown> {
  return redactObject(fields, DEPTH_MAX);
}

export function redactText(text: string): string {
  return text.replace(SECRET_TEXT, REDACTED).replace(URL_SECRETS, `$1${REDACTED}@`);
}

function redactObject(fields: Fields, depth: number): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, redactNamed(name, value, depth)]));
}

function redactNamed(name: string, value: unknown, depth: number): unknown {
  const plain = plainName(name);
  if (SECRET_NAMES.has(plain)) return REDACTED;
  return plain === 'headers' && typeof value === 'object' && value !== null
    ? redactHeaders(value as Fields)
    : redactValue(value, depth);
}

function redactHeaders(headers: Fields): Record<string, unknown> {
  const entries = Object.entries(headers);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, PLAIN_HEADERS.has(plainName(name)) ? value : REDACTED]),
  );
}

const plainName = (name: string): string => name.toLowerCase().replaceAll(/[-_]/g, '');

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return '[deeper]';
  if (value instanceof Error) return redactError(value, depth);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth - 1));
  return redactObject(value as Fields, depth - 1);
}

/** Own fields too: an error of a client library carries its request, headers included. */
function redactError(error: Error, depth: number): Record<string, unknown> {
  const { name, message, stack, cause, ...rest } = error as Error & Fields;
  return {
    ...redactObject(rest, depth - 1),
    type: name,
    message: redactText(message),
    ...(stack === undefined ? {} : { stack: redactText(stack) }),
    ...(cause === undefined ? {} : { cause: redactValue(cause, depth - 1) }),
  };
}
