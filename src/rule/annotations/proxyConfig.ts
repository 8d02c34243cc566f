// What stands in annotation proxy.istio.io/config: a ProxyConfig, written as YAML.
import { CORE_SCHEMA, load } from 'js-yaml';
import type { Minors } from '../../facts/minors.ts';
import { within } from '../../facts/minors.ts';
import type { Path } from '../../model/index.ts';
import { get, isRecord } from '../../model/index.ts';
import { documentViolations } from '../../schema/semantic/index.ts';
import { NEWEST } from '../../schema/structural.ts';
import { meshConfigTable } from '../../schema/table.ts';
import { pathInWords } from '../../schema/violation.ts';
import type { Problem } from '../../schema/walk.ts';
import { walk } from '../../schema/walk.ts';
import { didYouMean } from '../nearest.ts';
import { valueInWords } from '../schema/hints.ts';

export const PROXY_CONFIG = 'proxy.istio.io/config';

export interface ProxyConfigFault {
  /** Tail of a sentence that names the annotation. */
  readonly fault: string;
  /** The injector refuses the pod; else it leaves out what it does not know. */
  readonly isRefused: boolean;
  /** From the root of the proxy config to what is wrong. */
  readonly path: Path;
}

/** A longer annotation is no proxy config, and parsing it is not worth the time. */
const LONGEST = 65_536;

/** What the injector makes of the annotation; undefined where all of it acts. */
export const faultOfProxyConfig = (text: string, minors: Minors): ProxyConfigFault | undefined => {
  if (text.length > LONGEST || text.split('\n').every((line) => /^\s*(?:#|$)/.test(line))) return undefined;
  let value: unknown;
  try {
    value = load(text, { schema: CORE_SCHEMA });
  } catch {
    return { fault: 'that is no YAML', isRefused: true, path: [] };
  }
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value)) return { fault: `${valueInWords(value)} is no map of settings`, isRefused: true, path: [] };
  const problems = walk(meshConfigTable, meshConfigTable.roots['ProxyConfig']!, value, {
    minors,
    isPartial: true,
    isProto: true,
  });
  const refused = problems.find((problem) => isRefused(problem, get(value, ...problem.path), minors));
  if (refused !== undefined) {
    const { path } = refused;
    return { fault: refusalInWords(refused, get(value, ...path)), isRefused: true, path };
  }
  const violation = documentViolations('ProxyConfig', value).find(
    ({ istio }) => istio === undefined || within(minors, istio) === 'inside',
  );
  if (violation !== undefined) {
    const { path, problem } = violation;
    return { fault: `${pathInWords(path)} ${problem}`, isRefused: true, path };
  }
  const ignored = problems.find((problem) => isIgnored(problem, minors));
  if (ignored === undefined) return undefined;
  return { fault: ignoredInWords(ignored), isRefused: false, path: ignored.path };
};

/** Words that Go's YAML reads as true or false, and YAML 1.2 as text. */
const OLD_BOOLEAN = /^(?:y|yes|n|no|on|off)$/i;

const REFUSED: ReadonlySet<Problem['kind']> = new Set(['bounds', 'format', 'one-of']);

const isRefused = ({ kind, partly }: Problem, value: unknown, { low }: Minors): boolean => {
  if (partly === true) return false;
  if (kind === 'enum') return low <= NEWEST;
  return REFUSED.has(kind) || (kind === 'type' && !OLD_BOOLEAN.test(String(value)));
};

const isIgnored = ({ kind, partly }: Problem, { low }: Minors): boolean =>
  partly !== true && low <= NEWEST && (kind === 'unknown-field' || kind === 'not-yet-in');

const refusalInWords = ({ kind, path, name, wanted }: Problem, value: unknown): string => {
  const at = pathInWords(path);
  if (kind === 'enum') return `${at} is ${name}, Istio knows ${wanted.join(', ')}`;
  if (kind === 'one-of') return `only one of ${wanted.join(', ')} may stand there`;
  return `${at} is ${valueInWords(value)}, where ${wanted[0] ?? 'another value'} belongs`;
};

const ignoredInWords = ({ kind, path, name, wanted, minor }: Problem): string =>
  kind === 'not-yet-in'
    ? `${pathInWords(path)} is read from Istio 1.${minor} on`
    : `Istio has no setting ${pathInWords(path)}${didYouMean(name, wanted)}`;
