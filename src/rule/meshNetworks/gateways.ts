// Gateways that meshNetworks names: address, Service and port.
import { parseAddress } from '../../facts/cidr.ts';
import type { EastWestGateway } from '../../facts/gateways.ts';
import { installedGateways } from '../../facts/installedGateways.ts';
import type { MeshNetworkEntry } from '../../facts/meshNetworks.ts';
import type { Member, Mesh } from '../../facts/mesh.ts';
import { hidesKind } from '../../facts/sources.ts';
import { speaksFor, within } from '../../facts/minors.ts';
import { below, comparePlaces, isTemplate, sameNamespace, valueOf } from '../../model/index.ts';
import { gatewayTargets, opensNamedPort } from '../gatewayTargets.ts';
import { gatewaysOf } from '../gateways.ts';
import { callGravity, offersGateway } from '../networkOffers.ts';
import { installsIstio, networksOf } from '../networks.ts';
import { networkOf, someInWords } from '../scope.ts';
import type { MeshNetworkFault, NetworkReader } from './fault.ts';

const BLANK = { also: [], value: '', other: '', peer: '', suffix: '' } as const;

export const gatewayFaults = (mesh: Mesh, reader: NetworkReader): readonly MeshNetworkFault[] =>
  reader.entries.flatMap((entry) => [
    ...emptyFaults(mesh, reader, entry),
    ...addressFaults(reader, entry),
    ...serviceFaults(mesh, reader, entry),
    ...portFaults(mesh, entry),
  ]);

/** An entry that puts no pod into its network, or names no way into it. */
const emptyFaults = (mesh: Mesh, reader: NetworkReader, entry: MeshNetworkEntry): readonly MeshNetworkFault[] => {
  const found = { ...BLANK, network: entry.name, at: entry.place };
  const isLegacy = within(reader.minors, '<=1.7') === 'inside';
  const full = reader.entries.find((other) => other.endpoints.length > 0 && other.gateways.length > 0);
  const also =
    full === undefined ? [] : [{ place: full.place, cluster: reader.member.name, message: `${full.name} has both` }];
  // Labels may say the rest from 1.8.
  if (entry.endpoints.length === 0 && isLegacy) return [{ ...found, message: 'no-endpoints', severity: 'error', also }];
  if (entry.gateways.length > 0 || offersGateway(mesh, entry.name) !== 'no') return [];
  const isCounted = isLegacy || networksOf(mesh).has(entry.name);
  return full === undefined || !isCounted || isToldElsewhere(mesh, entry)
    ? []
    : [{ ...found, message: 'no-gateways', severity: 'warning', also }];
};

/** network/gateway-for-network tells where calls of the network are to be seen. */
const isToldElsewhere = (mesh: Mesh, entry: MeshNetworkEntry): boolean => {
  const networks = networksOf(mesh);
  const members = networks.get(entry.name) ?? [];
  return networks.size > 1 && members.some(installsIstio) && callGravity(mesh, entry.name, members) !== undefined;
};

const addressFaults = (reader: NetworkReader, entry: MeshNetworkEntry): readonly MeshNetworkFault[] => {
  const concrete = reader.entries.find((other) =>
    other.gateways.some(({ address }) => address !== undefined && !isTemplate(address)),
  );
  return entry.gateways.flatMap(({ address, place }): readonly MeshNetworkFault[] => {
    if (address === undefined) return [];
    const found = { ...BLANK, network: entry.name, value: address, at: below(place, 'address') };
    // Where all are templates, something fills them in before they are applied.
    if (isTemplate(address))
      return concrete === undefined
        ? []
        : [
            {
              ...found,
              message: 'template',
              severity: 'warning',
              other: concrete.name,
              also: [
                { place: concrete.place, cluster: reader.member.name, message: `${concrete.name} has an address` },
              ],
            },
          ];
    const speaks = speaksFor(reader.minors, '<=1.12', 'warning');
    return parseAddress(address) !== undefined || speaks === undefined
      ? []
      : [{ ...found, message: 'host-name', severity: speaks.severity, suffix: speaks.suffix }];
  });
};

/** registryServiceName: not read by 1.1, later a Service of the cluster that the same network names. */
const serviceFaults = (mesh: Mesh, reader: NetworkReader, entry: MeshNetworkEntry): readonly MeshNetworkFault[] =>
  entry.gateways.flatMap(({ registryServiceName, address, place }): readonly MeshNetworkFault[] => {
    if (registryServiceName === undefined || isTemplate(registryServiceName) || address !== undefined) return [];
    const found = {
      ...BLANK,
      network: entry.name,
      value: registryServiceName,
      at: below(place, 'registryServiceName'),
    };
    const speaks = speaksFor(reader.minors, '1.1', 'error');
    if (speaks !== undefined && within(reader.minors, '1.1') === 'inside')
      return [{ ...found, message: 'service-1.1', severity: speaks.severity, suffix: speaks.suffix }];
    const members = membersOf(mesh, entry);
    const [member] = members;
    if (member === undefined || members.some((held) => mayHaveService(held, registryServiceName))) return [];
    const gateways = gatewayNames(member);
    return gateways.length === 0
      ? []
      : [
          {
            ...found,
            message: 'service',
            severity: 'error',
            peer: member.name,
            other: someInWords(gateways.map(({ name }) => name)),
            also: gateways
              .slice(0, 3)
              .map(({ name, place: at }) => ({ place: at, cluster: member.name, message: `gateway ${name}` })),
          },
        ];
  });

/** Clusters of an entry: those it names, else those whose own files name the network. */
const membersOf = (mesh: Mesh, entry: MeshNetworkEntry): readonly Member[] => {
  const named = mesh.members.filter((member) =>
    entry.endpoints.some(
      ({ fromRegistry }) => fromRegistry !== undefined && valueOf(mesh.idOf(member)) === fromRegistry,
    ),
  );
  return named.length > 0 ? named : mesh.members.filter((member) => networkOf(member) === entry.name);
};

/** Gateways that a default install brings without a word in any file. */
const DEFAULT_GATEWAYS: ReadonlySet<string> = new Set(['istio-ingressgateway', 'istio-egressgateway']);

const mayHaveService = (member: Member, host: string): boolean => {
  const [name = '', namespace] = host.split('.');
  const isNear = (held: string | undefined): boolean => sameNamespace(held, namespace);
  if (member.resources.ofKind('Service', '').some((service) => service.name === name && isNear(service.namespace)))
    return true;
  if (hidesKind(member.cluster, ['Service', 'IstioOperator', 'HelmRelease', 'Application'])) return true;
  if (installedGateways(member.cluster).some((gateway) => gateway.name === name && isNear(gateway.namespace)))
    return true;
  const installs = member.cluster.values.some(({ chart }) => chart === 'operator' || chart === 'istiod');
  return installs && DEFAULT_GATEWAYS.has(name);
};

const gatewayNames = (member: Member): readonly Pick<EastWestGateway, 'name' | 'place'>[] => {
  const services = gatewayTargetsIn(member);
  return services.toSorted((a, b) => comparePlaces(a.place, b.place));
};

const gatewayTargetsIn = (member: Member): readonly Pick<EastWestGateway, 'name' | 'place'>[] => {
  const labelled = gatewaysOf(member).map(({ name, place }) => ({ name, place }));
  const envoys = member.workloads.filter((workload) => workload.gateway);
  const known = new Set(labelled.map(({ name }) => name));
  const others = member.resources
    .ofKind('Service', '')
    .filter((service) => !known.has(service.name) && envoys.some((envoy) => envoy.name === service.name))
    .map(({ name, place }) => ({ name, place }));
  return [...labelled, ...others];
};

/** The port is none that the Service of the gateway opens. */
const portFaults = (mesh: Mesh, entry: MeshNetworkEntry): readonly MeshNetworkFault[] =>
  entry.gateways.flatMap(({ port, place }): readonly MeshNetworkFault[] => {
    const targets = gatewayTargets(mesh).filter(
      (target) => target.named !== undefined && comparePlaces(target.named.place, place) === 0,
    );
    const [target] = targets;
    if (target?.named === undefined || targets.some(opensNamedPort)) return [];
    const [gateway] = target.gateways;
    if (gateway === undefined) return [];
    return [
      {
        ...BLANK,
        message: 'port',
        severity: 'error',
        at: port === undefined ? place : below(place, 'port'),
        network: entry.name,
        value: port === undefined ? `${target.named.gatewayPort} (the default)` : String(port),
        other: `${gateway.name} of ${gateway.member.name} opens ${(gateway.ports ?? []).map((held) => held.port).join(', ')}`,
        peer: gateway.member.name,
        also: [{ place: gateway.place, cluster: gateway.member.name, message: `gateway ${gateway.name}` }],
      },
    ];
  });
