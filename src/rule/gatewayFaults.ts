// What keeps other networks from using a gateway. network/gateway-usable reports it.
import type { EastWestGateway } from '../facts/gateways.ts';
import { AUTO_PASSTHROUGH_PORT, DISCOVERY_PORT, HBONE_PORT, WEBHOOK_PORT } from '../facts/gateways.ts';
import type { Member, Mesh } from '../facts/mesh.ts';
import { within } from '../facts/minors.ts';
import type { Place, Severity } from '../model/index.ts';
import {
  below,
  filled,
  get,
  integer,
  isRecord,
  isTemplate,
  list,
  placeIn,
  record,
  sameNamespace,
} from '../model/index.ts';
import type { NetworkGateway } from './gateways.ts';
import { selects } from './selectors.ts';
import { gatewaysOf } from './gateways.ts';

const PORT_LABEL = 'networking.istio.io/gatewayPort';

/** One thing that is wrong with the Service of a gateway. */
export interface Fault {
  readonly message: 'port' | 'operator-port' | 'address' | 'number' | 'selector' | 'label-elsewhere' | 'port-elsewhere';
  readonly severity: Severity;
  readonly at: Place;
  readonly value: string;
  /** The statement at fault, and one that does better. */
  readonly source?: EastWestGateway;
  readonly other?: EastWestGateway;
}

/** All that is wrong with a gateway. Gateway API gateways are left out: Istio writes their Services. */
export const faultsOf = (mesh: Mesh, gateway: NetworkGateway): readonly Fault[] => {
  if (gateway.statements.some((statement) => statement.evidence === 'gateway-api')) return [];
  const found = [...portFaults(mesh, gateway), ...labelFaults(gateway), ...numberFaults(gateway)];
  const address = addressFault(mesh, gateway);
  const selector = selectorFault(gateway);
  return [...found, ...(address === undefined ? [] : [address]), ...(selector === undefined ? [] : [selector])];
};

/** Statements that make the Service of the gateway: the Service itself, an IstioOperator, or Helm values. */
export const makers = (gateway: NetworkGateway): readonly EastWestGateway[] =>
  gateway.statements.filter((statement) => statement.evidence !== 'passthrough' && !statement.shared);

/** Whether a statement opens the port that other networks call, or HBONE. */
export const hasPort = (statement: EastWestGateway, port: number): boolean =>
  statement.ports?.some((held) => held.port === port || held.port === HBONE_PORT) === true;

const portFaults = (mesh: Mesh, gateway: NetworkGateway): readonly Fault[] => {
  const lacking = makers(gateway).flatMap((statement): readonly (Fault & { readonly source: EastWestGateway })[] => {
    if (statement.ports !== undefined)
      return hasPort(statement, gateway.gatewayPort)
        ? []
        : [{ message: 'port', severity: 'error', at: portsPlace(statement), value: '', source: statement }];
    return statement.evidence === 'operator' && lacksDefaultPort(mesh, gateway, statement)
      ? [{ message: 'operator-port', severity: 'error', at: statement.place, value: '', source: statement }]
      : [];
  });
  const good = makers(gateway).find((statement) => hasPort(statement, gateway.gatewayPort));
  if (good === undefined) {
    const first = lacking[0];
    return first === undefined || exposesIstiodOnly(mesh, gateway) ? [] : [first];
  }
  return lacking.map((fault) => ({ ...fault, message: 'port-elsewhere', severity: 'warning', other: good }));
};

const portsPlace = (statement: EastWestGateway): Place => {
  if (statement.evidence === 'service') return below(statement.place, 'spec', 'ports');
  return below(
    statement.place,
    ...(statement.evidence === 'operator' ? ['k8s', 'service', 'ports'] : ['service', 'ports']),
  );
};

/** Up to 1.9 the default ports of an ingress gateway held 15443, later only those of profile demo. */
const lacksDefaultPort = (mesh: Mesh, gateway: NetworkGateway, statement: EastWestGateway): boolean => {
  if (gateway.gatewayPort !== AUTO_PASSTHROUGH_PORT) return true;
  const spec = get(statement.resource?.value, 'spec');
  const demo = filled(get(spec, 'profile')) === 'demo';
  // Service ports may also come through overlays or values of the gateway.
  const values = Object.values(record(get(spec, 'values', 'gateways')));
  const elsewhere = values.some((gatewayValues) => list(get(gatewayValues, 'ports')).length > 0);
  return !demo && !elsewhere && within(mesh.versionOf(gateway.member).minors, '1.10+') !== 'outside';
};

/** Opened for 15012 and 15017 only, while another gateway serves the data of the network. */
const exposesIstiodOnly = (mesh: Mesh, gateway: NetworkGateway): boolean =>
  gateway.ports?.some((port) => port.port === DISCOVERY_PORT || port.port === WEBHOOK_PORT) === true &&
  mesh.members.some((member) =>
    gatewaysOf(member).some(
      (other) => other !== gateway && other.network === gateway.network && other.sidecar !== 'no',
    ),
  );

const labelFaults = (gateway: NetworkGateway): readonly Fault[] => {
  const labelled = gateway.statements.find(
    (statement) => statement.network !== '' && statement.evidence !== 'passthrough',
  );
  if (labelled === undefined) return [];
  return makers(gateway)
    .filter((statement) => statement.networkPlace === undefined && statement.evidence === 'service')
    .map((statement) => ({
      message: 'label-elsewhere',
      severity: 'warning',
      at: below(statement.place, 'metadata', 'labels'),
      value: '',
      source: statement,
      other: labelled,
    }));
};

const numberFaults = (gateway: NetworkGateway): readonly Fault[] =>
  makers(gateway).flatMap((statement) => {
    const label = statement.evidence === 'service' ? statement.resource?.labels[PORT_LABEL] : undefined;
    if (label === undefined || statement.resource === undefined || integer(label) !== undefined || isTemplate(label))
      return [];
    return [
      {
        message: 'number' as const,
        severity: 'warning' as const,
        at: placeIn(statement.resource, 'metadata', 'labels', PORT_LABEL),
        value: label,
      },
    ];
  });

/** What the Service of a gateway is made of, and where it stands: the Service, or what installs it is told. */
interface WrittenService {
  readonly spec: Readonly<Record<string, unknown>>;
  readonly annotations: Readonly<Record<string, unknown>>;
  readonly place: Place;
}

const writtenService = (member: Member, statement: EastWestGateway): WrittenService | undefined => {
  const { evidence, place, resource } = statement;
  if (evidence === 'service' && resource !== undefined) {
    const spec = get(resource.value, 'spec');
    return isRecord(spec) ? { spec, annotations: resource.annotations, place: below(place, 'spec') } : undefined;
  }
  if (evidence === 'operator') {
    const component = get(resource?.value, 'spec', ...place.path.slice(-3));
    const spec = get(component, 'k8s', 'service');
    const annotations = record(get(component, 'k8s', 'serviceAnnotations'));
    return isRecord(spec) ? { spec, annotations, place: below(place, 'k8s', 'service') } : undefined;
  }
  if (evidence !== 'chart') return undefined;
  const source = member.cluster.values.find((values) => values.chart === 'gateway' && values.place === place);
  const spec = get(source?.values, 'service');
  if (source === undefined || !isRecord(spec)) return undefined;
  // A higher layer of the same release may say otherwise.
  const layers = member.cluster.values.filter((values) => values.installation === source.installation);
  if (layers.some((layer) => layer !== source && get(layer.values, 'service', 'type') !== undefined)) return undefined;
  return { spec, annotations: record(spec['annotations']), place: below(place, 'service') };
};

/** Type of the Service, where a file says it; the operator and the chart make a LoadBalancer of what says none. */
export const serviceType = (member: Member, statement: EastWestGateway | undefined): string | undefined =>
  statement === undefined ? undefined : filled(writtenService(member, statement)?.spec['type']);

/** A Service without an address that other networks can use, where nothing else names one for the network. */
const addressFault = (mesh: Mesh, gateway: NetworkGateway): Fault | undefined => {
  const made = makers(gateway).filter((held) => held.network !== '');
  const statement = made.find((held) => held.evidence === 'service') ?? made[0];
  const written = statement === undefined ? undefined : writtenService(gateway.member, statement);
  if (statement === undefined || written === undefined) return undefined;
  const { spec, place } = written;
  const type = filled(spec['type']) ?? (statement.evidence === 'service' ? 'ClusterIP' : 'LoadBalancer');
  if (isTemplate(type) || list(spec['externalIPs']).length > 0 || addressElsewhere(mesh, gateway)) return undefined;
  const at = spec['type'] === undefined ? place : below(place, 'type');
  if (type === 'ClusterIP') return { message: 'address', severity: 'error', at, value: type };
  return type === 'NodePort' && written.annotations['traffic.istio.io/nodeSelector'] === undefined
    ? { message: 'address', severity: 'error', at, value: type }
    : undefined;
};

/** meshNetworks or a Gateway API gateway names an address, or another Service of the network has one. */
const addressElsewhere = (mesh: Mesh, gateway: NetworkGateway): boolean =>
  mesh.members.some((member) =>
    member.eastWestGateways.some(
      (other) =>
        other.network === gateway.network &&
        (other.evidence === 'meshNetworks' ? other.address !== undefined : other.evidence === 'gateway-api'),
    ),
  );

/** The selector fits none of the gateways that the files show in that namespace, and nothing else installs one. */
const selectorFault = (gateway: NetworkGateway): Fault | undefined => {
  const statement = gateway.statements.find(
    (held) => held.evidence === 'service' && held.network !== '' && !held.shared,
  );
  const selector = statement?.selector;
  if (statement === undefined || selector === undefined || Object.keys(selector).length === 0) return undefined;
  if (gateway.statements.some((held) => held.evidence !== 'service')) return undefined;
  const near = gateway.member.workloads.filter(
    (workload) => workload.gateway && sameNamespace(workload.namespace, gateway.namespace),
  );
  if (
    near.length === 0 ||
    near.some((workload) => selects(selector, workload.labels) !== 'no') ||
    installsGateways(gateway.member)
  )
    return undefined;
  return { message: 'selector', severity: 'error', at: below(statement.place, 'spec', 'selector'), value: '' };
};

/** Pods whose labels the files do not show may come from an operator or a chart. */
const installsGateways = (member: Member): boolean =>
  member.cluster.values.some((source) => source.chart === 'gateway' || source.origin === 'IstioOperator');
