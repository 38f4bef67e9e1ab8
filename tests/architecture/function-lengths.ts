/**
 * Lengths of the functions in a file, counted on the syntax tree from the first line of the body to its last. The tests
 * inside a function are not part of its length: a suite is a list, and each test in it is measured by itself.
 */
import ts from 'typescript';

export interface FunctionLength {
  name: string;
  line: number;
  lines: number;
}

const GROUPS = /^(describe|suite)\b/;
const TESTS = /^(describe|suite|test|it)\b/;

export function functionLengths(path: string, text: string): FunctionLength[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: FunctionLength[] = [];
  const lineOf = (position: number) => file.getLineAndCharacterOfPosition(position).line;
  const linesOf = (node: ts.Node) => lineOf(node.end) - lineOf(node.getStart(file)) + 1;
  const linesOfTests = (node: ts.Node): number => {
    let lines = 0;
    ts.forEachChild(node, (child) => {
      lines += isCallOf(TESTS, child) ? linesOf(child) : linesOfTests(child);
    });
    return lines;
  };
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body && !isCallOf(GROUPS, node.parent)) {
      const line = lineOf(node.body.getStart(file)) + 1;
      found.push({ name: nameOf(node), line, lines: linesOf(node.body) - linesOfTests(node.body) });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function isCallOf(names: RegExp, node: ts.Node): boolean {
  return ts.isCallExpression(node) && names.test(node.expression.getText());
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (node.name) return node.name.getText();
  const { parent } = node;
  return ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) ? parent.name.getText() : 'a function';
}
