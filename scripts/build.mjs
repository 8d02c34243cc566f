// Bundles the command line, the library and the Action into dist/, with everything they need inside: an install
// brings one package, and starts as fast as one file loads.
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const entryPoints = { cli: 'src/cli/main.ts', index: 'src/index.ts', action: 'src/action/main.ts' };

/**
 * js-yaml makes its parser state with object spread, which gives every call's state a hidden class of its own in V8.
 * Written as plain assignments the same code reads twice as fast.
 */
const plainObjects = {
  name: 'plain-objects',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]js-yaml[\\/].*\.m?js$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, 'utf8'), { supported: { 'object-rest-spread': false } });
      return { contents: code, loader: 'js' };
    });
  },
};

/**
 * The tables of Istio's schemas as text that is read when something asks for them: as literals they would be parsed
 * at every start, and JSON.parse reads them several times as fast.
 */
const schemasWhenAsked = {
  name: 'schemas-when-asked',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]schemas[\\/]istio[\\/].*\.json$/ }, async ({ path }) => {
      const value = JSON.parse(await readFile(path, 'utf8'));
      const getters = Object.keys(value).map(
        (key) => `get ${JSON.stringify(key)}() { return read()[${JSON.stringify(key)}]; }`,
      );
      const text = JSON.stringify(JSON.stringify(value));
      return {
        contents: `let held; const read = () => (held ??= JSON.parse(${text})); export default { ${getters.join(', ')} };`,
        loader: 'js',
      };
    });
  },
};

const bundle = async () => {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir: 'dist',
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Less to parse at every start; names stay, for stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    metafile: true,
    plugins: [plainObjects, schemasWhenAsked],
    logLevel: 'warning',
  });
  // Such a call would fail only when it is made: ESM has no require for Node's own modules.
  const required = Object.values(metafile.outputs)
    .flatMap(({ imports }) => imports)
    .filter(({ kind, external }) => external && kind === 'require-call');
  if (required.length > 0)
    throw new Error(`the bundle asks for ${required.map(({ path }) => path).join(', ')} with require`);
  return metafile;
};

const makeExecutable = (file) => {
  const path = join(root, file);
  const code = readFileSync(path, 'utf8').replace(/^#!.*\n/, '');
  writeFileSync(path, `#!/usr/bin/env node\n${code}`);
  chmodSync(path, 0o755);
};

/** Directories of the packages whose code is in the bundle, each once. */
const bundledPackages = (metafile) => {
  const directories = new Set();
  for (const output of Object.values(metafile.outputs))
    for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
      const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
      if (found !== null && bytesInOutput > 0) directories.add(found[1]);
    }
  return [...directories].toSorted();
};

const licenceOf = (directory) => {
  const { name, version, license } = JSON.parse(readFileSync(join(root, directory, 'package.json'), 'utf8'));
  const files = readdirSync(join(root, directory))
    .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
    .toSorted();
  if (files.length === 0) throw new Error(`${name} ${version} is bundled, but ships no licence file`);
  const texts = files.map((file) =>
    readFileSync(join(root, directory, file), 'utf8')
      .replaceAll('\r\n', '\n')
      .trim(),
  );
  return `${name} ${version} (${license})\n\n${texts.join('\n\n')}\n`;
};

/** The tables in the bundle that are made from the work of others. */
const notices = () => [readFileSync(join(root, 'schemas/istio/NOTICE.txt'), 'utf8')];

const writeLicences = (metafile) => {
  const rule = `\n${'-'.repeat(80)}\n\n`;
  const head = 'mesh-lint contains code of these packages, under the licences printed below.\n';
  writeFileSync(
    join(root, 'dist/THIRD-PARTY-LICENSES.txt'),
    [head, ...bundledPackages(metafile).map(licenceOf), ...notices()].join(rule),
  );
};

const declareTypes = () => {
  const require = createRequire(import.meta.url);
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
};

/** Leaves the declarations that the public ones name; the rest speaks of what is inside. */
const keepPublicTypes = () => {
  const types = join(root, 'dist/types');
  const kept = new Set();
  const keep = (file) => {
    if (kept.has(file)) return;
    kept.add(file);
    for (const [, name] of readFileSync(file, 'utf8').matchAll(/from '(\.[^']*)\.ts'/g))
      keep(join(dirname(file), `${name}.d.ts`));
  };
  keep(join(types, 'src/index.d.ts'));
  for (const entry of readdirSync(types, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && !kept.has(file)) rmSync(file);
  }
};

rmSync(join(root, 'dist'), { recursive: true, force: true });
const metafile = await bundle();
makeExecutable('dist/cli.js');
writeLicences(metafile);
declareTypes();
keepPublicTypes();
