/** Path parameters. Their form is checked by a hook, because a malformed id is a 404 and not a 400. */
import Type, { type TString } from 'typebox';

/** `idParameters('eval_id', 'run_id')`: the schema of a route's `params`. */
export function idParameters<const N extends string>(...names: N[]) {
  const entries = names.map((name) => [name, Type.String({ minLength: 1, maxLength: 400 })]);
  return Type.Object(Object.fromEntries(entries) as Record<N, TString>);
}
