// `alarmsync adopt --service datadog:` end to end: monitors that others made become the file's, one to one by name.

import { describe, expect, it } from 'vitest';

import type { Finished } from './command-line.ts';
import { csv, hosts, row, start, type World } from './datadog-world.ts';

const OURS = 'managed_by:alarmsync';

const adopt = async (world: World, ...flags: readonly string[]): Promise<Finished> =>
  world.run(['adopt', 'alarms.csv', '--match', '*', '--max-update', '100%', ...flags, ...world.flags]);

const nameOf = (text: string): string => text.split(',')[0] ?? '';

/** A monitor of each row, made by somebody else. */
const seed = (world: World, rows: readonly string[]): readonly number[] =>
  rows.map((text) => world.service.seedMonitor({ name: nameOf(text), tags: ['team:web'] }));

const planPathOf = ({ stderr }: Finished): string => /^Plan file: (.+)$/mu.exec(stderr)?.[1] ?? '';

describe('adopt', () => {
  it('puts the tags on each monitor that a row names and changes nothing else; the sync after it makes no double', async () => {
    const world = await start();
    const rows = hosts(120);
    world.workspace.write('alarms.csv', csv(...rows));
    seed(world, rows);
    const before = world.service.monitors;
    const adopted = await adopt(world, '--auto-approve');
    expect([adopted.exitCode, adopted.stdout]).toEqual([0, expect.stringContaining('120 updated')]);
    for (const [index, monitor] of world.service.monitors.entries()) {
      const { tags: oldTags, modified: _, ...old } = before[index] ?? { tags: [], modified: '' };
      expect(monitor).toMatchObject(old);
      expect(monitor.tags).toEqual([OURS, expect.stringMatching(/^alarmsync_key:/u), ...oldTags]);
    }
    expect(adopted.stderr).toContain(
      'Next: see what still differs: alarmsync plan alarms.csv --service datadog:',
    );
    const { writeCount } = world;
    const again = await adopt(world, '--auto-approve');
    expect([again.exitCode, again.stdout, world.writeCount]).toEqual([
      0,
      expect.stringContaining('Plan: 0 to create, 0 to update, 0 to delete, 120 unchanged'),
      writeCount,
    ]);
    const synced = await world.sync(csv(...rows), '--max-update', '100%');
    expect([synced.exitCode, synced.stdout, world.service.monitorCount]).toEqual([
      0,
      expect.stringContaining('0 created, 120 updated, 0 deleted'),
      120,
    ]);
    expect(world.service.monitors.every(({ tags }) => tags.includes('team:web'))).toBe(true);
  });

  it('leaves alone what no row names, what is protected or not asked for, and what is no metric monitor', async () => {
    const world = await start();
    world.workspace.write(
      'alarms.csv',
      csv(row('web/a'), row('web/b'), row('web/c'), row('db/a'), row('web/d')),
    );
    seed(world, ['web/a', 'web/b', 'db/a', 'web/nobody']);
    world.service.seedMonitor({ name: 'web/c', type: 'log alert' });
    const { exitCode, stdout } = await adopt(world, '--match', 'web/*', '--protect', '*/b', '--auto-approve');
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('1 updated')]);
    const taken = world.service.monitors.filter(({ tags }) => tags.includes(OURS));
    expect(taken.map(({ name }) => name)).toEqual(['web/a']);
  });

  it('leaves a name alone that several monitors have, one of ours among them', async () => {
    const world = await start();
    await world.sync(csv(row('ours')));
    world.workspace.write('alarms.csv', csv(row('ours'), row('twice'), row('once')));
    const foreign = seed(world, ['ours', 'twice', 'twice', 'once']);
    const { exitCode, stdout, stderr } = await adopt(world, '--auto-approve');
    expect([exitCode, stdout]).toEqual([4, expect.stringContaining('1 updated')]);
    expect(stdout).toContain('2 alarms in conflict');
    const untouched = foreign.slice(0, 3).map((id) => world.service.monitor(id)?.tags);
    expect(untouched).toEqual([['team:web'], ['team:web'], ['team:web']]);
    const shown = await world.workspace.run(['show', planPathOf({ exitCode, stdout, stderr }), '--failed']);
    expect(shown.stdout).toContain('the service holds this name more than once');
  });

  it('passes over a monitor of ours that was copied by hand: its key is of another name', async () => {
    const world = await start();
    await world.sync(csv(row('a')));
    const [made] = world.service.monitors;
    if (made === undefined) throw new Error('expected a monitor');
    const copy = world.service.seedMonitor({ ...made, id: made.id + 1, name: 'b' });
    world.workspace.write('alarms.csv', csv(row('b')));
    const { stdout } = await adopt(world, '--auto-approve');
    expect([stdout, world.service.monitor(copy)?.tags]).toEqual([
      expect.stringContaining('Plan: 0 to create, 0 to update, 0 to delete, 0 unchanged'),
      made.tags,
    ]);
  });

  it('is planned, shown and refused like everything else before anything is written', async () => {
    const world = await start();
    const rows = hosts(40);
    world.workspace.write('alarms.csv', csv(...rows));
    seed(world, rows);
    const refused = await world.run([
      'adopt',
      'alarms.csv',
      '--match',
      '*',
      '--auto-approve',
      ...world.flags,
    ]);
    expect([refused.exitCode, refused.stderr]).toEqual([
      3,
      expect.stringContaining('ALARMSYNC_GUARD_REFUSED'),
    ]);
    const planned = await adopt(world);
    expect([planned.exitCode, world.writeCount]).toEqual([2, 0]);
    const shown = await world.workspace.run(['show', planPathOf(planned), '--name', 'host-0007']);
    expect(shown.stdout).toMatch(/host-0007[^]*managed_by[^]*alarmsync/u);
    const applied = await world.run(['apply', planPathOf(planned), '--config', 'config.yaml']);
    expect([applied.exitCode, world.writeCount]).toEqual([0, 40]);
  });

  it('needs --match, and a service whose alarms may be others’', async () => {
    const world = await start();
    world.workspace.write('alarms.csv', csv(row('a')));
    const all = await world.run(['adopt', 'alarms.csv', ...world.flags]);
    expect([all.exitCode, all.stderr]).toEqual([1, expect.stringContaining('expected --match')]);
    const embedded = ['adopt', 'alarms.csv', '--match', '*', '--service', 'embedded:held.db'];
    const nobodys = await world.run(embedded);
    expect([nobodys.exitCode, nobodys.stderr]).toEqual([
      1,
      expect.stringContaining('nothing has to be adopted'),
    ]);
  });

  it('goes on after a kill, and no other run begins before it has', async () => {
    const world = await start();
    const rows = hosts(100);
    world.workspace.write('alarms.csv', csv(...rows));
    seed(world, rows);
    const args = [
      'adopt',
      'alarms.csv',
      '--match',
      '*',
      '--max-update',
      '100%',
      '--auto-approve',
      ...world.flags,
    ];
    await world.run(args, (kill) => {
      world.service.fault = () => {
        if (world.writeCount === 30) kill();
        return undefined;
      };
    });
    world.service.fault = undefined;
    const takenCount = (): number => world.service.monitors.filter(({ tags }) => tags.includes(OURS)).length;
    expect(takenCount()).toBeLessThan(100);
    const other = await world.sync(csv(...rows), '--on-unfinished', 'replan');
    expect([other.exitCode, other.stderr]).toEqual([
      5,
      expect.stringContaining('go on with it: alarmsync resume'),
    ]);
    const resumed = await world.run(['resume', '--settle-time', '0s', '--config', 'config.yaml']);
    expect([resumed.exitCode, takenCount(), world.service.monitorCount]).toEqual([0, 100, 100]);
  });

  it('finds a monitor renamed or deleted between plan and apply, and leaves it alone', async () => {
    const world = await start();
    world.workspace.write('alarms.csv', csv(row('renamed'), row('deleted'), row('stays')));
    const [renamed = 0, deleted = 0] = seed(world, ['renamed', 'deleted', 'stays']);
    const planned = await adopt(world);
    world.service.changeMonitor(renamed, { name: 'other' });
    world.service.dropMonitor(deleted);
    const applied = await world.run(['apply', planPathOf(planned), '--config', 'config.yaml']);
    expect([applied.exitCode, applied.stdout]).toEqual([4, expect.stringContaining('1 updated')]);
    expect(world.service.monitor(renamed)?.tags).toEqual(['team:web']);
  });

  it('is undone by a rollback: the monitors are as they were', async () => {
    const world = await start();
    const rows = hosts(5);
    world.workspace.write('alarms.csv', csv(...rows));
    seed(world, rows);
    const tags = (): readonly (readonly string[])[] => world.service.monitors.map((monitor) => monitor.tags);
    const before = tags();
    const adopted = await adopt(world, '--auto-approve');
    const undone = await world.run([
      'rollback',
      planPathOf(adopted),
      '--auto-approve',
      '--config',
      'config.yaml',
    ]);
    expect([undone.exitCode, tags()]).toEqual([0, before]);
  });

  it('does not take what it listed for what the file’s service holds', async () => {
    const world = await start();
    const rows = hosts(20);
    seed(world, [...rows, ...Array.from({ length: 100 }, (_, index) => `foreign-${index}`)]);
    world.workspace.write('alarms.csv', csv(...rows));
    expect((await adopt(world, '--auto-approve')).exitCode).toBe(0);
    const synced = await world.sync(csv(...rows), '--max-update', '100%');
    expect([synced.exitCode, synced.stderr]).toEqual([0, expect.not.stringContaining('SHRUNK')]);
  });
});
