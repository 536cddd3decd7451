// What `observe` shows and watches against what runs send: an adapter may not import telemetry, so the names stand twice.

import { expect, it } from 'vitest';

import { METRICS } from '../src/services/datadog/observe/metric-names.ts';
import { INSTRUMENTS } from '../src/telemetry/instruments.ts';

it.each(Object.values(METRICS))('%s is sent', (name) => {
  expect(Object.keys(INSTRUMENTS)).toContain(name);
});
