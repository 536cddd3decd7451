// Every adapter against the one suite.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { onTestFinished, vi } from 'vitest';

import { ALARM_STATES, COMPARISON_METHODS, type AlarmDefinition } from '../src/alarm/alarm.ts';
import { createCloudWatchService } from '../src/services/cloudwatch/cloudwatch.ts';
import { createDatadogService } from '../src/services/datadog/datadog.ts';
import { createEmbeddedService } from '../src/services/embedded/embedded.ts';
import { createRestService } from '../src/services/rest/rest.ts';
import { describeConformance } from './conformance/suite.ts';
import { AWKWARD_NAMES } from './e2e/world.ts';
import { ALARM, startTestService } from './server.client.ts';
import { startCloudWatchStandIn } from './stand-ins/cloudwatch/server.ts';
import { startDatadogStandIn } from './stand-ins/datadog/server.ts';

const NAMES = [...AWKWARD_NAMES, 'é'.repeat(512)];

const DEFINITIONS: readonly AlarmDefinition[] = [
  ...COMPARISON_METHODS.map((method) => ({
    name: `method ${method}`,
    params: { ...ALARM, comparison_method: method },
  })),
  ...ALARM_STATES.map((state) => ({ name: `state ${state}`, params: { ...ALARM, alarm_state: state } })),
  ...['avg', 'max', 'p99.9', 'median', 'mode'].map((math) => ({
    name: `math ${math}`,
    params: { ...ALARM, metric_math: math },
  })),
  {
    name: 'contacts',
    params: { ...ALARM, contact: ['a@b.example', 'ldap:ops', 'posix:root', 'ticket:OPS-1'] },
  },
  { name: 'nobody', params: { ...ALARM, contact: [] } },
  { name: 'escapes', params: { ...ALARM, metric_name: 'a"b\\c\u0000é\u{1f514}', threshold: '-1.50e-3' } },
];

const RELIABLE = { allowInsecure: false, concurrency: 2, requestTimeoutMs: 10_000 };

describeConformance('rest', {
  open: async (gate) => createRestService({ ...RELIABLE, url: (await startTestService()).server.url }, gate),
  openRefused: async (gate, token) => {
    const { server } = await startTestService({ listen: { token: 'another' } });
    return createRestService({ ...RELIABLE, url: server.url, token }, gate);
  },
  givesTexts: true,
  names: NAMES,
  definitions: DEFINITIONS,
});

describeConformance('rest, in pages smaller than asked for', {
  open: async (gate) => {
    const { server } = await startTestService({
      behaviour: { hasTotals: false, maxPageSize: 2 },
    });
    return createRestService({ ...RELIABLE, url: server.url }, gate);
  },
  givesTexts: true,
  names: NAMES,
  definitions: DEFINITIONS,
});

describeConformance('embedded', {
  open: async (gate) => {
    const directory = mkdtempSync(path.join(tmpdir(), 'alarmsync-conformance-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    return createEmbeddedService({ file: path.join(directory, 'alarms.db'), durable: false }, gate);
  },
  givesTexts: false,
  names: NAMES,
  definitions: DEFINITIONS,
});

/** Blanks around a name are cut off there. */
const TRIMMED_NAMES = NAMES.filter((name) => name === name.trim());

const DATADOG = {
  ...RELIABLE,
  adopts: false,
  contacts: { 'ldap:*': '@team-*', 'posix:*': '@posix-*', 'ticket:OPS-1': '@pagerduty-ops' },
};

describeConformance('datadog', {
  open: async (gate) => {
    const { url, credentials } = await startDatadogStandIn();
    const [apiKey, applicationKey] = Object.values(credentials);
    return createDatadogService({ ...DATADOG, url, apiKey, applicationKey }, gate);
  },
  openRefused: async (gate, token) => {
    const { url } = await startDatadogStandIn();
    return createDatadogService({ ...DATADOG, url, apiKey: token, applicationKey: token }, gate);
  },
  // Datadog answers 403 to a wrong key, as to a right one without the permission.
  refusedCode: 'ALARMSYNC_SERVICE_FORBIDDEN',
  givesTexts: false,
  names: TRIMMED_NAMES,
  // What it refuses is named when the file is read.
  definitions: DEFINITIONS.filter(({ name }) => name !== 'math mode' && name !== 'escapes'),
});

const TOPICS = 'arn:aws:sns:eu-central-1:111122223333';

const CLOUDWATCH = {
  ...RELIABLE,
  region: 'eu-central-1',
  cloudwatch: {
    namespace: 'Shop/Checkout',
    periodSeconds: 300,
    evaluationPeriodCount: 1,
    namePrefix: '',
    profile: '',
    writesPerSecond: 5000,
    readsPerSecond: 5000,
  },
  contacts: {
    'a@b.example': `${TOPICS}:mail`,
    'user@example.com': `${TOPICS}:user`,
    'ldap:*': `${TOPICS}:ldap-*`,
    'posix:*': `${TOPICS}:posix-*`,
    'ticket:OPS-1': `${TOPICS}:tickets`,
  },
};

/** The SDK looks for its credentials and the address in the environment. */
const withAws = (url: string, accessKeyId: string, secret: string): void => {
  vi.stubEnv('AWS_ENDPOINT_URL', url);
  vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secret);
  vi.stubEnv('AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED', 'true');
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
};

describeConformance('cloudwatch', {
  open: async (gate) => {
    const { url, accessKeyId, secretAccessKey } = await startCloudWatchStandIn();
    withAws(url, accessKeyId, secretAccessKey);
    return createCloudWatchService(CLOUDWATCH, gate);
  },
  openRefused: async (gate, token) => {
    const { url } = await startCloudWatchStandIn();
    withAws(url, 'AKIAANOTHER', token);
    return createCloudWatchService(CLOUDWATCH, gate);
  },
  givesTexts: false,
  names: NAMES.filter((name) => name.length <= 255),
  definitions: DEFINITIONS.filter(({ name }) => name !== 'math mode' && name !== 'escapes'),
});
