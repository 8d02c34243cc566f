// What the Envoy of a gateway is told by environment variables, whatever file sets them.
import type { Member } from '../facts/mesh.ts';
import type { EastWestGateway } from '../facts/gateways.ts';
import type { Workload } from '../facts/workloads.ts';
import type { Place } from '../model/index.ts';
import { below, filled, get, isTemplate, list, record, sameNamespace } from '../model/index.ts';
import type { NetworkGateway } from './gateways.ts';
import { selects } from './selectors.ts';

/** `unset`: a file that would set it is there and does not; `unknown`: no such file, or it takes the value from elsewhere. */
export type GatewayEnv =
  | { readonly state: 'set'; readonly value: string; readonly place: Place; readonly source: string }
  | {
      readonly state: 'unset';
      /** Where it would be added. */
      readonly place: Place;
      readonly source: string;
      /** What was looked at: a pod template, or what an IstioOperator or chart is told. */
      readonly by: 'workload' | 'operator' | 'chart';
    }
  | { readonly state: 'unknown' };

const UNKNOWN: GatewayEnv = { state: 'unknown' };

/** The pod templates that a gateway's Service (or the labels of its pods) leads to. */
export const envoysOf = (
  gateway: Pick<NetworkGateway, 'member' | 'namespace' | 'selector' | 'podLabels'>,
): readonly Workload[] => {
  const wanted = gateway.selector ?? gateway.podLabels;
  if (wanted === undefined || Object.keys(wanted).length === 0) return [];
  return gateway.member.workloads.filter(
    (workload) =>
      workload.gateway &&
      sameNamespace(workload.namespace, gateway.namespace) &&
      selects(wanted, workload.labels) === 'yes',
  );
};

/** A variable of a gateway: pod templates are over what an IstioOperator or a chart is told. */
export const gatewayEnv = (gateway: NetworkGateway, name: string): GatewayEnv => {
  const found = envoysOf(gateway).map((workload) => workloadEnv(workload, name));
  const installed = gateway.statements
    .filter((statement) => statement.evidence === 'operator' || statement.evidence === 'chart')
    .map((statement) => installedEnv(gateway.member, statement, name));
  return strongest(found.length > 0 ? found : installed);
};

/** A variable of a gateway as an IstioOperator or the gateway chart sets it. */
export const installedEnv = (member: Member, statement: EastWestGateway, name: string): GatewayEnv => {
  if (statement.evidence === 'operator') return operatorEnv(member, statement, name);
  return statement.evidence === 'chart' ? chartEnv(member, statement, name) : UNKNOWN;
};

/** A variable of one pod template. Patches and bases of it are asked one by one. */
export const workloadEnv = (workload: Workload, name: string): GatewayEnv => {
  const containers = list(workload.spec['containers']);
  const index = Math.max(
    0,
    containers.findIndex((container) => get(container, 'name') === 'istio-proxy'),
  );
  const container = containers[index];
  const place = below(workload.specPlace, 'containers', index);
  // Settings of the proxy may name variables as well.
  if (workload.annotations['proxy.istio.io/config']?.includes(name) === true) return UNKNOWN;
  if (list(get(container, 'envFrom')).length > 0) return UNKNOWN;
  const source = `${workload.resource.kind} ${workload.name}`;
  return (
    entry(get(container, 'env'), name, below(place, 'env'), source) ?? {
      state: 'unset',
      place: below(place, 'env'),
      source,
      by: 'workload',
    }
  );
};

const operatorEnv = (member: Member, statement: EastWestGateway, name: string): GatewayEnv => {
  const spec = record(get(statement.resource?.value, 'spec'));
  // `components`, its list and the position in it.
  const component = get(spec, ...statement.place.path.slice(-3));
  const source = `IstioOperator ${statement.resource?.name ?? ''}`.trim();
  const direct = entry(get(component, 'k8s', 'env'), name, below(statement.place, 'k8s', 'env'), source);
  if (direct !== undefined) return direct;
  // Values of the ingress chart hold for every gateway of the operator, and overlays may patch any of them.
  const values = Object.values(record(get(spec, 'values', 'gateways')));
  const shared = values.map((gateway) => get(gateway, 'env', name)).find((value) => value !== undefined);
  if (shared !== undefined)
    return typeof shared === 'string' && !isTemplate(shared)
      ? { state: 'set', value: shared, place: below(statement.place, 'k8s'), source }
      : UNKNOWN;
  const patched = list(get(component, 'k8s', 'overlays')).length > 0 || hasPeerLayer(member, statement);
  return patched ? UNKNOWN : { state: 'unset', place: below(statement.place, 'k8s', 'env'), source, by: 'operator' };
};

/** Several files of one IstioOperator: another one may say it. */
const hasPeerLayer = (member: Member, statement: EastWestGateway): boolean => {
  const own = member.cluster.values.find((source) => source.object === statement.resource);
  return (
    own !== undefined &&
    member.cluster.values.filter((source) => source.installation === own.installation && source.origin === own.origin)
      .length > 1
  );
};

const chartEnv = (member: Member, statement: EastWestGateway, name: string): GatewayEnv => {
  const layers = member.cluster.values.filter(
    (source) => source.chart === 'gateway' && source.place === statement.place,
  );
  const own = layers[0];
  if (own === undefined) return UNKNOWN;
  const installation = member.cluster.values.filter(
    (source) => source.chart === 'gateway' && source.installation === own.installation,
  );
  const value = installation.map((source) => get(source.values, 'env', name)).find((held) => held !== undefined);
  const written = filled(value);
  if (written !== undefined)
    return isTemplate(written)
      ? UNKNOWN
      : { state: 'set', value: written, place: below(own.place, 'env', name), source: 'values of chart gateway' };
  return { state: 'unset', place: below(own.place, 'env'), source: 'values of chart gateway', by: 'chart' };
};

/** One entry of an `env` list; the last of one name is in force. Undefined where there is none. */
const entry = (env: unknown, name: string, place: Place, source: string): GatewayEnv | undefined => {
  const entries = list(env);
  const index = entries.findLastIndex((held) => get(held, 'name') === name);
  if (index < 0) return undefined;
  const value = get(entries[index], 'value');
  const written = value === undefined ? undefined : filled(value);
  if (written === undefined && get(entries[index], 'valueFrom') === undefined)
    return { state: 'set', value: '', place: below(place, index), source };
  return written === undefined || isTemplate(written)
    ? UNKNOWN
    : { state: 'set', value: written, place: below(place, index, 'value'), source };
};

/** What is set wins, then what is not known. */
const strongest = (found: readonly GatewayEnv[]): GatewayEnv =>
  found.find((env) => env.state === 'set') ?? found.find((env) => env.state === 'unknown') ?? found[0] ?? UNKNOWN;
