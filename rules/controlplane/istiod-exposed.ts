import { DISCOVERY_PORT, WEBHOOK_PORT } from '../../src/facts/gateways.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import type { Place, Related, Resource, Severity } from '../../src/model/index.ts';
import { comparePlaces, describe, flag, get, list, scalar, text, textMap } from '../../src/model/index.ts';
import { CONTROL_PLANE, hidesKind, valueSightings } from '../../src/facts/sources.ts';
import type { ExposureFault, PlaneGateway } from '../../src/rule/controlPlane/exposure.ts';
import { exposureOf, planeGateways, routesToPlane } from '../../src/rule/controlPlane/exposure.ts';
import { hasService } from '../../src/rule/controlPlane/planeServices.ts';
import {
  entrancesTo,
  hasLocalIstiod,
  injectionUrls,
  servedBy,
  usedEntrance,
} from '../../src/rule/controlPlane/remotes.ts';
import { defineRule } from '../../src/rule/define.ts';
import { serversOf } from '../../src/rule/gateways.ts';
import { networksCompare } from '../../src/rule/networks.ts';
import { inWords } from '../../src/rule/scope.ts';

const messages = {
  server: '{primary}: no Gateway opens {ports} for istiod; {remotes} {use} its control plane{opened}{suffix}',
  mode: '{primary}: Gateway {gateway} has mode {value} on {ports} instead of PASSTHROUGH, so that {remotes} cannot reach istiod{suffix}',
  selector:
    '{primary}: Gateway {gateway} for istiod selects {value}, which matches no gateway of the cluster; {remotes} {use} its control plane{suffix}',
  port: '{primary}: gateway {service} lacks {ports}, which Gateway {gateway} opens for istiod; {remotes} {use} its control plane{suffix}',
  route:
    '{primary}: no VirtualService leads {ports} of Gateway {gateway} to istiod; {remotes} {use} its control plane{suffix}',
  unbound:
    '{primary}: VirtualService {route} leads to istiod for Gateway {value}, not for {gateway}, which opens {ports} for {remotes}{suffix}',
  host: '{primary}: what comes to {ports} of Gateway {gateway} is sent to {value}, a Service that the cluster does not have; {remotes} {use} its control plane{suffix}',
  target:
    '{primary}: what comes to {ports} of Gateway {gateway} is sent to port {value} of istiod instead of {target}; {remotes} {use} its control plane{suffix}',
} as const;

export default defineRule({
  id: 'controlplane/istiod-exposed',
  severity: 'error',
  istio: '1.7+',
  summary: 'A primary lets the proxies and webhooks of its remote clusters in to istiod.',
  why: 'Proxies of a remote cluster ask the primary for configuration and certificates on port 15012, its webhooks for injection on 15017. If any part of the way through the gateway is missing, no pod of the remote cluster becomes ready.',
  fix: 'In the primary, open 15012 and 15017 with TLS PASSTHROUGH on the east-west gateway, have its Service list both ports, and route them by a VirtualService of this Gateway to istiod 15012 and 443.',
  reads: ['controlPlaneRole', 'Gateway', 'VirtualService', 'Service', 'IstioOperator', 'revisions'],
  models: ['primary-remote-one-network', 'primary-remote-networks', 'external-control-plane'],
  messages,
  check(mesh, report) {
    for (const [primary, remotes] of servedBy(mesh)) {
      if (hidesKind(primary.cluster, ['Gateway']) || isOpenOtherwise(mesh, primary)) continue;
      const faults = merged(
        PORTS.flatMap(({ port, target }) => {
          const callers = remotes.filter((remote) => port !== WEBHOOK_PORT || callsWebhook(mesh, remote));
          const fault = callers.length === 0 ? undefined : faultOf(mesh, primary, callers, port, target);
          return fault === undefined ? [] : [{ fault, port, target, callers }];
        }),
      );
      for (const { fault, ports, target, callers, severity } of faults) {
        const speaks = speaksFor(mesh.versionOf(primary).minors, '1.7+', severity);
        if (speaks === undefined) continue;
        const opened = fault.kind === 'server' ? openedPort(primary, ports) : undefined;
        report(
          fault.kind,
          {
            at: fault.at,
            cluster: primary.name,
            severity: speaks.severity,
            resource: fault.kind === 'server' ? undefined : fault.server?.gateway,
            also: relatedTo(primary, callers, fault),
          },
          {
            primary: primary.name,
            remotes: inWords(callers.map((remote) => remote.name)),
            use: callers.length === 1 ? 'uses' : 'use',
            ports: `port${ports.length === 1 ? '' : 's'} ${inWords(ports.map(String))}`,
            gateway: gatewayName(fault),
            route: fault.route === undefined ? '' : objectName(fault.route),
            service: fault.gateway?.name ?? '',
            value: fault.value,
            target,
            opened: opened === undefined ? '' : ` (port ${opened} is open)`,
            suffix: speaks.suffix,
          },
        );
      }
    }
  },
});

/** With its namespace where the names alone are equal. */
const gatewayName = ({ kind, server }: ExposureFault): string =>
  server === undefined ? '' : kind === 'unbound' ? objectName(server.gateway) : server.gateway.name;

const objectName = ({ namespace, name }: Resource): string => (namespace === undefined ? name : `${namespace}/${name}`);

const PORTS = [
  { port: DISCOVERY_PORT, target: DISCOVERY_PORT },
  { port: WEBHOOK_PORT, target: 443 },
] as const;
const ISTIOD = /^istiod(-|$)/;

interface Found {
  readonly fault: ExposureFault;
  readonly port: number;
  readonly target: number;
  readonly callers: readonly Member[];
}

interface Merged extends Found {
  readonly ports: readonly number[];
  readonly severity: Severity;
}

/** One finding where both ports fail for one reason. */
const merged = (found: readonly Found[]): readonly Merged[] => {
  const all: Merged[] = [];
  for (const one of found) {
    const twin = all.findIndex(
      ({ fault }) =>
        fault.kind === one.fault.kind &&
        fault.value === one.fault.value &&
        (comparePlaces(fault.at, one.fault.at) === 0 || (fault.kind === 'host' && one.fault.kind === 'host')),
    );
    const held = all[twin];
    if (held === undefined) all.push({ ...one, ports: [one.port], severity: severityOf(one) });
    else all[twin] = { ...held, ports: [...held.ports, one.port] };
  }
  return all;
};

const severityOf = ({ fault }: Found): Severity =>
  fault.kind === 'server' && fault.value === 'unsure' ? 'warning' : 'error';

/** Injection by another URL, or by an istiod of the remote cluster itself, does not come this way. */
const callsWebhook = (mesh: Mesh, remote: Member): boolean => {
  if (hasLocalIstiod(remote) || mesh.versionOf(remote).minors.high < 8) return false;
  const hosts = new Set(injectionUrls(remote).map(({ host }) => host));
  const addresses = new Set(
    valueSightings(remote.cluster, CONTROL_PLANE, ['global', 'remotePilotAddress']).map(({ value }) => scalar(value)),
  );
  return hosts.size === 0 || [...hosts].some((host) => addresses.has(host));
};

const faultOf = (
  mesh: Mesh,
  primary: Member,
  callers: readonly Member[],
  port: number,
  target: number,
): ExposureFault | undefined => {
  const found = exposureOf(mesh, primary, {
    port,
    services: ISTIOD,
    targets: port === WEBHOOK_PORT ? webhookTargets(primary) : [target],
    exists: (namespace, name) => hasService(primary, namespace, name),
  });
  if (found === 'open') return undefined;
  if (found !== 'unknown') return found;
  if (serversOf(primary).some((server) => server.port === port)) return undefined;
  return missingServer(mesh, primary, callers);
};

/** 443 of the Service is the webhook; some list 15017 itself. */
const webhookTargets = (primary: Member): readonly number[] => [
  443,
  ...(primary.resources
    .ofKind('Service', '')
    .some(
      (service) =>
        ISTIOD.test(service.name) &&
        list(get(service.value, 'spec', 'ports')).some((entry) => get(entry, 'port') === WEBHOOK_PORT),
    )
    ? [WEBHOOK_PORT]
    : []),
];

/** No server has the port. That the gateway is the way in is proven by its other parts, or by the address that is used. */
const missingServer = (mesh: Mesh, primary: Member, callers: readonly Member[]): ExposureFault | undefined => {
  const blank = { kind: 'server' as const, server: undefined, gateway: undefined };
  const sibling = serversOf(primary).find((server) => server.port === DISCOVERY_PORT || server.port === WEBHOOK_PORT);
  if (sibling !== undefined)
    return { ...blank, at: { ...sibling.place, path: ['spec', 'servers'] }, server: sibling, value: '' };
  if (!mesh.tracks('config:Gateway') || mesh.absent(primary, 'config:Gateway') === 'unknown') return undefined;
  const used = callers.map((caller) => usedEntrance(caller, primary)).find((entrance) => entrance !== undefined);
  if (used !== undefined) return { ...blank, at: used.place, value: '' };
  const ready = planeGateways(mesh, primary).find(opensPlane);
  const vs = routesToPlane(mesh, primary, ISTIOD);
  if (ready === undefined && !vs) return undefined;
  const at: Place = ready?.portsPlace ?? primary.controlPlaneRole.sightings[0]!.place;
  // Within one network a remote may also use an address that no Gateway stands behind.
  const isSure = vs || callers.some((caller) => networksCompare(caller, primary) === 'different');
  return { ...blank, at, gateway: ready, value: isSure ? '' : 'unsure' };
};

const opensPlane = (gateway: PlaneGateway): boolean =>
  gateway.ports?.some((held) => held.port === DISCOVERY_PORT) === true;

const openedPort = (primary: Member, ports: readonly number[]): number | undefined =>
  PORTS.map(({ port }) => port).find(
    (port) => !ports.includes(port) && serversOf(primary).some((server) => server.port === port),
  );

/** A Service of istiod itself is open to others, routes of the Gateway API lead to it, or the old chart opens it. */
const isOpenOtherwise = (mesh: Mesh, primary: Member): boolean => {
  const { cluster, resources } = primary;
  const own = entrancesTo(primary).some(({ service }) => {
    if (service === undefined) return false;
    const selector = textMap(get(service.value, 'spec', 'selector'));
    return ISTIOD.test(service.name) || selector['app'] === 'istiod' || selector['istio'] === 'pilot';
  });
  const routes = ['TLSRoute', 'TCPRoute'].some((kind) =>
    resources
      .ofKind(kind)
      .some((route) =>
        list(get(route.value, 'spec', 'rules')).some((rule) =>
          list(get(rule, 'backendRefs')).some((reference) => ISTIOD.test(text(get(reference, 'name')) ?? '')),
        ),
      ),
  );
  const expansion =
    mesh.versionOf(primary).minors.low <= 8 &&
    valueSightings(cluster, CONTROL_PLANE, ['global', 'meshExpansion', 'enabled']).some(
      ({ value }) => flag(value) === true,
    );
  return own || routes || expansion;
};

const relatedTo = (primary: Member, callers: readonly Member[], fault: ExposureFault): readonly Related[] => [
  ...(fault.server === undefined || comparePlaces(fault.server.place, fault.at) === 0 || fault.kind === 'server'
    ? []
    : [{ place: fault.server.place, cluster: primary.name, message: describe(fault.server.gateway) }]),
  ...callers.flatMap((caller) => {
    const sighting = caller.controlPlaneRole.sightings[0];
    return sighting === undefined
      ? []
      : [{ place: sighting.place, cluster: caller.name, message: `remote of ${primary.name}` }];
  }),
];
