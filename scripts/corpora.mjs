// npm run corpora -- DIRECTORY [NAME…] [--verbose]
// Runs the built library on directories of other people's manifests, with discovery only, and compares what it says
// with the audit in META.json beside them. Exits with 1 where a set that was audited as clean has an error or a warning.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments, refuse } from './arguments.mjs';

const USAGE = `npm run corpora -- DIRECTORY [NAME…] [--verbose]
DIRECTORY holds a directory for each repository, with an audit in META.json.`;
const { positionals, values: options } = readArguments(USAGE, { verbose: { type: 'boolean', default: false } });
const [base, ...wanted] = positionals;
if (base === undefined) refuse(USAGE, 'DIRECTORY is missing');
const { lint } = await import(new URL('../dist/index.js', import.meta.url).href);
const tableFile = fileURLToPath(new URL('corpora.json', import.meta.url));
/** Name of a set → paths whose findings say nothing about whether it is clean. */
const table = existsSync(tableFile) ? JSON.parse(readFileSync(tableFile, 'utf8')) : {};

/** `a/{b,c}/*.yaml` as a pattern for the end of a path; a directory holds all below it. */
const pathPattern = (glob) => {
  const source = glob
    .replace(/\/+$/, '')
    .replace(/[.+^$()|[\]\\]/g, '\\$&')
    .replace(/\*\*\/?|\*/g, (stars) => (stars === '*' ? '[^/]*' : '.*'))
    .replace(/\{([^{}]*)\}/g, (_, list) => `(?:${list.replaceAll(',', '|')})`);
  return new RegExp(`(?:^|/)${source}(?:/|$)`);
};

/** The paths that the text of an audit names. */
const pathsIn = (where) =>
  (where ?? '')
    .replace(/\([^()]*\)/g, ' ')
    .split(/[\s;]+|,(?![^{]*\})/)
    .map((word) => word.replace(/:\d+$/, '').replace(/[.,:]+$/, ''))
    .filter((word) => /\//.test(word) || /\.(?:ya?ml|pem)$/.test(word))
    .map(pathPattern);

const ranks = { info: 0, warning: 1, error: 2 };
const severityOf = (item) => /^(?:error|warning|info)/.exec(item.suggestedSeverity ?? 'info')[0];
const isLoud = ({ severity }) => ranks[severity] > 0;
const line = (finding) =>
  `${finding.file}:${finding.line}:${finding.column} ${finding.severity} ${finding.message} [${finding.rule}]`;

/** Words that are rare enough to tell what a sentence is about. */
const wordsOf = (text) => new Set((text.match(/[A-Za-z][A-Za-z0-9_.-]{4,}/g) ?? []).map((word) => word.toLowerCase()));
const inCommon = (a, b) => [...wordsOf(a)].filter((word) => wordsOf(b).has(word)).length;

const check = async (name) => {
  const directory = join(resolve(base), name);
  const meta = JSON.parse(readFileSync(join(directory, 'META.json'), 'utf8'));
  const exempt = (table[name]?.exempt ?? []).map(pathPattern);
  console.log(`\n== ${name}`);
  let report;
  try {
    report = await lint({ cwd: directory, paths: ['.'], config: false });
  } catch (error) {
    console.log(`  could not be read: ${error.stack}`);
    return false;
  }
  const { clusters, findings, summary } = report;
  console.log(`  audited clusters: ${Object.keys(meta.clusters ?? {}).join(', ')}`);
  const meshes = byMesh(clusters);
  for (const [mesh, members] of meshes)
    console.log(
      `  mesh ${mesh}: ${members.map((c) => `${c.name} (${[c.clusterId, c.network, c.role, c.istioVersion].map((fact) => fact ?? '?').join(' ')})`).join(', ')}`,
    );
  console.log(`  ${summary.errors} errors, ${summary.warnings} warnings, ${summary.infos} infos`);

  const expected = meta.expected ?? [];
  const claimed = new Set();
  for (const item of expected) {
    if (ranks[severityOf(item)] === 0) continue;
    const patterns = pathsIn(item.where);
    const found = findings.filter(
      (finding) =>
        isLoud(finding) &&
        [finding, ...finding.related].some(({ file }) => patterns.some((pattern) => pattern.test(file))) &&
        inCommon(`${item.what} ${item.where} ${item.why}`, `${finding.message} ${finding.path}`) > 0,
    );
    for (const finding of found) claimed.add(finding);
    console.log(
      `  ${found.length > 0 ? 'met   ' : 'missed'} (${severityOf(item)}, certainty ${item.certainty}) ${item.what}`,
    );
    for (const finding of found) console.log(`      ${line(finding)}`);
  }
  const isClean = expected.every((item) => ranks[severityOf(item)] === 0);
  const loud = findings.filter((finding) => isLoud(finding) && !claimed.has(finding));
  const against = loud.filter(({ file }) => !exempt.some((pattern) => pattern.test(file)));
  if (loud.length > 0) console.log(isClean ? '  audited as clean, but:' : '  not in the audit:');
  for (const finding of loud) {
    console.log(`      ${line(finding)}${against.includes(finding) ? '' : ' (exempt)'}`);
    const trap = (meta.traps ?? []).toSorted((a, b) => inCommon(b, line(finding)) - inCommon(a, line(finding)))[0];
    if (trap !== undefined && inCommon(trap, line(finding)) > 1) console.log(`        trap? ${trap}`);
  }
  const infos = findings.filter((finding) => !isLoud(finding));
  for (const finding of options.verbose ? infos : infos.slice(0, 5)) console.log(`  info  ${line(finding)}`);
  if (!options.verbose && infos.length > 5) console.log(`  info  … ${infos.length - 5} more`);
  return !isClean || against.length === 0;
};

const byMesh = (clusters) => {
  const groups = new Map();
  for (const cluster of clusters)
    groups.set(cluster.mesh ?? '-', [...(groups.get(cluster.mesh ?? '-') ?? []), cluster]);
  return groups;
};

const names = readdirSync(base)
  .filter((name) => existsSync(join(base, name, 'META.json')))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
  .toSorted();
const failed = [];
for (const name of names) if (!(await check(name))) failed.push(name);
console.log(
  `\n${names.length} sets, ${failed.length === 0 ? 'none against its audit' : `${failed.length} audited as clean with errors or warnings: ${failed.join(', ')}`}`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
