// Planted violations -> what the linter, with the repository's own configuration, says of them.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import { PERMITTED, PLANTS, planted, type SourceFile } from './architecture.plants.ts';

const ROOT = path.join(import.meta.dirname, '..');
const OXLINT = path.join(
  path.dirname(createRequire(import.meta.url).resolve('oxlint/package.json')),
  'bin/oxlint',
);

/** The rules broken, as `file rule`, sorted, each once. */
function lint(files: readonly SourceFile[]): string[] {
  const directory = mkdtempSync(path.join(tmpdir(), 'alarmsync-lint-'));
  try {
    for (const name of ['.oxlintrc.json', '.scripts/lint-house.js', 'tsconfig.json', 'package.json'])
      cpSync(path.join(ROOT, name), path.join(directory, name));
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(directory, 'node_modules'));
    for (const file of files) {
      const name = path.join(directory, 'src', file.path);
      mkdirSync(path.dirname(name), { recursive: true });
      writeFileSync(name, file.text);
    }
    const args = [OXLINT, '--type-aware', '--format=unix', 'src'];
    const { stdout } = spawnSync(process.execPath, args, { cwd: directory, encoding: 'utf8' });
    const lines = [...stdout.matchAll(/^src\/([^:]+):.*\[Error\/(.*)\]$/gm)];
    return [...new Set(lines.map(([, file, rule]) => `${file} ${rule}`))].toSorted();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const LONG_BODY = Array.from({ length: 60 }, (_, index) => `  run(${index});`).join('\n');
const BRANCHES = Array.from({ length: 12 }, (_, index) => `  if (a === ${index}) return ${index + 1};`).join(
  '\n',
);

/** A text for each house rule, placed in src/server, and the rule that reports it. */
const BREAKS = [
  ['eslint(complexity)', `export function pick(a: number): number {\n${BRANCHES}\n  return 0;\n}`],
  ['eslint(max-lines)', `export const a = 1;\n${'\n'.repeat(300)}export const b = 2;`],
  [
    'eslint(max-lines-per-function)',
    `export function all(run: (n: number) => void): void {\n${LONG_BODY}\n}`,
  ],
  ['eslint(no-console)', "console.log('here');"],
  ['eslint(no-restricted-globals)', 'process.exitCode = 1;'],
  ['eslint(no-restricted-imports)', "import { pid } from 'node:process';\nexport const id: number = pid;"],
  ['eslint(no-restricted-properties)', 'export const all: unknown = globalThis.process;'],
  ['house(assertion-outside-decode)', 'export const text = (a: unknown): string => a as string;'],
  ['import(no-default-export)', 'export default 1;'],
  ['typescript(consistent-type-imports)', "import { Told } from './told.ts';\nexport const a: Told = {};"],
  ['typescript(no-explicit-any)', 'export const a: any[] = [];'],
  ['typescript(no-floating-promises)', 'async function go(): Promise<void> {}\ngo();'],
  ['typescript(no-non-null-assertion)', 'export const size = (a?: string): number => a!.length;'],
  ['typescript(no-unnecessary-condition)', 'export const size = (a: string): number => a?.length;'],
  [
    'typescript(switch-exhaustiveness-check)',
    "export function code(a: 'x' | 'y'): number {\n  switch (a) {\n    case 'x':\n      return 1;\n  }\n  return 0;\n}",
  ],
] as const;

describe('the linter', () => {
  const importers = (pairs: readonly (readonly [string, string])[]): SourceFile[] =>
    pairs.flatMap(([from, target]) => planted(from, target).filter((file) => file.path === from));
  const forbidden = PLANTS.map(([, from, target]) => [from, target] as const);
  const restricted = (report: readonly string[]): string[] =>
    report.flatMap((line) =>
      line.endsWith(' eslint(no-restricted-imports)') ? [line.split(' ')[0] ?? ''] : [],
    );

  it('reports every import that goes against the directions', () => {
    expect(restricted(lint(importers(forbidden)))).toEqual(forbidden.map(([from]) => from).toSorted());
  });

  it('reports none of those that are permitted', () => {
    const witness = ['alarm/witness.ts', 'store/target.ts'] as const;
    expect(restricted(lint(importers([...PERMITTED, witness])))).toEqual(['alarm/witness.ts']);
  });

  it('reports a circle of imports', () => {
    const files = [
      { path: 'alarm/a.ts', text: "import { b } from './b.ts';\nexport const a = (): number => b();\n" },
      { path: 'alarm/b.ts', text: "import { a } from './a.ts';\nexport const b = (): number => a();\n" },
    ];
    expect(lint(files)).toContain('alarm/a.ts import(no-cycle)');
  });

  it('reports a break of each house rule', () => {
    const files = BREAKS.map(([, text], index) => ({ path: `server/break-${index}.ts`, text: `${text}\n` }));
    const told = { path: 'server/told.ts', text: 'export interface Told {\n  readonly a?: 1;\n}\n' };
    const expected = BREAKS.map(([rule], index) => `server/break-${index}.ts ${rule}`);
    expect(lint([...files, told])).toEqual(expect.arrayContaining(expected));
  });

  it('lets the command line use the console and the process, and a decode function assert', () => {
    const text =
      'console.log(process.argv);\nexport const decodeText = (a: unknown): string => a as string;\n';
    expect(lint([{ path: 'cli/a.ts', text }])).toEqual([]);
  });
});
