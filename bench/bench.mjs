// npm run bench [-- --sizes 2x25,10x100 --rounds 3 --schemas LOCATION]
// Compares the built mesh-lint with a bare js-yaml load of the same files and, where they are on PATH, with
// kubeconform and istioctl analyze. Runs take turns, so that a busy machine slows all of them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { readArguments } from '../scripts/arguments.mjs';
import { generateFleet } from './generate.mjs';

const targets = { wallToLoad: 1.35, perByte: 1.15, peakMebibytes: 450 };

const { values: options } = readArguments('npm run bench [-- --sizes 2x25,10x100 --rounds 3 --schemas LOCATION]', {
  sizes: { type: 'string', default: '2x25,10x100,20x500' },
  rounds: { type: 'string', default: '3' },
  schemas: { type: 'string' },
});
const sizes = options.sizes.split(',').map((size) => size.split('x').map(Number));
const rounds = Number(options.rounds);

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const cli = here('../dist/cli.js');
const scratch = mkdtempSync(join(tmpdir(), 'mesh-lint-bench-'));
const usage = join(scratch, 'usage');

const onPath = (program) =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .some((directory) => directory !== '' && existsSync(join(directory, program)));
const gnuTime = spawnSync('/usr/bin/time', ['-f', '%U', 'true']).status === 0;

/** Runs a program once: seconds of wall and CPU, MiB at the peak; CPU and peak undefined where nobody counts them. */
const measure = (command, args) => {
  rmSync(usage, { force: true });
  const timed = command !== process.execPath && gnuTime;
  const [program, words] = timed
    ? ['/usr/bin/time', ['-o', usage, '-f', '%U %S %M', command, ...args]]
    : [command, args];
  const start = performance.now();
  const { status, stdout, stderr, error } = spawnSync(program, words, {
    env: { ...process.env, BENCH_USAGE: usage, NO_COLOR: '1' },
    encoding: 'utf8',
    maxBuffer: 1 << 30,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const wall = (performance.now() - start) / 1000;
  if (error !== undefined) throw error;
  return { wall, ...readUsage(timed), status, stdout, stderr };
};

const readUsage = (timed) => {
  if (!existsSync(usage)) return { cpu: undefined, peak: undefined };
  const text = readFileSync(usage, 'utf8');
  if (!timed) return JSON.parse(text);
  // GNU time puts a line of its own before these where the program failed.
  const [user, system, kibibytes] = text.trim().split('\n').at(-1).split(' ').map(Number);
  return { cpu: user + system, peak: kibibytes / 1024 };
};

const node = (file, args) =>
  measure(process.execPath, ['--import', new URL('usage.mjs', import.meta.url).href, file, ...args]);

/** Several processes one after the other, as one. */
const inTurn = (runs) =>
  runs.reduce((sum, run) => ({
    wall: sum.wall + run.wall,
    cpu: sum.cpu === undefined || run.cpu === undefined ? undefined : sum.cpu + run.cpu,
    peak: sum.peak === undefined || run.peak === undefined ? undefined : Math.max(sum.peak, run.peak),
  }));

const contestants = [
  { name: 'js-yaml load', run: (_, directories) => node(here('load.mjs'), directories) },
  { name: 'mesh-lint', run: (root) => node(cli, [root, '--no-config']) },
];
if (onPath('kubeconform')) {
  const location = options.schemas ?? join(scratch, 'none', '{{.ResourceKind}}.json');
  const args = [
    '-summary',
    '-ignore-missing-schemas',
    '-n',
    String(availableParallelism()),
    '-schema-location',
    location,
  ];
  contestants.push({ name: 'kubeconform', run: (root) => measure('kubeconform', [...args, root]) });
}
if (onPath('istioctl'))
  contestants.push({
    name: 'istioctl analyze',
    run: (_, directories) =>
      inTurn(directories.map((directory) => measure('istioctl', ['analyze', '--use-kube=false', '-A', directory]))),
  });

const median = (numbers) => {
  const sorted = numbers.filter((number) => number !== undefined).toSorted((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

const checkSilent = (root) => {
  const { status, stdout, stderr } = measure(process.execPath, [
    cli,
    root,
    '--no-config',
    '--format',
    'json',
    '--fail-on',
    'info',
  ]);
  if (status === 0) return;
  const findings = stdout.startsWith('{') ? JSON.parse(stdout).findings : [];
  for (const { file, line, message, rule } of findings.slice(0, 5)) console.error(`${file}:${line} ${message} ${rule}`);
  throw new Error(`the fleet is clean, but mesh-lint ended with ${status} and ${findings.length} findings\n${stderr}`);
};

const benchSize = ([clusters, services]) => {
  const root = join(scratch, `${clusters}x${services}`);
  const fleet = generateFleet(root, clusters, services);
  checkSilent(root);
  const runs = contestants.map(() => []);
  for (let round = 0; round < rounds; round++)
    contestants.forEach(({ run }, index) => runs[index].push(run(root, fleet.directories)));
  rmSync(root, { recursive: true, force: true });

  const megabytes = fleet.bytes / 1e6;
  console.log(
    `\n${clusters} clusters × ${services} services: ${fleet.files} files, ${fleet.documents} documents, ${megabytes.toFixed(1)} MB`,
  );
  const rows = contestants.map(({ name }, index) => ({
    name,
    wall: median(runs[index].map((run) => run.wall)),
    cpu: median(runs[index].map((run) => run.cpu)),
    peak: median(runs[index].map((run) => run.peak)),
    // Of the same round, so that both halves saw the same machine.
    ratio: median(runs[index].map((run, round) => run.wall / runs[0][round].wall)),
    cpuRatio: median(
      runs[index].map((run, round) => (run.cpu === undefined ? undefined : run.cpu / runs[0][round].cpu)),
    ),
  }));
  console.log(table(rows));
  const own = rows.find(({ name }) => name === 'mesh-lint');
  return { size: `${clusters}x${services}`, ...own, perByte: own.wall / fleet.bytes };
};

const table = (rows) => {
  const number = (value, digits) => (value === undefined ? '-' : value.toFixed(digits));
  const line = (name, cells) => `  ${name.padEnd(18)}${cells.map((cell) => cell.padStart(11)).join('')}`;
  return [
    line('', ['wall s', '× load', 'CPU s', '× load', 'peak MiB']),
    ...rows.map((row) =>
      line(row.name, [
        number(row.wall, 2),
        number(row.ratio, 2),
        number(row.cpu, 2),
        number(row.cpuRatio, 2),
        number(row.peak, 0),
      ]),
    ),
  ].join('\n');
};

const verdict = (what, value, limit) =>
  console.log(`${value <= limit ? 'ok  ' : 'miss'}  ${what}: ${value.toFixed(2)} (target ${limit})`);

const say = () => {
  console.log(
    `medians of ${rounds} rounds that take turns, Node ${process.version}, ${availableParallelism()} processors`,
  );
  console.log('js-yaml load: reads every file and parses it with loadAll, one process, nothing kept');
  console.log('mesh-lint: all rules over all clusters as one mesh');
  console.log(
    onPath('kubeconform')
      ? `kubeconform: ${options.schemas === undefined ? 'reads and parses only (no schemas given, so none is checked)' : `schemas from ${options.schemas}`}; looks at each document alone`
      : 'kubeconform: not on PATH, left out',
  );
  console.log(
    onPath('istioctl')
      ? 'istioctl analyze: --use-kube=false, once per cluster, one after the other'
      : 'istioctl analyze: not on PATH, left out',
  );
};

if (!existsSync(cli)) throw new Error('dist/cli.js is missing: npm run build');
try {
  say();
  const results = sizes.map(benchSize);
  const [middle, large] = ['10x100', '20x500'].map((size) => results.find((result) => result.size === size));
  console.log('');
  if (large !== undefined) {
    verdict('20x500, wall against a bare load', large.ratio, targets.wallToLoad);
    verdict('20x500, MiB at the peak', large.peak, targets.peakMebibytes);
  }
  if (large !== undefined && middle !== undefined)
    verdict('wall per byte, 20x500 against 10x100', large.perByte / middle.perByte, targets.perByte);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
