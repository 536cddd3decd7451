// Sample files: always valid, and the same for the same seed.

import { afterAll, describe, expect, it } from 'vitest';

import { generateCsv } from '../src/pipeline/source/source.ts';
import { read, Workspace } from './source.run.ts';

const workspace = new Workspace();
afterAll(() => {
  workspace[Symbol.dispose]();
});

const generate = (count: number, seed: number): string => [...generateCsv({ count, seed })].join('');

describe('generated files', () => {
  it('hold as many rows as asked for, every one valid, every name once', async () => {
    const { snapshot, diagnostics } = await read(workspace.write('sample.csv', generate(20_000, 7)));
    expect(snapshot).toMatchObject({
      rowCount: 20_000,
      badRowCount: 0,
      desiredCount: 20_000,
      endsWithoutLineEnd: false,
    });
    expect(diagnostics).toEqual([]);
  });

  it('are the same for the same seed, and others for another', () => {
    expect(generate(500, 1)).toBe(generate(500, 1));
    expect(generate(500, 1)).not.toBe(generate(500, 2));
    expect(generate(1000, 3).startsWith(generate(500, 3))).toBe(true);
  });

  it('hold every comparison, states of both kinds and contacts of every kind', () => {
    const text = generate(2000, 1);
    for (const cell of ['gt', 'gte', 'lt', 'lte', 'eq', 'neq', 'active', 'inactive', 'p99', 'median', 'mode'])
      expect(text).toContain(`,${cell}`);
    for (const contact of ['@example.com', 'ldap:', 'posix:', 'ticket:', '"[""'])
      expect(text).toContain(contact);
  });

  it('are a header alone when no row is asked for', () => {
    expect(generate(0, 1)).toMatch(/^name,[a-z_,]+\n$/u);
  });

  it('come in pieces', () => {
    const pieces = [...generateCsv({ count: 5000, seed: 1 })];
    expect(pieces.length).toBeGreaterThan(5);
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(70_000);
  });
});
