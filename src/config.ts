import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { Config } from './engine/config.ts';
import { configSchema } from './engine/configSchema.ts';
import { UsageError } from './engine/usageError.ts';
import type { ConfigIssue } from './engine/validateConfig.ts';
import { COMPLETE_WORDS } from './facts/mesh/tracks.ts';
import { readText } from './load/yaml.ts';
import { locate } from './load/positions.ts';
import { publicBlocks } from './load/place/pem.ts';
import type { ClusterSettings, Path, PemFile, SourceFile } from './model/index.ts';
import { compareText, isOneSlipAway, isRecord } from './model/index.ts';
import type { Rule } from './rule/define.ts';

export const CONFIG_NAMES = ['mesh-lint.yaml', 'mesh-lint.yml'] as const;

/** A configuration and the file it stands in. */
export interface LoadedConfig {
  readonly config: Config;
  readonly file: SourceFile;
  /** Absolute; the paths in the configuration begin here. */
  readonly directory: string;
  /** `mesh-lint.yaml:4:3` of a key. */
  readonly positionOf: (...path: Path) => string;
}

/**
 * The mesh-lint.yaml for some paths: looked for in each path's directory and upwards, up to the root of the
 * Git work tree or the home directory. Throws `UsageError` where two paths have different ones.
 */
export const findConfig = (paths: readonly string[], cwd: string): string | undefined => {
  const starts = paths.filter((path) => path !== '-').map((path) => resolve(cwd, path));
  const found = new Set((starts.length === 0 ? [cwd] : starts).flatMap((start) => upwards(start) ?? []));
  const [first, second] = [...found].toSorted(compareText);
  if (first !== undefined && second !== undefined)
    throw new UsageError(
      `these paths have different configurations, ${shown(first, cwd)} and ${shown(second, cwd)}: choose one with --config`,
    );
  return first;
};

const upwards = (start: string): string | undefined => {
  const home = homedir();
  const stat = statSync(start, { throwIfNoEntry: false });
  let directory = stat?.isDirectory() === true ? start : dirname(start);
  for (;;) {
    const found = CONFIG_NAMES.map((name) => join(directory, name)).find((path) => existsSync(path));
    if (found !== undefined) return found;
    const parent = dirname(directory);
    if (existsSync(join(directory, '.git')) || directory === home || parent === directory) return undefined;
    directory = parent;
  }
};

/** Reads and checks a configuration file; every message begins with file, line and column. */
export const readConfig = async (path: string, cwd: string, rules: readonly Rule[]): Promise<LoadedConfig> => {
  const absolute = resolve(cwd, path);
  if (statSync(absolute, { throwIfNoEntry: false })?.isFile() !== true)
    throw new UsageError(`no such configuration file: ${path}`);
  const text = readFileSync(absolute, 'utf8');
  const file: SourceFile = { path: shown(absolute, cwd), absolute, bytes: Buffer.byteLength(text), text };
  const positionOf = (...keys: Path): string => position(file, keys);

  const { documents, problems } = readText(file, text);
  const problem = problems[0];
  if (problem !== undefined) {
    const { line, column } = locate(problem.place);
    throw new UsageError(`${file.path}:${line}:${column} ${problem.message}`);
  }
  if (documents.length > 1) throw new UsageError(`${file.path} holds ${documents.length} documents, not one`);
  const value = withOff(documents[0]?.value ?? {});
  const { configIssues } = await import('./engine/validateConfig.ts');
  const issues = configIssues(configSchema(rules), value);
  if (issues.length > 0) throw new UsageError(inOrder(issues, file).join('\n'));
  const config = value as Config;
  const unknown = unknownKind(config.complete ?? [], rules);
  if (unknown !== undefined)
    throw new UsageError(
      `${positionOf('complete', unknown.index)} unknown kind ${unknown.kind} in complete, did you mean ${unknown.meant}?`,
    );
  if (config.now !== undefined && Number.isNaN(Date.parse(config.now)))
    throw new UsageError(`${positionOf('now')} now is "${config.now}", which is no date`);
  return { config, file, directory: dirname(absolute), positionOf };
};

/** A word that is nearly the kind that some rule reads would silently mean nothing; words of nobody may be kinds to come. */
const unknownKind = (
  complete: readonly string[],
  rules: readonly Rule[],
): { readonly index: number; readonly kind: string; readonly meant: string } | undefined => {
  const known = [
    ...COMPLETE_WORDS,
    ...rules.flatMap(({ reads }) => reads.filter((word) => /^[A-Z][A-Za-z]+$/.test(word))),
  ];
  for (const [index, kind] of complete.entries()) {
    const meant = known.includes(kind) ? undefined : known.find((word) => isOneSlipAway(kind, word));
    if (meant !== undefined) return { index, kind, meant };
  }
  return undefined;
};

/** `off` is false to the YAML 1.1 that Istio's files are read with. */
const withOff = (value: unknown): unknown =>
  isRecord(value) && isRecord(value['rules'])
    ? {
        ...value,
        rules: Object.fromEntries(
          Object.entries(value['rules']).map(([id, level]) => [id, level === false ? 'off' : level]),
        ),
      }
    : value;

const inOrder = (issues: readonly ConfigIssue[], file: SourceFile): readonly string[] =>
  issues
    .map(({ path, message }) => ({ message, ...locate({ file, document: 0, path }) }))
    .toSorted((a, b) => a.line - b.line || a.column - b.column)
    .map(({ line, column, message }) => `${file.path}:${line}:${column} ${message}`);

const position = (file: SourceFile, path: Path): string => {
  const { line, column } = locate({ file, document: 0, path });
  return `${file.path}:${line}:${column}`;
};

const shown = (absolute: string, cwd: string): string => relative(cwd, absolute).split(sep).join('/');

/** What the configuration says of each cluster, with the root certificates read from their files. */
export const clusterSettings = (loaded: LoadedConfig, cwd: string): Readonly<Record<string, ClusterSettings>> =>
  Object.fromEntries(
    Object.entries(loaded.config.clusters ?? {}).map(([name, said]) => {
      const { paths: _paths, rootCA, ...settings } = said ?? {};
      const place = { file: loaded.file, document: 0, path: ['clusters', name] };
      return [
        name,
        { ...settings, place, ...(rootCA === undefined ? {} : { rootCA: pemFile(loaded, rootCA, cwd, name) }) },
      ];
    }),
  );

const pemFile = (loaded: LoadedConfig, path: string, cwd: string, cluster: string): PemFile => {
  const at = loaded.positionOf('clusters', cluster, 'rootCA');
  const absolute = resolve(loaded.directory, path);
  if (statSync(absolute, { throwIfNoEntry: false })?.isFile() !== true)
    throw new UsageError(`${at} rootCA: no such file: ${path}`);
  const whole = readFileSync(absolute, 'utf8');
  const text = publicBlocks(whole);
  if (!text.includes('BEGIN CERTIFICATE')) throw new UsageError(`${at} rootCA: ${path} holds no PEM certificate`);
  const file: SourceFile = { path: shown(absolute, cwd), absolute, bytes: Buffer.byteLength(whole) };
  const slash = file.path.lastIndexOf('/');
  return {
    file,
    name: file.path.slice(slash + 1),
    directory: slash === -1 ? '' : file.path.slice(0, slash),
    text,
    shared: false,
  };
};

/** The clusters that the configuration lists with paths, relative to `cwd`; undefined where discovery decides. */
export const configuredClusters = (
  loaded: LoadedConfig,
  cwd: string,
): readonly { readonly name: string; readonly paths: readonly string[] }[] | undefined => {
  const clusters = Object.entries(loaded.config.clusters ?? {});
  if (!clusters.some(([, said]) => said?.paths !== undefined)) return undefined;
  return clusters.map(([name, said]) => {
    if (said?.paths === undefined || said.paths.length === 0)
      throw new UsageError(
        `${loaded.positionOf('clusters', name)} clusters.${name} has no paths, while other clusters have`,
      );
    return { name, paths: said.paths.map((path) => shown(resolve(loaded.directory, path), cwd) || '.') };
  });
};
