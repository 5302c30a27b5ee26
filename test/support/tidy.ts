/**
 * The repository's own rules, as functions from source text to findings. They live apart from the test so that each
 * can be shown to fail on a small made-up tree before it is trusted on the real one.
 */
import ts from 'typescript';
import { ALLOWED_FOLDERS, CALL_RULES, PACKAGE_RULES, roomOf, SENDER_RULES } from './tidy-rules.ts';

/** Path from the repository's root → text. */
export type Tree = ReadonlyMap<string, string>;

const LINE_CHARACTERS_MAX = 120;
const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;
/** Spelled so that it does not find itself. */
const NOTE_TO_SELF = /\b(TO[D]O|FIX[M]E|XX[X])\b/;

export interface Import {
  from: string;
  /** A path of the tree, or the name of a package. */
  to: string;
  isRelative: boolean;
}

/** Every import of a file, `export … from` and `import()` among them. */
export function importsOf(path: string, text: string): Import[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => {
    const isRelative = fileName.startsWith('.');
    return { from: path, to: isRelative ? resolve(path, fileName) : fileName, isRelative };
  });
}

function resolve(from: string, to: string): string {
  return new URL(to, `file:///${from}`).pathname.slice(1);
}

/** Who imports whom (design §3), and which packages are known to whom. */
export function importFindings(tree: Tree): string[] {
  const findings: string[] = [];
  for (const [path, text] of tree) {
    for (const found of importsOf(path, text)) {
      if (found.isRelative) findings.push(...relativeFindings(found));
      else findings.push(...packageFindings(found));
    }
  }
  return findings;
}

function relativeFindings({ from, to }: Import): string[] {
  const room = roomOf(from);
  if (room === undefined) return [];
  const target = roomOf(to);
  if (target === undefined) return [`${from} imports ${to}, which is outside src`];
  if (room === target) return [];
  const allowed = ALLOWED_FOLDERS[room];
  if (allowed === undefined) return [`${from}: the folder ${room} has no import rule in tidy-rules.ts`];
  const isAllowed = allowed.some((rule) => (typeof rule === 'string' ? rule === target : rule.test(to)));
  return isAllowed ? [] : [`${from} imports ${to}: ${room} must not use ${target}`];
}

function packageFindings({ from, to }: Import): string[] {
  if (from.startsWith('assembly/')) return [`${from} imports ${to}: assembly imports nothing outside itself`];
  if (!from.startsWith('src/')) return [];
  return PACKAGE_RULES.filter(
    (rule) => (to === rule.name || to.startsWith(`${rule.name}/`)) && !rule.home.test(from),
  ).map((rule) => `${from} imports ${to}, which only ${rule.home.source} may know`);
}

/** Import cycles between the files of src, each named once. */
export function cycleFindings(tree: Tree): string[] {
  const findings: string[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const trail: string[] = [];
  const visit = (path: string): void => {
    state.set(path, 'open');
    trail.push(path);
    for (const { to, isRelative } of importsOf(path, tree.get(path) ?? '')) {
      if (!isRelative || !tree.has(to)) continue;
      if (state.get(to) === 'open') findings.push(`cycle: ${[...trail.slice(trail.indexOf(to)), to].join(' → ')}`);
      else if (state.get(to) === undefined) visit(to);
    }
    trail.pop();
    state.set(path, 'done');
  };
  for (const path of tree.keys()) if (path.startsWith('src/') && state.get(path) === undefined) visit(path);
  return findings;
}

/** Line length, file length, function length, leftover notes. */
export function sizeFindings(tree: Tree): string[] {
  const findings: string[] = [];
  for (const [path, text] of tree) {
    const lines = text.replace(/\n$/, '').split('\n');
    if (lines.length > FILE_LINES_MAX) findings.push(`${path} has ${lines.length} lines, more than ${FILE_LINES_MAX}`);
    lines.forEach((line, index) => {
      const where = `${path}:${index + 1}`;
      if (line.length > LINE_CHARACTERS_MAX) findings.push(`${where} is ${line.length} characters wide`);
      if (NOTE_TO_SELF.test(line)) findings.push(`${where} holds a note to self: do it or drop it`);
    });
    if (path.endsWith('.ts') && !isTest(path)) findings.push(...functionFindings(path, text));
  }
  return findings;
}

/** A test file's describe blocks are lists, not functions to be understood at once. */
function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || path.endsWith('-suite.ts');
}

function functionFindings(path: string, text: string): string[] {
  const findings: string[] = [];
  const source = parse(path, text);
  walk(source, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return;
    const first = source.getLineAndCharacterOfPosition(node.getStart(source)).line;
    const lines = source.getLineAndCharacterOfPosition(node.end).line - first + 1;
    if (lines > FUNCTION_LINES_MAX) findings.push(`${path}:${first + 1} is a function of ${lines} lines`);
  });
  return findings;
}

/**
 * Every rule of the sender (reliability §1.4) is named in a comment beside the line that keeps it. What stands at the
 * top of a file is about the file, and a span such as "R1–R18" is about none of them.
 */
export function ruleFindings(tree: Tree): string[] {
  const named = new Set<string>();
  const findings: string[] = [];
  for (const [path, text] of tree) {
    if (!/^src\/(producer|transport)\//.test(path)) continue;
    const body = text.replace(/^\/\*\*[^]*?\*\//, '');
    for (const [comment] of body.matchAll(/\/\/.*|\/\*[^]*?\*\//g)) {
      for (const [rule] of comment.matchAll(/(?<!–)\bR\d+b?\b(?!–)/g)) {
        named.add(rule);
        if (!SENDER_RULES.includes(rule)) findings.push(`${path} names ${rule}, which is no rule`);
      }
    }
  }
  for (const rule of SENDER_RULES) if (!named.has(rule)) findings.push(`no line of the sender is said to keep ${rule}`);
  return findings;
}

/** Globals that only some files may touch: the clock, chance, the environment, the console, WebAssembly. */
export function callFindings(tree: Tree): string[] {
  const findings: string[] = [];
  for (const [path, text] of tree) {
    const rules = CALL_RULES.filter((rule) => rule.applies.test(path) && !rule.except.test(path));
    if (rules.length === 0) continue;
    const source = parse(path, text);
    walk(source, (node) => {
      const name = globalName(node);
      if (name === undefined) return;
      for (const rule of rules) {
        if (!rule.names.some((banned) => name === banned || name.startsWith(`${banned}.`))) continue;
        const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
        findings.push(`${path}:${line} uses ${name}: ${rule.why}`);
      }
    });
  }
  return findings;
}

/** `name` or `object.name` when the node is the outermost of such an expression and not a property or a declaration. */
function globalName(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
    return `${node.expression.text}.${node.name.text}`;
  }
  if (!ts.isIdentifier(node)) return undefined;
  const parent = node.parent;
  if (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent) || ts.isTypeElement(parent)) {
    return undefined;
  }
  if (
    (ts.isVariableDeclaration(parent) || ts.isParameter(parent) || ts.isClassElement(parent)) &&
    parent.name === node
  ) {
    return undefined;
  }
  return node.text;
}

function parse(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);
}

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  node.forEachChild((child) => {
    walk(child, visit);
  });
}
