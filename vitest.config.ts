import { defineConfig } from 'vitest/config';

const inCi = process.env.CI === 'true';

export default defineConfig({
  test: {
    // The text reports of fixtures are compared as a person without a terminal sees them.
    env: { NO_COLOR: '1', FORCE_COLOR: '' },
    reporters: inCi ? ['default', 'json'] : ['default'],
    outputFile: { json: 'coverage/results.json' },
    coverage: {
      enabled: inCi,
      provider: 'v8',
      reporter: ['text-summary', 'json-summary'],
      include: ['src/**', 'rules/**'],
      thresholds: { lines: 90 },
    },
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: ['test/ship/**'] } },
      {
        // What is shipped: the packed install, the hook, the Action, the examples. They run the built files.
        extends: true,
        test: {
          name: 'ship',
          include: ['test/ship/**/*.test.ts'],
          globalSetup: 'test/ship/build.ts',
          testTimeout: 60_000,
        },
      },
    ],
  },
});
