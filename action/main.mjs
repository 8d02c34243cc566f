// Entry of the GitHub Action. No built files are committed: a checkout without them builds itself once.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const built = new URL('../dist/action.js', import.meta.url);
const prepare = fileURLToPath(new URL('../scripts/prepare.mjs', import.meta.url));

// Standard output belongs to annotations.
if (!existsSync(built))
  execFileSync(process.execPath, [prepare], { stdio: ['ignore', process.stderr, process.stderr] });
await import(built.href);
