import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { NETWORK_LABEL } from '../../src/facts/network.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import type { Place, Related, Resource } from '../../src/model/index.ts';
import { compareText, describe, get, isTemplate, placeIn, textMap, texts } from '../../src/model/index.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { serversOf } from '../../src/rule/gateways.ts';
import { serviceOf, UNSTATED } from '../../src/rule/hosts.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import { resolveHost } from '../../src/rule/resolve.ts';
import type { NamedHost, Route } from '../../src/rule/routes.ts';
import { routesOf } from '../../src/rule/routes.ts';
import type { Realm } from '../../src/rule/scope.ts';
import { clusterDomainOf, inWords, istioNamespaceOf, realmsOf } from '../../src/rule/scope.ts';
import { selects } from '../../src/rule/selectors.ts';
import { isMistyped, isOneSlipAway } from '../../src/rule/slips.ts';
import type { GatewayPods } from '../../src/rule/traffic/gatewayPods.ts';
import { gatewayPods } from '../../src/rule/traffic/gatewayPods.ts';
import { serviceTable } from '../../src/rule/services.ts';

const messages = {
  nowhere: '{route} in {cluster} routes to {service}; none of {clusters} has such a Service{near}',
  partial:
    '{route} in {cluster} routes to {host}, which Istio takes as it stands: the Service {service} of {clusters} is called {full}',
  gateway: '{route} in {cluster} hangs on Gateway {gateway}; none of {clusters} has it{near}',
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

const isNew = (told: Set<string>, at: Place): boolean => {
  const key = [at.file.path, at.document, ...at.path].join('\0');
  return told.has(key) ? false : told.add(key).size > 0;
};

const clustersInWords = (mesh: Mesh): string => inWords(mesh.members.map((member) => member.name));

// ---- destinations ----

const checkDestination = (
  mesh: Mesh,
  { config }: Realm,
  route: Route,
  { host, place }: NamedHost,
  told: Set<string>,
  report: Report<typeof messages>,
): void => {
  if (host === '' || isTemplate(host)) return;
  const where = { at: place, cluster: config.name, resource: route.resource };
  const slots = { route: describe(route.resource), cluster: config.name };
  const found = resolveHost(mesh, config, host);
  if (found.state === 'nowhere') {
    if (!isNew(told, place)) return;
    const near = nearestService(mesh, found.namespace, found.name);
    report(
      'nowhere',
      { ...where, severity: found.certain ? 'error' : 'warning', also: near === undefined ? [] : [near.related] },
      {
        ...slots,
        service: `${found.name}.${found.namespace}`,
        clusters: clustersInWords(mesh),
        near: near === undefined ? '' : `; ${near.related.cluster ?? ''} has ${near.name}`,
      },
    );
    return;
  }
  if (found.state !== 'untold') return;
  const partial = serviceOf(host, clusterDomainOf(config), true);
  const service = partial === undefined ? undefined : serviceTable(mesh).find(partial.namespace, partial.name);
  const [first] = service?.statements ?? [];
  // A full name is told of above; here stand svc.ns and svc.ns.svc.
  if (service === undefined || first === undefined || host.split('.').length > 3 || !isNew(told, place)) return;
  report(
    'partial',
    {
      ...where,
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

/** A Service of that namespace whose name is one slip away. */
const nearestService = (
  mesh: Mesh,
  namespace: string,
  name: string,
): { readonly name: string; readonly related: Related } | undefined => {
  const found = serviceTable(mesh)
    .inNamespace(namespace)
    .find((service) => isOneSlipAway(service.name, name));
  const [first] = found?.statements ?? [];
  if (found === undefined || first === undefined) return undefined;
  return {
    name: `${found.name}.${namespace}`,
    related: {
      place: placeIn(first.resource, 'metadata', 'name'),
      cluster: first.member.name,
      message: describe(first.resource),
    },
  };
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
  if (isTemplate(written) || namespace === UNSTATED || namespace === '' || name.includes('.')) return;
  const all = gatewaysIn(mesh, namespace);
  // Gateways of that namespace may be kept elsewhere.
  if (all.length === 0 || mesh.members.some((member) => hidesKind(member.cluster, ['Gateway']))) return;
  if (mesh.members.some((member) => member.resources.find('Gateway', namespace, name).length > 0)) return;
  const index = texts(get(route.resource.value, 'spec', 'gateways')).findIndex(
    (entry) => entry === written || entry === name,
  );
  const at = placeIn(route.resource, 'spec', 'gateways', index);
  if (index < 0 || !isNew(told, at)) return;
  const near = all.find(({ resource }) => isOneSlipAway(resource.name, name)) ?? all[0];
  report(
    'gateway',
    {
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
      gateway: `${namespace}/${name}`,
      clusters: clustersInWords(mesh),
      near: near === undefined ? '' : `; ${near.member.name} has ${namespace}/${near.resource.name}`,
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
    servers.every((server) => server.mode === 'AUTO_PASSTHROUGH' || [15012, 15017, 15443].includes(server.port ?? 0))
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
  const pods = gatewayPods(mesh);
  if (pods === undefined || pods.some(({ labels }) => selects(selector, labels) !== 'no')) return;
  const isSlip = ({ labels, isGateway }: GatewayPods): boolean =>
    isGateway && entries.every(([key, value]) => isMistyped(value, labels[key]));
  // Whoever keeps gateways of applications in this namespace keeps them among the files; another tool may install others.
  const near = pods.find(isSlip) ?? (isStandard(selector) ? undefined : pods.find((pod) => isBeside(pod, gateway)));
  if (near === undefined) return;
  const at = placeIn(gateway, 'spec', 'selector');
  if (!isNew(told, at)) return;
  report(
    'selector',
    {
      at,
      cluster: config.name,
      resource: gateway,
      also: [{ place: near.place, cluster: near.member.name, message: near.title }],
    },
    {
      gateway: describe(gateway),
      cluster: config.name,
      selector: labelsInWords(selector, Object.keys(selector)),
      clusters: clustersInWords(mesh),
      near: `; ${near.title} of ${near.member.name} has ${labelsInWords(near.labels, Object.keys(selector)) || 'others'}`,
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
