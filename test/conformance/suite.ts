// The conformance checks of one adapter as tests.

import { describe, expect, it } from 'vitest';

import { conformanceChecks, type ConformanceTarget } from '../../src/services/conformance/checks.ts';

interface TestedTarget extends ConformanceTarget {
  /** True when the adapter has `listTexts`. */
  readonly givesTexts: boolean;
}

/** Registers the tests of one adapter. */
export function describeConformance(adapter: string, target: TestedTarget): void {
  describe(`the adapter ${adapter}`, () => {
    it(target.givesTexts ? 'gives texts' : 'gives no texts', async () => {
      await using service = await target.open({ pass: async () => {}, pause: () => {} });
      expect(service.listTexts !== undefined).toBe(target.givesTexts);
    });
    for (const { title, run } of conformanceChecks(target)) it(title, run);
  });
}
