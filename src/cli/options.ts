import type { Level } from '../engine/select.ts';
import { UsageError } from '../engine/usageError.ts';
import type { LintOptions } from '../lint.ts';
import type { ClusterPaths, SessionOptions } from '../session.ts';
import type { Given } from './arguments.ts';
import type { Io } from './io.ts';

/** All values of an option that may be repeated. */
export const all = (options: Given, name: string): readonly string[] => {
  const value = options[name];
  return (Array.isArray(value) ? value : [value]).filter((item) => typeof item === 'string');
};

/** The last value of an option. */
export const last = (options: Given, name: string): string | undefined => all(options, name).at(-1);

export const isSet = (options: Given, name: string): boolean => {
  const value = options[name];
  return Array.isArray(value) ? value.at(-1) === true : value === true;
};

/** Values that may be repeated or separated by commas. */
const listed = (options: Given, name: string): readonly string[] =>
  all(options, name)
    .flatMap((value) => value.split(','))
    .map((value) => value.trim())
    .filter((value) => value !== '');

/** `NAME=VALUE`, split at the first `=`. */
const pair = (value: string, option: string, form: string): readonly [string, string] => {
  const at = value.indexOf('=');
  if (at < 1 || at === value.length - 1) throw new UsageError(`${option} ${value}: write it as ${form}`);
  return [value.slice(0, at), value.slice(at + 1)];
};

const clustersOf = (options: Given): readonly ClusterPaths[] | undefined => {
  const byName = new Map<string, string[]>();
  for (const value of all(options, 'cluster')) {
    const [name, glob] = pair(value, '--cluster', "NAME=GLOB, for example --cluster east='apps/**/east/**'");
    byName.set(name, [...(byName.get(name) ?? []), glob]);
  }
  return byName.size === 0 ? undefined : [...byName].map(([name, paths]) => ({ name, paths }));
};

export const sessionOptions = async (options: Given, io: Io): Promise<SessionOptions> => {
  const paths = all(options, 'paths');
  const istioVersion = last(options, 'istio-version');
  if (istioVersion !== undefined && !/^1\.\d{1,2}(?:[.-].*)?$/.test(istioVersion))
    throw new UsageError(`--istio-version ${istioVersion}: not an Istio version such as 1.30`);
  return {
    paths,
    cwd: io.cwd,
    stdin: paths.includes('-') ? await io.stdin() : undefined,
    config: isSet(options, 'no-config') ? false : last(options, 'config'),
    clusters: clustersOf(options),
    istioVersion,
  };
};

const LEVELS: readonly string[] = ['off', 'info', 'warning', 'error'] satisfies readonly Level[];
const isLevel = (text: string): text is Level => LEVELS.includes(text);

export const ruleOptions = (options: Given): Pick<LintOptions, 'preset' | 'rules' | 'only' | 'skip'> => {
  const rules = new Map<string, Level>();
  for (const value of listed(options, 'rule')) {
    const [id, level] = pair(value, '--rule', 'ID=off|info|warning|error');
    if (!isLevel(level)) throw new UsageError(`--rule ${value}: ${level} is not one of ${LEVELS.join(', ')}`);
    // The last word counts, also where the same pattern was named before.
    rules.delete(id);
    rules.set(id, level);
  }
  const preset = last(options, 'preset');
  return {
    preset: preset === 'recommended' || preset === 'strict' ? preset : undefined,
    rules: Object.fromEntries(rules),
    only: listed(options, 'only'),
    skip: listed(options, 'skip'),
  };
};

/** `--output FORMAT=FILE`, checked before any work is done. */
export const outputsOf = <Format extends string>(
  options: Given,
  formats: readonly Format[],
): readonly { readonly format: Format; readonly file: string }[] =>
  all(options, 'output').map((value) => {
    const [name, file] = pair(value, '--output', 'FORMAT=FILE');
    const format = formats.find((one) => one === name);
    if (format === undefined) throw new UsageError(`--output ${value}: ${name} is not one of ${formats.join(', ')}`);
    return { format, file };
  });

export const maxWarningsOf = (options: Given): number => {
  const value = last(options, 'max-warnings');
  if (value === undefined) return Infinity;
  if (!/^\d+$/.test(value)) throw new UsageError(`--max-warnings ${value}: not a whole number`);
  return Number(value);
};

export const formatOf = <Format extends string>(options: Given, formats: readonly Format[]): Format => {
  const name = last(options, 'format');
  return formats.find((one) => one === name) ?? (formats[0] as Format);
};

/** Whether to colour standard output: the option, else NO_COLOR, FORCE_COLOR, else whether a person reads it. */
export const wantsColour = (options: Given, io: Io): boolean => {
  const said = last(options, 'color');
  if (said === 'always') return true;
  if (said === 'never') return false;
  const { NO_COLOR: none, FORCE_COLOR: forced } = io.env;
  if (none !== undefined && none !== '') return false;
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  return io.isTerminal.stdout && io.env['TERM'] !== 'dumb';
};
