/**
 * `docs/openai-compatibility.md`, made of the wire that the interop ring checks: what it says of an endpoint or a field is
 * what the stories prove.
 */
import type { TSchema } from 'typebox';
import type { Marks } from './wire/notation.js';
import { PYTHON_RELEASES } from './python-clients.js';
import { UNSERVED, WIRE_ROUTES, type WireRoute } from './wire/routes.js';

interface Shape extends TSchema, Marks {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Shape[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
}

const INTRODUCTION = `# OpenAI compatibility

What the official OpenAI clients can do here with nothing changed but \`base_url\`. Written by \`npm run interop:document\` from the
wire that \`npm run interop\` checks: four unmodified clients (\`openai@6.49.0\`, \`openai@7.57.0\`, and \`openai\` ${PYTHON_RELEASES.join(' and ')}
for Python) drive real processes through every endpoint below, and every request and answer is checked against these fields; a missing field, a wrong
type, an unknown value and an unknown field all fail.

Fields are **served** unless marked: *extension*, this platform adds it; *refused*, answered 400 \`unsupported_parameter\` with \`param\`
naming the field; *no effect*, taken and without meaning here. Optional fields have a question mark. Limits in force: \`GET /v1/x/limits\`.

Uploads are streamed: \`npm run interop:upload-memory -- 2048\` sends 2 GiB in parts of 64 MiB and prints the server's peak memory, 192 MiB
of which 159 MiB were there before.
`;

export function compatibilityDocument(): string {
  const lines = [
    INTRODUCTION,
    '## Endpoints',
    '',
    '| endpoint | call | driven by | streams |',
    '| --- | --- | --- | --- |',
  ];
  for (const route of WIRE_ROUTES) {
    const streams = route.streamed ? 'yes' : '';
    lines.push(`| \`${route.method} /v1${route.path}\` | \`${route.call}\` | ${driversOf(route)} | ${streams} |`);
  }
  for (const { path, reason } of UNSERVED) lines.push(`| \`/v1${path}\` | | refused (404): ${reason} | |`);
  lines.push('', '## Fields', '');
  for (const route of WIRE_ROUTES) lines.push(...fieldsOf(route));
  return `${lines.join('\n').trimEnd()}\n`;
}

const driversOf = ({ drivenBy }: WireRoute): string => (drivenBy.length === 3 ? 'all three' : drivenBy.join(', '));

function fieldsOf({ method, path, request, answer, streamed, status }: WireRoute): string[] {
  const parts: [string, TSchema | string | undefined][] = [
    ['Request', request],
    [`Answer ${status}`, answer],
    ['Stream, each line', streamed],
  ];
  const bodies = parts.flatMap(([name, shape]) => {
    if (shape === undefined) return [];
    if (shape === 'form') return [`${name}: a multipart form, its fields in any order.`, ''];
    if (typeof shape === 'string') return [`${name}: bytes.`, ''];
    return [`${name}:`, '', ...rows(shape as Shape, '').map((row) => `- ${row}`), ''];
  });
  return bodies.length === 0 ? [] : [`### \`${method} /v1${path}\``, '', ...bodies];
}

function rows(shape: Shape, path: string): string[] {
  const properties = Object.entries(shape.properties ?? {});
  return properties.flatMap(([name, field]) => {
    const at = `${path}${name}`;
    const isOptional = !(shape.required ?? []).includes(name);
    const inner = insideOf(field);
    const line = `\`${at}${isOptional ? '?' : ''}\` ${typeOf(field)}${markOf(field)}`;
    return [line, ...(inner ? rows(inner.shape, `${at}${inner.suffix}.`) : [])];
  });
}

/** The object whose fields are listed below a field. */
function insideOf(field: Shape): { shape: Shape; suffix: string } | undefined {
  if (field.properties) return { shape: field, suffix: '' };
  if (field.items) {
    const inner = insideOf(field.items);
    return inner && { shape: inner.shape, suffix: `[]${inner.suffix}` };
  }
  const members = (field.anyOf ?? []).map(insideOf).filter((inner) => inner !== undefined);
  return members.length === 1 ? members[0] : undefined;
}

function typeOf(field: Shape): string {
  if (field.const !== undefined) return `\`${JSON.stringify(field.const)}\``;
  if (field.enum) return field.enum.map((value) => `\`${String(value)}\``).join(' \\| ');
  if (field.anyOf) return [...new Set(field.anyOf.map(typeOf))].join(' or ');
  if (field.items) return `array of ${typeOf(field.items)}`;
  return field.type ?? 'any';
}

function markOf({ 'x-extension': extension, 'x-refused': refused, 'x-ignored': ignored }: Shape): string {
  if (refused) return ` — *refused*: ${refused.reason}`;
  if (ignored) return ` — *no effect*: ${ignored.reason}`;
  return extension ? ' — *extension*' : '';
}
