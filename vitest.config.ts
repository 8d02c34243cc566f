import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The text reports of fixtures are compared as a person without a terminal sees them.
    env: { NO_COLOR: '1', FORCE_COLOR: '' },
    coverage: {
      provider: 'v8',
      include: ['src/**', 'rules/**'],
      thresholds: { lines: 90 },
    },
  },
});
