import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    projects: [
      {
        test: {
          name: 'machine',
          include: ['test/**/*.test.ts'],
          exclude: ['test/containers/**'],
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        // Alone, after the others: a container that works takes the processors from tests that run beside it.
        test: {
          name: 'containers',
          include: ['test/containers/*.test.ts'],
          globalSetup: ['test/containers/image.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
