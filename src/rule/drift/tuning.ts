// How calls are tuned, as opposed to where they go: what clusters may well set each for itself.
import type { Resource } from '../../model/index.ts';
import { get, isRecord, list, text, texts } from '../../model/index.ts';

/** Fields by the kind of object, the way `Difference.field` names them. Wherever else two clusters differ, calls go elsewhere or fail. */
const TUNING: Readonly<Record<string, RegExp>> = {
  VirtualService:
    /^http\[\d+\]\.(?:timeout|retries|fault|mirrorPercent|mirrorPercentage|mirror_percent|mirrors\[\d+\]\.percentage|route\[\d+\]\.weight)(?![A-Za-z])/,
  DestinationRule:
    /^(?:subsets\[\d+\]\.)?trafficPolicy\.(?:portLevelSettings\[\d+\]\.)?(?:connectionPool|outlierDetection)(?![A-Za-z])/,
  HTTPRoute:
    /^rules\[\d+\]\.(?:timeouts|retry|backendRefs\[\d+\]\.weight|filters\[\d+\]\.requestMirror\.(?:percent|fraction))(?![A-Za-z])/,
};

/** Whether a field of a kind tunes calls: weights, timeouts, retries, injected faults, connection pools, outlier detection, shares of mirrors. */
export const isTuningField = (kind: string, field: string): boolean => TUNING[kind]?.test(field) === true;

const TUNING_KEYS: ReadonlySet<string> = new Set(['name', 'match', 'route', 'timeout', 'retries', 'fault']);

/** A VirtualService that injects faults and sends each call where it would go anyway: a trial, as a rule in one cluster. */
export const isFaultInjection = ({ kind, value }: Resource): boolean => {
  const spec = get(value, 'spec');
  if (kind !== 'VirtualService' || get(spec, 'tcp') !== undefined || get(spec, 'tls') !== undefined) return false;
  const hosts = texts(get(spec, 'hosts'));
  const rules = list(get(spec, 'http'));
  return (
    rules.some((rule) => isRecord(get(rule, 'fault'))) &&
    rules.every(
      (rule) =>
        isRecord(rule) && Object.keys(rule).every((key) => TUNING_KEYS.has(key)) && staysAt(hosts, rule['route']),
    )
  );
};

const staysAt = (hosts: readonly string[], route: unknown): boolean =>
  list(route).length === 1 &&
  list(route).every((entry) => {
    const host = text(get(entry, 'destination', 'host'));
    const isWhole = ['subset', 'port'].every((key) => get(entry, 'destination', key) === undefined);
    return hosts.length === 1 && hosts[0] === host && isWhole && get(entry, 'headers') === undefined;
  });
