// The file named by --config, and its schema.

import { describe, expect, it } from 'vitest';

import { openWorkspace } from './command-line.ts';

describe('the configuration file', () => {
  it('is refused with every fault at once, each with its key', async () => {
    const workspace = openWorkspace();
    workspace.write(
      'config.yaml',
      'max-deletes: 1\ntpslimit: {a: 1}\nservise: x\ncontacts:\n  "ldap:*": "@team"\n  "ticket:OPS": ops\n',
    );
    const refused = await workspace.run(['status', '--config', 'config.yaml']);
    expect(refused.exitCode).toBe(1);
    for (const part of [
      '"max-deletes"',
      '"servise"',
      'tpslimit: expected a text',
      'contacts.ticket:OPS: expected a handle',
    ])
      expect(refused.stderr).toContain(part);
  });

  it('takes references to secrets only, and never repeats what stands there instead', async () => {
    const workspace = openWorkspace();
    workspace.write(
      'config.yaml',
      'secrets:\n  token: s3cr3t\n  datadog_api_key: 12345\n  passphrase: env:A\n',
    );
    const refused = await workspace.run(['status', '--config', 'config.yaml']);
    expect(refused.exitCode).toBe(1);
    for (const part of [
      'secrets.token: expected env:NAME',
      'secrets.datadog_api_key: expected',
      '"secrets.passphrase"',
    ])
      expect(refused.stderr).toContain(part);
    expect(refused.stderr).not.toMatch(/s3cr3t|12345/u);
  });

  it.each([
    ['"ldap:*": "@team"', 'a star at the end of both'],
    ['"ldap:a": "@x"\n  "ldap:b": "@x"', 'a handle of its own'],
  ])('is refused with contacts that cannot be read back: %s', async (contacts, reason) => {
    const workspace = openWorkspace();
    workspace.write('config.yaml', `contacts:\n  ${contacts}\n`);
    const refused = await workspace.run(['status', '--config', 'config.yaml']);
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining(reason)]);
  });

  it.each(['[1]', 'text', ''])('is refused when it is no mapping: %s', async (content) => {
    const workspace = openWorkspace();
    workspace.write('config.yaml', content);
    const refused = await workspace.run(['status', '--config', 'config.yaml']);
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('a mapping of flags')]);
  });
});

describe('config schema', () => {
  it('names every fault of the section cloudwatch at once, each with its path', async () => {
    const workspace = openWorkspace();
    workspace.write(
      'config.yaml',
      'cloudwatch: { namespace: ":a", period_seconds: 45, evaluation_periods: 0, writes_per_second: 0, quick: true }',
    );
    workspace.write('alarms.csv', 'name\n');
    const args = ['plan', 'alarms.csv', '--service', 'cloudwatch:eu-central-1', '--config', 'config.yaml'];
    const { exitCode, stderr } = await workspace.run(args);
    expect(exitCode).toBe(1);
    for (const fault of [
      'cloudwatch.namespace: expected 1 to 255 characters, the first no colon',
      'cloudwatch.period_seconds: expected 10, 20, 30, or a multiple of 60 up to 86400',
      'cloudwatch.evaluation_periods: ',
      'cloudwatch.writes_per_second: expected more than 0',
      'cloudwatch.quick: expected a member that cloudwatch has',
    ])
      expect(stderr).toContain(fault);
  });

  it('writes a JSON Schema with every flag and section', async () => {
    const workspace = openWorkspace();
    const written = await workspace.run(['config', 'schema']);
    expect(written.exitCode).toBe(0);
    const schema: unknown = JSON.parse(written.stdout);
    expect(schema).toMatchObject({
      $schema: expect.stringContaining('json-schema.org'),
      type: 'object',
      // Nothing else may stand there.
      additionalProperties: { not: {} },
      properties: {
        'max-delete': { description: expect.stringContaining('deletes more') },
        'ignore-columns': { anyOf: expect.arrayContaining([{ type: 'array', items: expect.anything() }]) },
        contacts: {
          type: 'object',
          additionalProperties: { type: 'string', pattern: '^(?:@|arn:|[a-z+]+:\\/\\/)\\S+$' },
        },
        targets: {
          type: 'array',
          items: { required: ['name', 'service'], additionalProperties: { not: {} } },
        },
        cloudwatch: { required: ['namespace'], properties: { writes_per_second: { default: 3 } } },
      },
    });
  });

  it('is all that config knows', async () => {
    const workspace = openWorkspace();
    const refused = await workspace.run(['config', 'sheme']);
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('config schema')]);
  });
});
