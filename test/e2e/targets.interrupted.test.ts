// Several targets, of which one fails, or whose process is killed: the others go on, and a resumption ends them all.

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';

import { openWorkspace, type Finished, type RunOptions, type Workspace } from './command-line.ts';
import { startStandIn, type StandIn } from './stand-in.ts';
import { configOf, sitedCsv } from './targets-world.ts';
import { heldMeanings, meanings, paramsOf, row, rows, type Row } from './world.ts';

const QUICK = ['--config', 'targets.json', '--settle-time', '10ms', '--retries', '1'];

interface World {
  readonly workspace: Workspace;
  readonly eu: StandIn;
  readonly us: StandIn;
  readonly wanted: { readonly eu: readonly Row[]; readonly us: readonly Row[] };
  readonly sync: (options?: RunOptions, flags?: readonly string[]) => Promise<Finished>;
  readonly resume: (flags?: readonly string[]) => Promise<Finished>;
}

/** Two services that lack 40 alarms each, and hold 5 that the file does not have. */
async function openWorld(): Promise<World> {
  const workspace = openWorkspace();
  const [eu, us] = [await startStandIn(), await startStandIn()];
  const kept = rows(20, 'kept');
  for (const service of [eu, us])
    for (const item of [...kept, ...rows(5, 'unwanted')]) service.put(item.name, paramsOf(item));
  const wanted = { eu: [...kept, ...rows(40, 'eu')], us: [...kept, ...rows(40, 'us')] };
  workspace.write('targets.json', configOf({ eu, us }));
  workspace.write('alarms.csv', sitedCsv(wanted));
  return {
    workspace,
    eu,
    us,
    wanted,
    sync: async (options = {}, flags = []) =>
      workspace.run(['sync', 'alarms.csv', '--auto-approve', ...QUICK, ...flags], options),
    resume: async (flags = []) => workspace.run(['resume', ...QUICK, ...flags]),
  };
}

/** Each holds its rows, and nothing was written twice. */
function expectEnded({ eu, us, wanted }: World): void {
  expect(heldMeanings(eu)).toEqual(meanings(wanted.eu));
  expect(heldMeanings(us)).toEqual(meanings(wanted.us));
  for (const service of [eu, us]) {
    const applied = service.writes.filter(({ status }) => status >= 200 && status < 300);
    const written = applied.map(
      ({ method, name, body }) => `${method} ${name || String(JSON.parse(body).name)}`,
    );
    expect(written).toHaveLength(45);
    expect(new Set(written).size).toBe(45);
    expect(service.breaches).toEqual([]);
  }
}

async function killed(
  work: (options: RunOptions) => Promise<Finished>,
  when: (kill: () => void) => void,
): Promise<void> {
  let child: ChildProcess | undefined;
  when(() => child?.kill('SIGKILL'));
  await work({
    onSpawn: (spawned) => {
      child = spawned;
    },
  });
  expect(child?.signalCode).toBe('SIGKILL');
}

describe('one target that fails', () => {
  it('does not stop the others, and is gone on with by resume', async () => {
    const world = await openWorld();
    const { us, sync, resume, workspace } = world;
    us.onWrite = (_request, answer) => {
      answer(503, '{}');
      return true;
    };
    const stopped = await sync();
    expect(stopped.exitCode).toBe(5);
    expect(stopped.stdout).toContain('[eu] Sync complete: 40 created, 0 updated, 5 deleted, 0 failed.');
    expect(stopped.stdout).toContain('[us] Sync stopped: 0 created');
    expect((await workspace.run(['status'])).stdout).toMatch(/\[us\] Run \S+: draining, exit code 5/u);
    const euWriteCount = world.eu.writes.length;
    us.onWrite = undefined;
    const resumed = await resume();
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    expect(world.eu.writes).toHaveLength(euWriteCount);
    expectEnded(world);
  });

  it('is gone on with by the next sync of the same file, and settled for that of another', async () => {
    const world = await openWorld();
    const { us, sync, workspace } = world;
    us.onWrite = (_request, answer) => {
      answer(503, '{}');
      return true;
    };
    expect((await sync()).exitCode).toBe(5);
    us.onWrite = undefined;
    const same = await sync();
    expect([same.exitCode, same.stderr]).toEqual([0, expect.stringContaining('Resuming the runs')]);
    expectEnded(world);

    us.onWrite = (_request, answer) => {
      answer(503, '{}');
      return true;
    };
    workspace.write('alarms.csv', sitedCsv({ ...world.wanted, us: [...world.wanted.us, row('more')] }));
    expect((await sync()).exitCode).toBe(5);
    us.onWrite = undefined;
    workspace.write('alarms.csv', sitedCsv({ ...world.wanted, us: [...world.wanted.us, row('most')] }));
    expect((await sync({}, ['--on-unfinished', 'fail'])).exitCode).toBe(5);
    const other = await sync();
    expect([other.exitCode, other.stderr]).toEqual([
      0,
      expect.stringContaining('[us] Abandoning unfinished run'),
    ]);
    expect(us.names).toContain('most');
    expect(us.names).not.toContain('more');
  });
});

describe('a process that is killed', () => {
  it.each([5, 30, 60, 85])('while it drains, at write %i, is gone on with to the same end', async (last) => {
    const world = await openWorld();
    let writeCount = 0;
    await killed(world.sync, (kill) => {
      for (const service of [world.eu, world.us])
        service.onWrite = () => {
          writeCount += 1;
          if (writeCount === last) kill();
          return false;
        };
    });
    for (const service of [world.eu, world.us]) service.onWrite = undefined;
    const resumed = await world.resume();
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    expectEnded(world);
    expect((await world.resume()).exitCode).toBe(0);
  });

  it('while it plans the last target has sent nothing to the first, and plans all of them again', async () => {
    const world = await openWorld();
    await killed(world.sync, (kill) => {
      world.us.onListing = () => {
        kill();
        return true;
      };
    });
    expect(world.eu.writes).toEqual([]);
    expect((await world.workspace.run(['status'])).stdout).toMatch(/\[eu\] Run \S+: planned\n/u);
    world.us.onListing = undefined;
    // What was planned before would be of another file than what is planned now.
    const wanted = { ...world.wanted, eu: [...world.wanted.eu.slice(0, -1), row('eu-late')] };
    world.workspace.write('alarms.csv', sitedCsv(wanted));
    const resumed = await world.resume();
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    expectEnded({ ...world, wanted });
  });

  it('after the plans were agreed to, and before anything was sent, applies those plans', async () => {
    const world = await openWorld();
    const { workspace } = world;
    await workspace.run(['plan', 'alarms.csv', '--config', 'targets.json', '--out', 'plans']);
    // As a run leaves them that is killed between the user's yes and the first operation.
    for (const target of ['eu', 'us']) {
      const plan = new Database(workspace.path(`plans/${target}.db`));
      plan.exec('UPDATE run SET approved_at_ms = created_at_ms, exit_code = NULL');
      plan.close();
    }
    workspace.write('alarms.csv', sitedCsv({ ...world.wanted, eu: [...world.wanted.eu, row('unseen')] }));
    const resumed = await world.resume();
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    expectEnded(world);
  });

  it('after one plan was applied by itself, sends nothing of the others, which nobody agreed to', async () => {
    const world = await openWorld();
    const { workspace, eu, us } = world;
    const config = ['--config', 'targets.json'];
    const planned = await workspace.run(['plan', 'alarms.csv', ...config, '--out', 'plans']);
    await killed(
      async (options) => workspace.run(['apply', 'plans/eu.db', ...QUICK], options),
      (kill) => {
        eu.onWrite = () => {
          if (eu.writes.length === 20) kill();
          return false;
        };
      },
    );
    eu.onWrite = undefined;
    const resumed = await world.resume();
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    expect([heldMeanings(eu), us.writes]).toEqual([meanings(world.wanted.eu), []]);
    expect((await world.resume()).exitCode).toBe(0);
    expect(us.writes).toEqual([]);
    const roundId = /apply them with: alarmsync apply (\S+)/u.exec(planned.stderr)?.[1] ?? '';
    expect((await workspace.run(['apply', roundId, ...QUICK])).exitCode).toBe(0);
    expectEnded(world);
  });

  it('leaves one run that may not be taken up alone before all are planned', async () => {
    const world = await openWorld();
    await killed(world.sync, (kill) => {
      world.us.onListing = () => {
        kill();
        return true;
      };
    });
    world.us.onListing = undefined;
    const narrowed = await world.resume(['--target', 'eu']);
    expect([narrowed.exitCode, narrowed.stderr]).toEqual([1, expect.stringContaining('still to be planned')]);
    const without = await world.workspace.run(['resume']);
    expect([without.exitCode, without.stderr]).toEqual([
      1,
      expect.stringContaining('expected the target eu of the run in the configuration file'),
    ]);
    expect(world.eu.writes.length + world.us.writes.length).toBe(0);
  });
});

describe('a signal and a lock', () => {
  it('stops all targets in order, to be resumed', async () => {
    const world = await openWorld();
    let child: ChildProcess | undefined;
    let writeCount = 0;
    for (const service of [world.eu, world.us])
      service.onWrite = () => {
        writeCount += 1;
        if (writeCount === 20) child?.kill('SIGTERM');
        return false;
      };
    const stopped = await world.sync(
      {
        onSpawn: (spawned) => {
          child = spawned;
        },
      },
      ['--tpslimit', '60'],
    );
    expect(stopped.exitCode).toBe(143);
    expect(stopped.stdout.match(/^\[(?:eu|us)\] Sync stopped: /gmu)).toHaveLength(2);
    expect((await world.resume()).exitCode).toBe(0);
    expectEnded(world);
  });

  it('keeps another run from each service, and that is told of the target', async () => {
    const world = await openWorld();
    let child: ChildProcess | undefined;
    let isListed: () => void = () => {};
    const listed = new Promise<void>((resolve) => {
      isListed = resolve;
    });
    // Held until it is killed.
    world.us.onListing = () => {
      isListed();
      return true;
    };
    const held = world.sync({
      onSpawn: (spawned) => {
        child = spawned;
      },
    });
    await listed;
    const plain = await world.workspace.run([
      'sync',
      'alarms.csv',
      '--ignore-columns',
      'site',
      '--service',
      world.eu.url,
      '--auto-approve',
    ]);
    expect([plain.exitCode, plain.stderr]).toEqual([11, expect.stringContaining('[ALARMSYNC_STORE_LOCKED]')]);
    child?.kill('SIGKILL');
    await held;
    expect(world.eu.writes).toEqual([]);
    if (child?.exitCode === null && child.signalCode === null) await once(child, 'close');
  });
});
