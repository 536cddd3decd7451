// The sieve in shares, each into a file of its own, against the sieve in one go: the plan is the same.

import { existsSync } from 'node:fs';
import path from 'node:path';

import { expect, it } from 'vitest';

import { computeDiff, sieveIntoFile } from '../src/pipeline/diff/diff.ts';
import { PlanFile } from '../src/store/plan-file.ts';
import {
  DIFF_SETTINGS,
  diffInto,
  NEW_RUN,
  operationsOf,
  params,
  temporaryDirectory,
  type World,
} from './plan.world.ts';

const NAMES = Array.from({ length: 500 }, (_, index) => `alarm-${index}`);

function world(): World {
  const desired = NAMES.filter((_, index) => index % 5 !== 1).map(
    (name, index) => [name, params(index % 4 === 0 ? { threshold: '7' } : {})] as const,
  );
  const existing = NAMES.filter((_, index) => index % 5 !== 2).map(
    (name, index) =>
      [name, { params: params(), isHeldTwice: index === 9, isAddressable: index !== 10 }] as const,
  );
  return {
    desired: Object.fromEntries(desired),
    existing: Object.fromEntries(existing),
    badNames: ['alarm-1', 'alarm-6', undefined],
  };
}

it('shares that are sieved apart make the plan that one sieve makes', () => {
  const directory = temporaryDirectory();
  const settings = { ...DIFF_SETTINGS, exclude: '*3', protect: '*7' };
  const whole = PlanFile.create(path.join(directory, 'whole.db'), NEW_RUN);
  const counts = diffInto(whole, directory, world(), settings);

  const files = {
    desiredFile: path.join(directory, 'desired.db'),
    existingFile: path.join(directory, 'existing.db'),
  };
  const sievedFiles = [0, 1, 2].map((number) => path.join(directory, `sieved-${number}.db`));
  const { scope, exclude, protect } = settings;
  for (const [number, file] of sievedFiles.entries())
    sieveIntoFile(file, files, { scope, exclude, protect }, { number, count: sievedFiles.length });
  const shared = PlanFile.create(path.join(directory, 'shared.db'), NEW_RUN);

  expect(computeDiff({ plan: shared, ...files, sievedFiles }, settings)).toEqual(counts);
  expect(operationsOf(shared)).toEqual(operationsOf(whole));
  expect(operationsOf(whole).length).toBeGreaterThan(100);
  expect(sievedFiles.filter((file) => existsSync(file))).toEqual([]);
  whole[Symbol.dispose]();
  shared[Symbol.dispose]();
});
