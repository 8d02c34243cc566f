// Builds a checkout, for `npm install`, `npm install <Git URL>`, pre-commit and the Action. Where the packages that
// the build needs are missing it installs them first: npm leaves them out when a Git URL is installed globally.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

// The packed package is built already, and has nothing to build it from.
if (!existsSync(join(root, 'src'))) process.exit(0);

if (!existsSync(join(root, 'node_modules/esbuild')))
  // A global install says so to all that it starts, in the environment.
  execFileSync(
    'npm',
    ['ci', '--global=false', '--location=project', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund'],
    {
      cwd: root,
      // The runner of GitHub Actions starts a Node of its own, with npm beside it and none on PATH.
      env: { ...process.env, PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) },
      stdio: 'inherit',
      shell: process.platform === 'win32',
    },
  );
await import('./build.mjs');
