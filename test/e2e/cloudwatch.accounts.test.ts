// Two accounts of CloudWatch in one region, by profiles of the AWS command line: each is opened by its own credentials alone.

import { createServer } from 'node:http';

import { describe, expect, it } from 'vitest';

import { listen } from '../http.loopback.ts';
import { startCloudWatchStandIn, type CloudWatchStandIn } from '../stand-ins/cloudwatch/server.ts';
import { openWorkspace, type Finished, type Workspace } from './command-line.ts';
import { csv, row } from './datadog-world.ts';

const CONTACTS = { 'ops@example.com': 'arn:aws:sns:eu-central-1:111122223333:ops' };

interface World {
  readonly workspace: Workspace;
  readonly shop: CloudWatchStandIn;
  readonly lab: CloudWatchStandIn;
  readonly run: (...args: readonly string[]) => Promise<Finished>;
}

/** Two accounts, with a profile for each, and credentials of nobody in the environment. */
async function openWorld(): Promise<World> {
  const workspace = openWorkspace();
  const accounts = {
    shop: await startCloudWatchStandIn({ accessKeyId: 'AKIASHOP' }),
    lab: await startCloudWatchStandIn({ accessKeyId: 'AKIALAB' }),
  };
  const profiles = Object.entries(accounts).map(
    ([name, { accessKeyId, secretAccessKey }]) =>
      `[${name}]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
  );
  const env = {
    AWS_ENDPOINT_URL: await startRegion(Object.values(accounts)),
    AWS_CONFIG_FILE: workspace.write('aws-config', ''),
    AWS_SHARED_CREDENTIALS_FILE: workspace.write('aws-credentials', profiles.join('\n')),
    AWS_ACCESS_KEY_ID: 'AKIANOBODY',
    AWS_SECRET_ACCESS_KEY: 'secret-of-nobody',
    SOME_TOKEN: 'some-token',
  };
  return { ...accounts, workspace, run: async (...args) => workspace.run(args, { env }) };
}

/** One address for all accounts, as a region has: whose a request is, its credentials say. */
async function startRegion(accounts: readonly CloudWatchStandIn[]): Promise<string> {
  const server = createServer((request, response) => {
    const credential = request.headers.authorization ?? '';
    const account = accounts.find(({ accessKeyId }) => credential.includes(`Credential=${accessKeyId}/`));
    if (account === undefined) response.writeHead(403).end();
    else void account.respond(request, response);
  });
  return listen(server);
}

function target(name: string, more: object = {}, section: object = { profile: name }): object {
  const quotas = { writes_per_second: 5000, reads_per_second: 5000 };
  return {
    name,
    service: 'cloudwatch:eu-central-1',
    scope: `${name}/*`,
    account: name,
    cloudwatch: { namespace: 'Shop', ...quotas, ...section },
    ...more,
  };
}

function writeConfig(workspace: Workspace, targets: readonly object[]): void {
  // JSON is YAML.
  workspace.write('config.yaml', JSON.stringify({ contacts: CONTACTS, targets }));
}

const namesOf = ({ alarms }: CloudWatchStandIn): readonly string[] =>
  alarms.map(({ AlarmName }) => AlarmName);

describe('two accounts of CloudWatch', () => {
  it('are synced at once from one file, each by its profile, and found in step afterwards', async () => {
    const { workspace, shop, lab, run } = await openWorld();
    writeConfig(workspace, [target('shop'), target('lab')]);
    workspace.write('alarms.csv', csv(row('shop/a'), row('lab/a'), row('lab/b')));
    const sync = ['sync', 'alarms.csv', '--auto-approve', '--config', 'config.yaml'];
    const synced = await run(...sync);
    expect([synced.exitCode, synced.stderr]).toEqual([0, expect.not.stringContaining('WARNING')]);
    expect([namesOf(shop), namesOf(lab)]).toEqual([['shop/a'], ['lab/a', 'lab/b']]);
    const again = await run(...sync);
    expect(again.stdout).toContain('All 2 targets: 0 created, 0 updated, 0 deleted, 0 failed.');
  });

  it('are one account where one profile opens both, or none is named, whatever they are called', async () => {
    const { workspace, shop, lab, run } = await openWorld();
    workspace.write('alarms.csv', csv(row('shop/a'), row('lab/a')));
    const secrets = { token: 'env:SOME_TOKEN' };
    for (const [ofShop, ofLab] of [
      [{ profile: 'shop' }, { profile: 'shop' }],
      [{ profile: 'shop' }, {}],
      [{}, {}],
    ]) {
      writeConfig(workspace, [target('shop', {}, ofShop), target('lab', { secrets }, ofLab)]);
      const refused = await run('plan', 'alarms.csv', '--config', 'config.yaml');
      expect([refused.exitCode, refused.stderr]).toEqual([
        1,
        expect.stringContaining('each would delete the alarms of the other'),
      ]);
    }
    expect(shop.requests.length + lab.requests.length).toBe(0);
  });
});

it('applies the plan of a target with the profile that it was made with, and no other', async () => {
  const { workspace, shop, lab, run } = await openWorld();
  workspace.write('alarms.csv', csv(row('lab/a')));
  writeConfig(workspace, [target('lab')]);
  const flags = ['--config', 'config.yaml'];
  expect((await run('plan', 'alarms.csv', '--out', 'plans', ...flags)).exitCode).toBe(0);
  writeConfig(workspace, [target('lab', {}, { profile: 'shop' })]);
  const refused = await run('apply', 'plans/lab.db', ...flags);
  expect([refused.exitCode, refused.stderr]).toEqual([4, expect.stringContaining('ALARMSYNC_PLAN_STALE')]);
  writeConfig(workspace, [target('lab')]);
  expect((await run('apply', 'plans/lab.db', ...flags)).exitCode).toBe(0);
  expect([namesOf(shop), namesOf(lab)]).toEqual([[], ['lab/a']]);
});

it('applies a plan with the profile that it was made with, and no other', async () => {
  const { workspace, shop, lab, run } = await openWorld();
  const configure = (profile: string): void => {
    const cloudwatch = { namespace: 'Shop', profile };
    workspace.write('config.yaml', JSON.stringify({ contacts: CONTACTS, cloudwatch }));
  };
  workspace.write('alarms.csv', csv(row('a')));
  configure('shop');
  const flags = ['--config', 'config.yaml'];
  const planned = await run(
    'plan',
    'alarms.csv',
    '--out',
    'plan.db',
    '--service',
    'cloudwatch:eu-central-1',
    ...flags,
  );
  expect(planned.exitCode, planned.stderr).toBe(0);
  configure('lab');
  const refused = await run('apply', 'plan.db', ...flags);
  expect([refused.exitCode, refused.stderr]).toEqual([4, expect.stringContaining('ALARMSYNC_PLAN_STALE')]);
  configure('shop');
  expect((await run('apply', 'plan.db', ...flags)).exitCode).toBe(0);
  expect([namesOf(shop), namesOf(lab)]).toEqual([['a'], []]);
});
