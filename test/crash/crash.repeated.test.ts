// A run killed, resumed, and killed again while it resumes: no step of the way back may lose what the first death left.

import { expect, it } from 'vitest';

import { openCrashWorld, type KillPoint } from './world.ts';

it.each<[first: KillPoint, second: KillPoint]>([
  // The planning starts again: the run stays known, and what its user agreed to.
  ['DesiredStaging.append before 1', 'PlanFile.restartPlanning before 1'],
  ['DesiredStaging.append before 1', 'PlanFile.restartPlanning after 1'],
  ['ExistingStaging.appendPage after 3', 'ExistingStaging.appendPage after 2'],
  ['ExistingStaging.seal after 1', 'DesiredStaging.seal before 1'],
  ['PlanFile.buildIndexes before 1', 'PlanFile.buildIndexes before 1'],
  // The plan stands, and nothing was sent.
  ['RunTable.notePlanned after 1', 'StateDirectory.noteStarted after 1'],
  // Outcomes are unknown, and are looked up before anything is sent.
  ['OperationTable.claim after 2', 'PlanFile.startDraining after 1'],
  ['OperationTable.claim after 2', 'OperationTable.listUnknown after 1'],
  ['OperationTable.claim after 2', 'HttpTransport.request before 1'],
  ['HttpTransport.request after 150', 'Ledger.record before 1'],
  ['HttpTransport.request after 150', 'Ledger.record after 1'],
  ['HttpTransport.request after 300', 'HttpTransport.request after 2'],
])('killed at %s, and its resume at %s: ends equal', async (first, second) => {
  await using world = await openCrashWorld();
  await world.runKilledAt(world.syncArguments, first);
  await world.runKilledAt(world.resumeArguments, second);

  expect(await world.finish()).toMatchObject({ exitCode: 0 });

  world.expectEndedEqual();
});

it('does not take the run before for the one that died while its planning began again', async () => {
  await using world = await openCrashWorld();
  expect(await world.sync()).toMatchObject({ exitCode: 0 });
  world.wantOneLess();
  await world.runKilledAt(world.syncArguments, 'DesiredStaging.append before 1');
  await world.runKilledAt(world.resumeArguments, 'PlanFile.restartPlanning after 1');

  expect(await world.finish()).toMatchObject({ exitCode: 0 });

  world.expectHolds(world.wanted);
});

it('takes up a killed apply of a saved plan', async () => {
  await using world = await openCrashWorld();
  const plan = world.workspace.path('saved.plan');
  const [, file, service, url] = world.syncArguments;
  expect(await world.run(['plan', file ?? '', service ?? '', url ?? '', '--out', plan])).toMatchObject({
    exitCode: 0,
  });
  await world.runKilledAt(['apply', plan, ...world.pace], 'StateDirectory.noteStarted after 1');
  await world.runKilledAt(['apply', plan, ...world.pace], 'HttpTransport.request after 150');

  expect(await world.finish()).toMatchObject({ exitCode: 0 });

  world.expectEndedEqual();
});

it('goes on with a killed run when sync is given again with the same file', async () => {
  await using world = await openCrashWorld();
  await world.runKilledAt(world.syncArguments, 'HttpTransport.request after 150');

  const again = await world.sync();

  expect(again.stderr).toContain('Resuming unfinished run');
  expect(again.exitCode).toBe(0);
  world.expectEndedEqual();
});

it('settles what a killed run left unknown before it plans another file, even when killed at that', async () => {
  await using world = await openCrashWorld();
  await world.runKilledAt(world.syncArguments, 'HttpTransport.request after 250');
  world.wantOneLess();
  await world.runKilledAt(world.syncArguments, 'Ledger.record before 1');

  const again = await world.sync();

  expect(again.stderr).toContain('Abandoning unfinished run');
  expect(again.exitCode).toBe(0);
  world.expectHolds(world.wanted);
  const creates = world.writes.filter(({ method }) => method === 'POST').map(({ name }) => name);
  expect(creates).toHaveLength(new Set(creates).size);
});

it('takes up a killed rollback, and ends where the run began', async () => {
  await using world = await openCrashWorld();
  expect(await world.sync()).toMatchObject({ exitCode: 0 });
  const { length } = world.writes;
  const rollback = ['rollback', world.lastPlanPath(), '--auto-approve', '--max-delete', '160', ...world.pace];
  await world.runKilledAt(rollback, 'ExistingStaging.appendPage after 2');
  await world.runKilledAt(world.resumeArguments, 'HttpTransport.request after 120');
  await world.runKilledAt(world.resumeArguments, 'Ledger.record before 100');

  await world.finish();

  world.expectHolds(world.before);
  const inverse = new Map([
    ['POST', 'DELETE'],
    ['PUT', 'PUT'],
    ['DELETE', 'POST'],
  ]);
  const wanted = world.writesWanted.map((write) =>
    write.replace(/^[A-Z]+/u, (method) => inverse.get(method) ?? ''),
  );
  world.expectApplied(wanted.toSorted(), length);
});
