// What the reference service tells Prometheus of itself.

import { spawnSync } from 'node:child_process';

import { describe, expect, it } from 'vitest';

import { ALARM, startTestService } from './server.client.ts';

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

describe('/metrics', () => {
  it('counts requests by status and alarms held, and needs no token', async () => {
    const { call, server } = await startTestService({ listen: { token: 'secret' } });
    const authorization = 'Bearer secret';
    await call('POST', '/alarms', { name: 'disk', params: ALARM }, { authorization });
    await call('GET', '/alarms/disk', undefined, { authorization });
    await call('GET', '/alarms/none', undefined, { authorization });
    await call('GET', '/alarms');
    const answer = await fetch(`${server.url}/metrics`);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/u);
    const text = await answer.text();
    const lines = text.split('\n');
    expect(lines).toContain('alarm_service_alarms 1');
    expect(lines).toContain('alarm_service_requests_total{method="POST",status="200"} 1');
    expect(lines).toContain('alarm_service_requests_total{method="GET",status="200"} 1');
    expect(lines).toContain('alarm_service_requests_total{method="GET",status="404"} 1');
    expect(lines).toContain('alarm_service_requests_total{method="GET",status="401"} 1');
    expect(lines).toContain(
      'alarm_service_request_duration_seconds_count{method="GET",route="/alarms/:name"} 2',
    );
  });

  it.skipIf(!hasPromtool && process.env['CI'] === undefined)('is what promtool accepts', async () => {
    const { call, server } = await startTestService();
    await call('GET', '/alarms/none');
    const input = await (await fetch(`${server.url}/metrics`)).text();
    const checked = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
    expect([checked.status, checked.stdout + checked.stderr]).toEqual([0, '']);
  });
});
