/**
 * From the `hyperparameters` of a request to a complete config. A job stores the result, so what `"auto"` meant is on
 * record and a later change of a default never changes a job that exists.
 */
import { type Checked, check, invariant, type Problem } from '@preheat/contracts';
import type { Static, TObject, TSchema } from 'typebox';
import type { RecipeDefinition, RecipeFacts } from './recipe-definition.js';

type Values = Record<string, unknown>;

export function resolve<S extends TObject>(
  definition: RecipeDefinition<S>,
  requested: Readonly<Values>,
  facts: RecipeFacts,
): Checked<Static<S>> {
  const properties = definition.config.properties as Record<string, TSchema>;
  const problems = requestProblems(definition.name, properties, requested);
  if (problems.length > 0) return { ok: false, problems };
  const config = complete(definition, properties, requested, facts) as Static<S>;
  const checked = check(definition.config, config);
  invariant(checked.ok, `the defaults of ${definition.name} do not fit its own schema: ${JSON.stringify(checked)}`);
  const conflicts = definition.check(config, facts);
  return conflicts.length > 0 ? { ok: false, problems: conflicts } : { ok: true, value: config };
}

const isAuto = (value: unknown): boolean => value === undefined || value === null || value === 'auto';

/** Each key against its own schema: one precise message a key, at the place in it that is wrong, instead of a failed union. */
function requestProblems(name: string, properties: Record<string, TSchema>, requested: Readonly<Values>): Problem[] {
  return Object.entries(requested).flatMap(([path, value]) => {
    const schema = Object.hasOwn(properties, path) ? properties[path] : undefined;
    if (!schema) {
      const known = Object.keys(properties).join(', ');
      return [{ path, message: `is not a hyperparameter of ${name}; it takes ${known}` }];
    }
    if (isAuto(value)) return [];
    const checked = check(schema, value);
    if (checked.ok) return [];
    const { path: inner = '', message = 'is not allowed' } = checked.problems[0] ?? {};
    return [inner === '' ? { path, message: `${message} (or "auto")` } : { path: `${path}.${inner}`, message }];
  });
}

/** Given values first, then fixed defaults, then the rules, each seeing what is known by then. */
function complete<S extends TObject>(
  { name, auto }: RecipeDefinition<S>,
  properties: Record<string, TSchema>,
  requested: Readonly<Values>,
  facts: RecipeFacts,
): Values {
  const rules = auto as Record<string, (known: Values, facts: RecipeFacts) => unknown>;
  const known: Values = {};
  for (const [key, schema] of Object.entries(properties)) {
    if (!isAuto(requested[key])) known[key] = requested[key];
    else if (!rules[key]) known[key] = (schema as { default?: unknown }).default;
  }
  for (const [key, rule] of Object.entries(rules)) {
    if (!(key in known)) known[key] = rule(known, facts);
  }
  for (const key of Object.keys(properties)) invariant(known[key] !== undefined, `${name}.${key} has no default`);
  return Object.fromEntries(Object.keys(properties).map((key) => [key, known[key]]));
}
