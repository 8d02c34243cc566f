import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { CONTROL_PLANE, hidesKind, valueSightings } from '../../src/facts/sources.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import type { Place, Related, Tri } from '../../src/model/index.ts';
import { comparePlaces, describe, flag, get, list, placeIn, scalar } from '../../src/model/index.ts';
import type { ExposureFault } from '../../src/rule/controlPlane/exposure.ts';
import { exposureOf } from '../../src/rule/controlPlane/exposure.ts';
import { discoveryAddress, meshAuthPolicy, mixerAddresses, PILOT_PORTS } from '../../src/rule/controlPlane/legacy.ts';
import { handMadeServices, planeServices } from '../../src/rule/controlPlane/planeServices.ts';
import { servedBy, usedEntrance } from '../../src/rule/controlPlane/remotes.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { GatewayServer } from '../../src/rule/gateways.ts';
import { serversOf } from '../../src/rule/gateways.ts';
import { networksCompare } from '../../src/rule/networks.ts';

const messages = {
  server: '{remote} sends {traffic} traffic to {primary}:{port}, which no Gateway server opens{suffix}',
  mode: '{primary}: server {port} of Gateway {gateway} has mode {value}, {traffic} traffic of {remote} needs {expected}{suffix}',
  selector:
    '{primary}: Gateway {gateway} for {traffic} traffic of {remote} selects {value}, which matches no gateway{suffix}',
  port: '{primary}: Service {service} lacks port {port}, to which {remote} sends {traffic} traffic{suffix}',
  route:
    '{primary}: no VirtualService leads port {port} of Gateway {gateway} on to {target}; {remote} sends {traffic} traffic there{suffix}',
  unbound:
    '{primary}: VirtualService {route} leads to {target} for Gateway {value}, not for {gateway}, to which {remote} sends {traffic} traffic{suffix}',
  host: '{primary}: port {port} of Gateway {gateway} leads to {value}, a Service that the cluster does not have{suffix}',
  target:
    '{primary}: port {port} of Gateway {gateway} leads to port {value} of {target}, for {traffic} traffic of {remote}{suffix}',
} as const;

export default defineRule({
  id: 'controlplane/legacy-plane-exposed',
  severity: 'error',
  istio: '1.1-1.5',
  summary: 'A shared control plane of 1.1 to 1.5 is open to its remote clusters on all ports that they call.',
  why: 'Remote clusters reach pilot, mixer and citadel through the gateway of the primary. Each needs a server on the Gateway, the port on the Service and, except for AUTO_PASSTHROUGH, a VirtualService.',
  fix: 'Open 15011 (pilot), 15004 with AUTO_PASSTHROUGH (mixer) and, where remote node agents ask it, 8060 (citadel) on the gateway of the primary, with VirtualServices to istio-pilot and istio-citadel.',
  reads: ['controlPlaneRole', 'Gateway', 'VirtualService', 'Service', 'meshConfig', 'workloads'],
  models: ['shared-control-plane'],
  messages,
  check(mesh, report) {
    for (const [primary, remotes] of servedBy(mesh)) {
      const speaks = speaksFor(mesh.versionOf(primary).minors, '1.1-1.5', 'error');
      if (speaks === undefined || hidesKind(primary.cluster, ['Gateway', 'VirtualService']) || isExpanded(primary))
        continue;
      const said: Place[] = [];
      for (const remote of remotes) {
        if (!comesByGateway(primary, remote)) continue;
        for (const call of callsOf(primary, remote)) {
          const fault = faultOf(mesh, primary, remote, call);
          if (
            fault === undefined ||
            said.some((place) => fault.kind !== 'server' && comparePlaces(place, fault.at) === 0)
          )
            continue;
          said.push(fault.at);
          report(
            fault.kind,
            {
              at: fault.at,
              cluster: primary.name,
              severity: speaks.severity,
              also: relatedTo(primary, remote, call, fault),
            },
            {
              primary: primary.name,
              remote: remote.name,
              traffic: call.traffic,
              port: call.port,
              gateway: fault.server?.gateway.name ?? '',
              route: fault.route?.name ?? '',
              service: fault.gateway?.name ?? '',
              value: fault.value,
              expected: call.automatic ? 'AUTO_PASSTHROUGH' : 'none (TCP) or PASSTHROUGH',
              target: call.target,
              suffix: speaks.suffix,
            },
          );
        }
      }
    }
  },
});

/** Something that a remote cluster asks of the control plane. */
interface Call {
  readonly traffic: 'pilot' | 'mixer' | 'citadel';
  readonly port: number;
  readonly target: string;
  readonly services: RegExp;
  readonly automatic: boolean;
  /** Where the remote says so. */
  readonly place: Place | undefined;
}

const callsOf = (primary: Member, remote: Member): readonly Call[] => {
  const [own, other] = [meshAuthPolicy(remote), meshAuthPolicy(primary)];
  const discovery = discoveryAddress(remote);
  const port = discovery?.port ?? (own === undefined ? undefined : PILOT_PORTS[own.value]);
  // controlplane/auth-policy-agrees speaks of policies that differ and of ports that do not fit them.
  const isDisputed =
    own !== undefined && ((other !== undefined && own.value !== other.value) || port !== PILOT_PORTS[own.value]);
  const pilot: readonly Call[] =
    port === undefined || isDisputed || (port !== PILOT_PORTS.NONE && port !== PILOT_PORTS.MUTUAL_TLS)
      ? []
      : [
          {
            traffic: 'pilot',
            port,
            target: 'istio-pilot',
            services: /^(istio-pilot|istiod)$/,
            automatic: false,
            place: discovery?.sighting.place ?? own?.place,
          },
        ];
  const mixer = mixerAddresses(remote)
    .filter((address) => address.port === 15004)
    .slice(0, 1)
    .map((address): Call => ({
      traffic: 'mixer',
      port: address.port,
      target: 'istio-policy',
      services: /^istio-(policy|telemetry|mixer)$/,
      automatic: true,
      place: address.sighting.place,
    }));
  return [...pilot, ...(isDisputed ? [] : mixer), ...citadelCalls(remote)];
};

/** Node agents ask citadel for certificates; a citadel beside them answers itself. */
const citadelCalls = (remote: Member): readonly Call[] => {
  const made = handMadeServices(remote).find((service) => service.name === 'istio-citadel');
  const agent = remote.workloads
    .flatMap((workload) =>
      list(workload.spec['containers']).flatMap((container) =>
        list(get(container, 'env'))
          .filter(
            (entry) => get(entry, 'name') === 'CA_ADDR' && /citadel.*:8060/.test(scalar(get(entry, 'value')) ?? ''),
          )
          .map(() => workload),
      ),
    )
    .find((workload) => workload.name !== '');
  const hasOwn = remote.workloads.some((workload) => workload.name.startsWith('istio-citadel'));
  if (hasOwn || (made === undefined && agent === undefined)) return [];
  const place = made === undefined ? agent!.specPlace : placeIn(made, 'spec');
  return [
    { traffic: 'citadel', port: 8060, target: 'istio-citadel', services: /^istio-citadel$/, automatic: false, place },
  ];
};

/** The chart opens all ports itself. */
const isExpanded = (primary: Member): boolean =>
  valueSightings(primary.cluster, CONTROL_PLANE, ['global', 'meshExpansion', 'enabled']).some(
    ({ value }) => flag(value) === true,
  );

const PORTS: ReadonlySet<number> = new Set([15010, 15011, 15004, 8060]);

/** Within one network pilot may be reached by its pod; a Gateway for its ports, or an address, tells of the other way. */
const comesByGateway = (primary: Member, remote: Member): boolean =>
  serversOf(primary).some(isForPlane) ||
  usedEntrance(remote, primary) !== undefined ||
  (networksCompare(remote, primary) === 'different' && serversOf(primary).length > 0);

const isForPlane = (server: GatewayServer): boolean => server.port !== undefined && PORTS.has(server.port);

const faultOf = (mesh: Mesh, primary: Member, remote: Member, call: Call): ExposureFault | undefined => {
  const services = planeServices(primary).map((service) => service.name);
  const isComplete = services.includes('istio-pilot') && !hidesKind(primary.cluster, ['Service']);
  const exists = (_namespace: string | undefined, name: string): Tri =>
    services.includes(name) ? 'yes' : isComplete ? 'no' : 'unknown';
  const found = exposureOf(mesh, primary, {
    port: call.port,
    services: call.services,
    targets: call.traffic === 'mixer' ? [15004, 9091] : [call.port],
    automatic: call.automatic,
    exists,
  });
  if (found === 'open') return undefined;
  if (found !== 'unknown') return found;
  const servers = serversOf(primary);
  if (servers.some((server) => server.port === call.port)) return undefined;
  const sibling = servers.find(isForPlane) ?? servers[0];
  const at = sibling === undefined ? usedEntrance(remote, primary)?.place : placeIn(sibling.gateway, 'spec', 'servers');
  return at === undefined ? undefined : { kind: 'server', at, server: sibling, gateway: undefined, value: '' };
};

const relatedTo = (primary: Member, remote: Member, call: Call, fault: ExposureFault): readonly Related[] => [
  ...(call.place === undefined
    ? []
    : [{ place: call.place, cluster: remote.name, message: `${call.traffic} on port ${call.port}` }]),
  ...(fault.server === undefined || fault.kind === 'server' || comparePlaces(fault.server.place, fault.at) === 0
    ? []
    : [{ place: fault.server.place, cluster: primary.name, message: describe(fault.server.gateway) }]),
];
