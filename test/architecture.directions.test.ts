// Source files -> the imports that go against the directions of the architecture, found without the linter's help.

import { readFileSync, readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import { ERROR_CODES } from '../src/alarm/errors.ts';
import { PERMITTED, PLANTS, planted, type SourceFile } from './architecture.plants.ts';

const ROOT = path.join(import.meta.dirname, '..');

/** Fewer files than this means that the search went wrong, not that the product shrank. */
const FEWEST_FILES = 40;

interface Direction {
  readonly rule: string;
  readonly files: RegExp;
  /** What such a file may import, besides packages; relative to src. `$1` is the first group of `files`. */
  readonly mayImport: readonly string[];
}

const ALARM = '^alarm/';
const STORE = '^store/';
const INTERFACE = '^services/alarm-service\\.ts$';
const REGISTRY = 'registry\\.ts';

/** A file obeys the first direction that names it; a file that none names is a fault too. */
const DIRECTIONS: readonly Direction[] = [
  { rule: 'alarm imports nothing of ours', files: /^alarm\//, mayImport: [ALARM] },
  { rule: 'store imports alarm', files: /^store\//, mayImport: [STORE, ALARM] },
  { rule: 'telemetry names import alarm', files: /^telemetry\/names\.ts$/, mayImport: [ALARM] },
  {
    rule: 'telemetry subscribers import alarm, names and what lies beside the adapters',
    files: /^telemetry\//,
    mayImport: ['^telemetry/', ALARM, `^services/(?!${REGISTRY})[^/]+\\.ts$`],
  },
  {
    rule: 'a stage imports neither another stage nor an adapter',
    files: /^pipeline\/([^/]+)\//,
    mayImport: ['^pipeline/$1/', ALARM, STORE, '^telemetry/names\\.ts$', INTERFACE, '^services/retry\\.ts$'],
  },
  {
    rule: 'the run imports stages by their main file, and no adapter',
    files: /^pipeline\//,
    mayImport: [
      '^pipeline/[^/]+\\.ts$',
      '^pipeline/([^/]+)/\\1\\.ts$',
      ALARM,
      STORE,
      '^telemetry/',
      INTERFACE,
    ],
  },
  {
    rule: 'the registry alone imports adapters',
    files: new RegExp(`^services/${REGISTRY}$`),
    mayImport: ['^services/', ALARM],
  },
  {
    rule: 'the embedded adapter imports no adapter, and of the server its store',
    files: /^services\/(embedded)\//,
    mayImport: ['^services/$1/', `^services/(?!${REGISTRY})[^/]+\\.ts$`, ALARM, '^server/alarm-store\\.ts$'],
  },
  {
    rule: 'an adapter imports no other adapter',
    files: /^services\/([^/]+)\//,
    mayImport: ['^services/$1/', `^services/(?!${REGISTRY})[^/]+\\.ts$`, ALARM],
  },
  {
    rule: 'what adapters share imports no adapter',
    files: /^services\//,
    mayImport: [`^services/(?!${REGISTRY})[^/]+\\.ts$`, ALARM],
  },
  { rule: 'the server imports alarm', files: /^server\//, mayImport: ['^server/', ALARM] },
  {
    rule: 'the queue imports the run, services and store',
    files: /^queue\//,
    mayImport: [
      '^queue/',
      ALARM,
      STORE,
      '^pipeline/sync\\.ts$',
      '^services/[^/]+\\.ts$',
      '^telemetry/names\\.ts$',
    ],
  },
  { rule: 'a worker entry does not import the command line', files: /^threads\//, mayImport: ['^(?!cli/)'] },
  { rule: 'the command line imports anything', files: /^cli\//, mayImport: ['^'] },
  {
    rule: 'the API includes neither the command line nor a worker entry',
    files: /^index\.ts$/,
    mayImport: ['^(?!cli/|threads/|queue/)'],
  },
];

const IMPORT =
  /(?:\b(?:import|export)\b[^'"`;()=]*?\bfrom\s*|\bimport\s*|\bimport\s*\(\s*)(?<quote>['"`])(?<specifier>[^'"`]+)\k<quote>/g;
const UNREADABLE_IMPORT = /\bimport\s*\(\s*(?!['"`\s])|\bimport\s*\(\s*`[^`]*\$\{/;
/** It loads what the user names, which is none of ours. */
const LOADS_THE_USERS_FILE = 'services/module/module.ts';
const PROCESS = /(?<![\w$.'"`])process\s*(?:[.[]|\?\.)|\bglobalThis\.process\b/;

function withoutComments(text: string): string {
  return text.replaceAll(/(?<=^|\s)\/\*[\s\S]*?\*\//g, '').replaceAll(/(?<=^|[\s;,{}()])\/\/.*$/gm, '');
}

function specifiersOf(text: string): string[] {
  return [...text.matchAll(IMPORT)].flatMap((match) => match.groups?.['specifier'] ?? []);
}

function mayImport(direction: Direction, from: string, target: string): boolean {
  const folder = direction.files.exec(from)?.[1] ?? '';
  return direction.mayImport.some((pattern) => new RegExp(pattern.replace('$1', folder)).test(target));
}

function importFaults(file: SourceFile, text: string, known: ReadonlySet<string>): string[] {
  const direction = DIRECTIONS.find(({ files }) => files.test(file.path));
  if (direction === undefined) return [`${file.path}: no direction names this file`];
  return specifiersOf(text)
    .filter((specifier) => specifier.startsWith('.'))
    .flatMap((specifier) => {
      const target = path.posix.join(path.posix.dirname(file.path), specifier);
      if (!known.has(target)) return [`${file.path}: ${specifier} is no file of src`];
      return mayImport(direction, file.path, target) ? [] : [`${direction.rule}: ${file.path} -> ${target}`];
    });
}

function processFaults(file: SourceFile, text: string): string[] {
  if (file.path.startsWith('cli/')) return [];
  const isUsed = PROCESS.test(text) || specifiersOf(text).some((name) => /^(?:node:)?process$/.test(name));
  return isUsed ? [`only the command line uses process: ${file.path}`] : [];
}

/** Every fault of the files, as text that starts with the rule or the path. */
function faultsOf(files: readonly SourceFile[]): string[] {
  const known = new Set(files.map((file) => file.path));
  return files.flatMap((file) => {
    const text = withoutComments(file.text);
    const isUnreadable = UNREADABLE_IMPORT.test(text) && file.path !== LOADS_THE_USERS_FILE;
    const unreadable = isUnreadable ? [`${file.path}: an import whose target is computed`] : [];
    return [...importFaults(file, text, known), ...processFaults(file, text), ...unreadable];
  });
}

function sourceFiles(): SourceFile[] {
  const src = path.join(realpathSync(ROOT), 'src');
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const real = realpathSync(path.join(src, name));
      return { path: path.relative(src, real).split(path.sep).join('/'), text: readFileSync(real, 'utf8') };
    });
}

describe('the directions of the architecture', () => {
  const files = sourceFiles();

  it('are kept by every file of src', () => {
    expect(faultsOf(files)).toEqual([]);
  });

  it(`are checked on at least ${FEWEST_FILES} files and many imports`, () => {
    const relative = files.flatMap((file) => specifiersOf(file.text)).filter((name) => name.startsWith('.'));
    expect(files.length).toBeGreaterThanOrEqual(FEWEST_FILES);
    expect(relative.length).toBeGreaterThanOrEqual(FEWEST_FILES);
  });

  it.each(PLANTS)('report a violation of "%s" planted in %s', (rule, from, target) => {
    expect(faultsOf(planted(from, target))).toEqual([
      expect.stringMatching(new RegExp(`^${rule}.*: ${from} -> ${target}$`)),
    ]);
  });

  it.each(PERMITTED)('let %s import %s', (from, target) => {
    expect(faultsOf(planted(from, target))).toEqual([]);
  });

  it('have a planted violation for every rule that forbids anything', () => {
    const free = ['the command line imports anything'];
    const unplanted = DIRECTIONS.filter(({ rule }) => !PLANTS.some(([prefix]) => rule.startsWith(prefix)));
    expect(unplanted.map(({ rule }) => rule)).toEqual(free);
  });

  it.each([
    "import type { Thing } from '../store/target.ts';",
    "import {\n  thing,\n  other,\n} from '../store/target.ts';",
    "import * as all from '../store/target.ts';",
    "import '../store/target.ts';",
    "export { thing } from '../store/target.ts';",
    "export * from '../store/target.ts';",
    "const all = await import('../store/target.ts');",
    'const all = await import(`../store/target.ts`);',
    "type Thing = import('../store/target.ts').Thing;",
  ])('see the import in %j', (text) => {
    const target = { path: 'store/target.ts', text: '' };
    expect(faultsOf([{ path: 'alarm/planted.ts', text }, target])).toHaveLength(1);
  });

  it('report an import of no file, a computed import and a folder without a rule', () => {
    expect(faultsOf([{ path: 'alarm/a.ts', text: "import './gone.ts';" }])).toHaveLength(1);
    expect(faultsOf([{ path: 'alarm/a.ts', text: 'await import(name);' }])).toHaveLength(1);
    expect(faultsOf([{ path: 'helpers/a.ts', text: '' }])).toHaveLength(1);
  });

  it.each([
    'process.exit(1);',
    "process['env'];",
    'globalThis.process;',
    "import process from 'node:process';",
    "import { env } from 'process';",
  ])('leave %j to the command line', (text) => {
    expect(faultsOf([{ path: 'server/a.ts', text }])).toEqual([
      'only the command line uses process: server/a.ts',
    ]);
    expect(faultsOf([{ path: 'cli/a.ts', text }])).toEqual([]);
  });

  it('do not take a comment or a member of that name for the process', () => {
    const text = '// process.exit is for others\n/* import "../cli/main.ts" */\nthis.process.start();\n';
    expect(faultsOf([{ path: 'server/a.ts', text }])).toEqual([]);
  });
});

describe('the public API', () => {
  const isReExportsOnly = (text: string): boolean =>
    /^(?:\s*export\s+(?:type\s+)?\{[^{}]*\}\s*from\s*'[^']+';)+\s*$/.test(withoutComments(text));

  it('is a list of named re-exports and nothing else', () => {
    const index = sourceFiles().find((file) => file.path === 'index.ts');
    expect(isReExportsOnly(index?.text ?? '')).toBe(true);
  });

  it.each([
    "export * from './alarm/alarm.ts';",
    "export { a } from './a.ts';\nconst b = 1;",
    "import './a.ts';",
  ])('is more than that with %j', (text) => {
    expect(isReExportsOnly(text)).toBe(false);
  });
});

describe('the README', () => {
  it('has a row of the error table for every code, and for no other', () => {
    const text = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
    const rows = text.split('\n').filter((line) => line.startsWith('|'));
    const codes = rows.flatMap(
      (row) => /^\|\s*`(?<code>ALARMSYNC_[A-Z]+_?[A-Z_]*)`/.exec(row)?.groups?.['code'] ?? [],
    );
    expect(codes.toSorted()).toEqual(Object.keys(ERROR_CODES).toSorted());
  });
});
