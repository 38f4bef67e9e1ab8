/** Lengths of the functions in a file, counted on the syntax tree from the first line of the body to its last. */
import ts from 'typescript';

export interface FunctionLength {
  name: string;
  line: number;
  lines: number;
}

/** Suites group tests; their length is that of a list, not of a procedure. */
const SUITES = /^(describe|test|it|suite)\b/;

export function functionLengths(path: string, text: string): FunctionLength[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: FunctionLength[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body && !isSuite(node)) {
      const start = file.getLineAndCharacterOfPosition(node.body.getStart(file)).line;
      const end = file.getLineAndCharacterOfPosition(node.body.end).line;
      found.push({ name: nameOf(node), line: start + 1, lines: end - start + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function isSuite(node: ts.Node): boolean {
  return ts.isCallExpression(node.parent) && SUITES.test(node.parent.expression.getText());
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (node.name) return node.name.getText();
  const { parent } = node;
  return ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) ? parent.name.getText() : 'a function';
}
