import { AUTO_PASSTHROUGH_PORT, DISCOVERY_PORT, WEBHOOK_PORT } from '../../src/facts/gateways.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { isComplete } from '../../src/facts/mesh/tracks.ts';
import { NETWORK_LABEL } from '../../src/facts/network.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import type { Place, Resource } from '../../src/model/index.ts';
import { compareText, describe, get, isTemplate, placeIn, placeKey, textMap, texts } from '../../src/model/index.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { isInternalGateway } from '../../src/rule/gateway/selected.ts';
import { serversOf } from '../../src/rule/gateways.ts';
import { isWildcard, serviceOf, UNSTATED } from '../../src/rule/hosts.ts';
import { namedNamespaces } from '../../src/rule/knownNamespaces.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import type { Resolution } from '../../src/rule/resolve.ts';
import { resolveHost } from '../../src/rule/resolve.ts';
import type { NamedHost, Route } from '../../src/rule/routes.ts';
import { gatewayNamed, routesOf } from '../../src/rule/routes.ts';
import type { Realm } from '../../src/rule/scope.ts';
import { clusterDomainOf, inWords, istioNamespaceOf, noneInWords, realmsOf } from '../../src/rule/scope.ts';
import { selects } from '../../src/rule/selectors.ts';
import { isMistyped, isOneSlipAway } from '../../src/rule/slips.ts';
import { clientsOfRoute, exportOfHost, portsOfHost, seesAllHosts } from '../../src/rule/traffic/destinations.ts';
import type { GatewayPods } from '../../src/rule/traffic/gatewayPods.ts';
import { hintOf, meantInWords, misnomerOf, nearestService, relatedTo } from '../../src/rule/traffic/meantHosts.ts';
import { gatewayPods } from '../../src/rule/traffic/gatewayPods.ts';
import { serviceTable } from '../../src/rule/services.ts';

const messages = {
  nowhere: '{route} in {cluster} routes to {service}; {none} has such a Service{near}',
  amiss: '{route} in {cluster} routes to {host}, which is the name of no Service: {fault}{near}',
  port: '{route} in {cluster} routes to port {port} of {service}; it has {ports} only',
  hidden: '{route} in {cluster} routes to {service}, which is exported to {namespaces} only: {clients} do not know it',
  external: '{route} in {cluster} routes to {host}; {none} has a Service or ServiceEntry of that name',
  partial:
    '{route} in {cluster} routes to {host}, which Istio takes as it stands: the Service {service} of {clusters} is called {full}',
  gateway: '{route} in {cluster} hangs on Gateway {gateway}; {none} has it{near}',
  selector: '{gateway} in {cluster} selects {selector}; no gateway of {clusters} has these labels{near}',
} as const;

export default defineRule({
  id: 'traffic/destination-in-mesh',
  severity: 'error',
  istio: 'all',
  summary: 'What a route sends to, and the gateway it hangs on, exists in some cluster of the mesh.',
  why: 'A destination that no cluster knows answers every call with 503, and a Gateway or selector that matches nothing opens no port.',
  fix: 'Write the name as the Service, ServiceEntry, Gateway or gateway pods have it; name a Service of another namespace in full (name.namespace.svc.cluster.local).',
  reads: ['VirtualService', 'TCPRoute', 'TLSRoute', 'Service', 'ServiceEntry', 'Gateway', 'workloads'],
  aliases: ['KIA1101', 'KIA1102', 'KIA0302', 'IST0101'],
  messages,
  check(mesh, report) {
    const told = new Set<string>();
    for (const realm of realmsOf(mesh)) {
      for (const route of routesOf(mesh, realm.config)) {
        // gatewayapi/route-refs-in-mesh speaks of these.
        if (['HTTPRoute', 'GRPCRoute'].includes(route.resource.kind)) continue;
        for (const destination of route.destinations) checkDestination(mesh, realm, route, destination, told, report);
        for (const gateway of route.gateways) checkGateway(mesh, realm, route, gateway, told, report);
      }
      for (const { resource, ambiguous } of statementsOf(
        realm.config.resources.ofKind('Gateway', 'networking.istio.io'),
      ))
        if (!ambiguous) checkSelector(mesh, realm, resource, told, report);
    }
  },
});

const HOST = ['IST0101', 'KIA1101'];

const isNew = (told: Set<string>, at: Place): boolean => {
  const key = placeKey(at);
  return told.has(key) ? false : told.add(key).size > 0;
};

const clustersInWords = (mesh: Mesh): string => inWords(mesh.members.map((member) => member.name));

// ---- destinations ----

const checkDestination = (
  mesh: Mesh,
  { config }: Realm,
  route: Route,
  { host, place, port }: NamedHost,
  told: Set<string>,
  report: Report<typeof messages>,
): void => {
  if (host === '' || isTemplate(host)) return;
  const where = { at: place, cluster: config.name, resource: route.resource };
  const slots = { route: describe(route.resource), cluster: config.name };
  const found = resolveHost(mesh, config, host);
  if (found.state === 'nowhere') {
    if (!isNew(told, place)) return;
    const near = hintOf(config, nearestService(mesh, found.namespace, found.name));
    report(
      'nowhere',
      {
        ...where,
        severity: found.certain ? 'error' : 'warning',
        also: near.also,
        aliases: HOST,
      },
      {
        ...slots,
        service: `${found.name}.${found.namespace}`,
        none: noneInWords(mesh),
        near: near.words,
      },
    );
    return;
  }
  if (found.state === 'here' || found.state === 'elsewhere') {
    const known: Known = { mesh, config, route, host, place, port, found };
    if (!checkPort(known, told, report)) checkVisible(known, told, report);
    return;
  }
  const misnomer = misnomerOf(mesh, config, host, route.namespace);
  if (misnomer !== undefined) {
    const { fault, meant, certain } = misnomer;
    const also = relatedTo(config, meant);
    const severity = certain ? 'error' : 'warning';
    if (isNew(told, place))
      report(
        'amiss',
        { ...where, severity, also, aliases: HOST },
        { ...slots, host, fault, near: meantInWords(config, misnomer) },
      );
    return;
  }
  const partial = serviceOf(host, clusterDomainOf(config), true);
  const service = partial === undefined ? undefined : serviceTable(mesh).find(partial.namespace, partial.name);
  const [first] = service?.statements ?? [];
  // A full name is told of above; here stand svc.ns and svc.ns.svc.
  if (service === undefined || first === undefined || host.split('.').length > 3) {
    const named = serviceOf(host, clusterDomainOf(config));
    const isOpen = named === undefined || named.namespace === UNSTATED;
    if (isOpen && !isWildcard(host) && seesAllHosts(mesh) && isNew(told, place))
      report('external', where, { ...slots, host: named === undefined ? host : named.name, none: noneInWords(mesh) });
    return;
  }
  if (!isNew(told, place)) return;
  report(
    'partial',
    {
      ...where,
      aliases: HOST,
      also: [
        {
          place: placeIn(first.resource, 'metadata', 'name'),
          cluster: first.member.name,
          message: describe(first.resource),
        },
      ],
    },
    {
      ...slots,
      host,
      service: `${service.name}.${service.namespace}`,
      clusters: inWords(service.statements.map(({ member }) => member.name)),
      full: `${service.name}.${service.namespace}.svc.${clusterDomainOf(config)}`,
    },
  );
};

interface Known {
  readonly mesh: Mesh;
  readonly config: Member;
  readonly route: Route;
  readonly host: string;
  readonly place: Place;
  readonly port: number | undefined;
  readonly found: Extract<Resolution, { readonly resource: Resource }>;
}

const checkPort = (
  { config, route, host, place, port, found }: Known,
  told: Set<string>,
  report: Report<typeof messages>,
): boolean => {
  // Routes to istiod are the matter of controlplane/istiod-exposed.
  if (port === undefined || /^istiod(-|$)/.test(found.resource.name)) return false;
  const ports = portsOfHost(found);
  if (ports === undefined || ports.includes(port)) return false;
  const at = { ...place, path: [...place.path.slice(0, -1), 'port', 'number'] };
  if (!isNew(told, at)) return true;
  report(
    'port',
    {
      aliases: ['IST0101'],
      at,
      cluster: config.name,
      resource: route.resource,
      also: [
        {
          place: placeIn(found.resource, 'spec', 'ports'),
          cluster: found.members[0]!.name,
          message: describe(found.resource),
        },
      ],
    },
    {
      route: describe(route.resource),
      cluster: config.name,
      port,
      service: host,
      ports: `${ports.length === 1 ? 'port' : 'ports'} ${inWords(ports.map(String))}`,
    },
  );
  return true;
};

/** A host that no client of the route may see. */
const checkVisible = (
  { mesh, config, route, host, place, found }: Known,
  told: Set<string>,
  report: Report<typeof messages>,
): void => {
  if (route.resource.kind !== 'VirtualService' || route.namespace === UNSTATED) return;
  const namespaces = exportOfHost(config, host, found.resource);
  if (namespaces === undefined) return;
  // Rules for the host itself serve all who know it: somebody, as a rule.
  const isForAllWhoKnow = route.exportedTo === undefined && route.hosts.some((called) => called.host === host);
  if (isForAllWhoKnow && (!seesAllHosts(mesh) || namespaces.some((name) => namedNamespaces(mesh).has(name)))) return;
  const clients = isForAllWhoKnow ? ['all other namespaces'] : clientsOfRoute(mesh, config, route);
  if (clients.length === 0 || clients.some((name) => namespaces.includes(name)) || !isNew(told, place)) return;
  const unused = isForAllWhoKnow && namespaces.length > 0 ? ' (of which the files have nothing)' : '';
  report(
    'hidden',
    {
      aliases: HOST,
      at: place,
      cluster: config.name,
      resource: route.resource,
      severity: 'warning',
      fix: 'Export the host to the namespaces in which the route applies (exportTo, or networking.istio.io/exportTo of a Service), or the route to those that know the host.',
      also: [{ place: found.resource.place, cluster: found.members[0]!.name, message: describe(found.resource) }],
    },
    {
      route: describe(route.resource),
      cluster: config.name,
      service: host,
      namespaces: namespaces.length === 0 ? 'no namespace' : `${inWords(namespaces)}${unused}`,
      clients: `clients in ${inWords(clients)}`,
    },
  );
};

// ---- the Gateway that a VirtualService hangs on ----

const checkGateway = (
  mesh: Mesh,
  { config }: Realm,
  route: Route,
  written: string,
  told: Set<string>,
  report: Report<typeof messages>,
): void => {
  const slash = written.indexOf('/');
  const [namespace, name] = [written.slice(0, slash), written.slice(slash + 1)];
  const isAll = isComplete(mesh.settings.complete, 'config:Gateway');
  if (
    isTemplate(written) ||
    namespace === '' ||
    name.includes('.') ||
    isInternalGateway(name) ||
    (namespace === UNSTATED && !isAll)
  )
    return;
  const all = gatewaysIn(mesh, namespace);
  // Gateways of that namespace may be kept elsewhere.
  if ((all.length === 0 && !isAll) || mesh.members.some((member) => hidesKind(member.cluster, ['Gateway']))) return;
  const stated = namespace === UNSTATED ? undefined : namespace;
  if (mesh.members.some((member) => member.resources.find('Gateway', stated, name).length > 0)) return;
  const index = texts(get(route.resource.value, 'spec', 'gateways')).findIndex(
    (entry) => entry !== 'mesh' && gatewayNamed(entry, route.namespace) === written,
  );
  const at = placeIn(route.resource, 'spec', 'gateways', index);
  if (index < 0 || !isNew(told, at)) return;
  const ownFirst = all.toSorted((a, b) => Number(b.member === config) - Number(a.member === config));
  const slip = ownFirst.find(({ resource }) => isOneSlipAway(resource.name, name));
  const near = slip ?? ownFirst[0];
  report(
    'gateway',
    {
      aliases: ['IST0101', 'KIA1102'],
      at,
      cluster: config.name,
      resource: route.resource,
      also:
        near === undefined
          ? []
          : [
              {
                place: placeIn(near.resource, 'metadata', 'name'),
                cluster: near.member.name,
                message: describe(near.resource),
              },
            ],
    },
    {
      route: describe(route.resource),
      cluster: config.name,
      gateway: stated === undefined ? name : `${namespace}/${name}`,
      none: noneInWords(mesh),
      near:
        slip !== undefined
          ? `, did you mean ${namespace}/${slip.resource.name}?`
          : near === undefined
            ? ''
            : `; ${near.member.name} has ${namespace}/${near.resource.name}`,
    },
  );
};

/** Gateways of applications in a namespace; those between clusters come with the installation. */
const gatewaysIn = (
  mesh: Mesh,
  namespace: string,
): readonly { readonly member: Member; readonly resource: Resource }[] =>
  mesh.members.flatMap((member) =>
    member.resources
      .inNamespace('Gateway', namespace, 'networking.istio.io')
      .filter((resource) => !isBetweenClusters(member, resource))
      .map((resource) => ({ member, resource })),
  );

const isBetweenClusters = (member: Member, gateway: Resource): boolean => {
  const servers = serversOf(member).filter((server) => server.gateway === gateway);
  return (
    servers.length > 0 &&
    servers.every(
      (server) =>
        server.mode === 'AUTO_PASSTHROUGH' ||
        [DISCOVERY_PORT, WEBHOOK_PORT, AUTO_PASSTHROUGH_PORT].includes(server.port ?? 0),
    )
  );
};

// ---- the pods that a Gateway selects ----

const checkSelector = (
  mesh: Mesh,
  { config }: Realm,
  gateway: Resource,
  told: Set<string>,
  report: Report<typeof messages>,
): void => {
  const selector = textMap(get(gateway.value, 'spec', 'selector'));
  const entries = Object.entries(selector);
  // network/auto-passthrough-on-local speaks of the gateways between clusters.
  if (entries.length === 0 || entries.some(([, value]) => isTemplate(value)) || isBetweenClusters(config, gateway))
    return;
  const isAll = isComplete(mesh.settings.complete, 'workload:');
  const pods = gatewayPods(mesh) ?? (isAll ? [] : undefined);
  if (pods === undefined || pods.some(({ labels }) => selects(selector, labels) !== 'no')) return;
  const isSlip = ({ labels, isGateway }: GatewayPods): boolean =>
    isGateway && entries.every(([key, value]) => isMistyped(value, labels[key]));
  // Whoever keeps gateways of applications in this namespace keeps them among the files; another tool may install others.
  const ownFirst = pods.toSorted((a, b) => Number(b.member === config) - Number(a.member === config));
  const near =
    ownFirst.find(isSlip) ?? (isStandard(selector) ? undefined : ownFirst.find((pod) => isBeside(pod, gateway)));
  if (near === undefined && !isAll) return;
  const at = placeIn(gateway, 'spec', 'selector');
  if (!isNew(told, at)) return;
  report(
    'selector',
    {
      aliases: ['IST0101', 'KIA0302'],
      at,
      cluster: config.name,
      resource: gateway,
      also: near === undefined ? [] : [{ place: near.place, cluster: near.member.name, message: near.title }],
    },
    {
      gateway: describe(gateway),
      cluster: config.name,
      selector: labelsInWords(selector, Object.keys(selector)),
      clusters: clustersInWords(mesh),
      near:
        near === undefined
          ? ''
          : `; ${near.title} of ${near.member.name} has ${labelsInWords(near.labels, Object.keys(selector)) || 'others'}`,
    },
  );
};

/** Labels of the gateways that Istio's own profiles and charts install. */
const isStandard = (selector: Readonly<Record<string, string>>): boolean =>
  Object.values(selector).every((value) => /^(istio-)?(ingress|egress)gateway$/.test(value));

/** A gateway for applications in the namespace of the Gateway. */
const isBeside = ({ member, namespace, labels, isGateway }: GatewayPods, gateway: Resource): boolean =>
  isGateway &&
  namespace !== undefined &&
  namespace === gateway.namespace &&
  namespace !== istioNamespaceOf(member) &&
  labels[NETWORK_LABEL] === undefined &&
  labels['istio'] !== 'eastwestgateway';

const labelsInWords = (labels: Readonly<Record<string, string>>, keys: readonly string[]): string =>
  keys
    .filter((key) => labels[key] !== undefined)
    .toSorted(compareText)
    .map((key) => `${key}: ${labels[key] ?? ''}`)
    .join(', ');
