// The yardstick: the least that any tool on js-yaml does with these files.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';

let documents = 0;
for (const directory of process.argv.slice(2))
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true }))
    if (entry.isFile() && /\.ya?ml$/.test(entry.name))
      documents += loadAll(readFileSync(join(entry.parentPath, entry.name), 'utf8')).length;
console.log(documents);
