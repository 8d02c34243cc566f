import type { Member, Mesh } from '../../src/facts/mesh.ts';
import type { Path, Resource } from '../../src/model/index.ts';
import { describe, filled, get, isTemplate, list, placeIn, texts } from '../../src/model/index.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { admitsNamespace, hostnamesMeet } from '../../src/rule/listeners.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import { inWords, realmsOf, someInWords } from '../../src/rule/scope.ts';

const GATEWAY_API = 'gateway.networking.k8s.io';

const messages = {
  refused: '{route} in {cluster} hangs on {gateway}, no listener of which admits routes of namespace {namespace}',
  section: '{route} in {cluster} hangs on listener {section} of {gateway}, which has {listeners}',
  port: '{route} in {cluster} hangs on port {port} of {gateway}, which listens on {listeners}',
  hosts: '{route} in {cluster} is for {hosts}, {gateway} for {served}: no call reaches the route',
  host: '{route} in {cluster} is for {hosts} too, but {gateway} for {served}: no call of that host reaches it',
  parent: '{route} in {cluster} hangs on {gateway} too, which serves {served} and so none of its hosts',
} as const;

export default defineRule({
  id: 'gatewayapi/listener-admits-route',
  severity: 'error',
  istio: '1.16+',
  summary: 'The Gateway that a route hangs on has a listener that admits routes of its namespace and hosts.',
  why: 'A listener without allowedRoutes admits routes of the namespace of the Gateway alone, and one with a hostname routes of that host alone. A route that no listener admits is not attached: its hosts answer 404.',
  fix: 'Set allowedRoutes.namespaces of the listener to All, or to a Selector that the labels of the namespace fit; or correct sectionName.',
  reads: ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'Gateway', 'Namespace'],
  models: ['hybrid-cloud'],
  aliases: ['KIA1401'],
  messages,
  check(mesh, report) {
    for (const { route, parents, config } of attachmentsOf(mesh)) {
      const heard = parents.map((parent) => checkParent(config, route, parent, report));
      checkHosts(config, route, heard, report);
    }
  },
});

interface Attachments {
  readonly config: Member;
  readonly route: Resource;
  readonly parents: readonly { readonly value: unknown; readonly path: Path }[];
}

const attachmentsOf = (mesh: Mesh): readonly Attachments[] =>
  realmsOf(mesh).flatMap(({ config }) =>
    ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute']
      .flatMap((kind) => statementsOf(config.resources.ofKind(kind, GATEWAY_API)))
      .filter(({ ambiguous }) => !ambiguous)
      .map(({ resource }) => ({
        config,
        route: resource,
        parents: list(get(resource.value, 'spec', 'parentRefs')).map((value, index) => ({
          value,
          path: ['spec', 'parentRefs', index],
        })),
      })),
  );

/** A Gateway of a route, with the listeners that may take the route; undefined where that cannot be told. */
interface Heard {
  readonly gateway: Resource;
  readonly path: Path;
  readonly listeners: readonly unknown[];
}

/** Listeners that a route hangs on; undefined where none is known, or where another finding tells why none takes it. */
const checkParent = (
  config: Member,
  route: Resource,
  { value: parent, path }: Attachments['parents'][number],
  report: Report<typeof messages>,
): Heard | undefined => {
  const gateway = gatewayOf(config, route, parent);
  const listeners = list(get(gateway?.value, 'spec', 'listeners'));
  if (gateway === undefined || listeners.length === 0) return undefined;
  const section = filled(get(parent, 'sectionName'));
  const port = filled(get(parent, 'port'));
  const names = listeners.map((listener) => filled(get(listener, 'name')) ?? '');
  if ([section ?? '', port ?? '', ...names].some(isTemplate)) return undefined;
  const where = { cluster: config.name, resource: route, also: relatedTo(config, gateway) };
  const slots = { route: describe(route), cluster: config.name, gateway: describe(gateway) };
  const ofSection = listeners.filter((listener) => section === undefined || get(listener, 'name') === section);
  if (section !== undefined && ofSection.length === 0) {
    // Kiali does not look at sectionName.
    report(
      'section',
      { ...where, at: placeIn(route, ...path, 'sectionName'), aliases: [], fix: SECTION_FIX },
      { ...slots, section, listeners: inWords(names) },
    );
    return undefined;
  }
  const ports = ofSection.map((listener) => filled(get(listener, 'port')) ?? '');
  if (ports.some(isTemplate)) return undefined;
  const chosen = ofSection.filter((_listener, index) => port === undefined || ports[index] === port);
  if (chosen.length === 0) {
    report(
      'port',
      { ...where, at: placeIn(route, ...path, 'port'), aliases: [], fix: PORT_FIX },
      { ...slots, port: port ?? '', listeners: inWords([...new Set(ports)]) },
    );
    return undefined;
  }
  const admitting = chosen.filter((listener) => admitsNamespace(config, gateway, listener, route.namespace) !== 'no');
  if (admitting.length > 0) return { gateway, path, listeners: admitting };
  report('refused', { ...where, at: placeIn(route, ...path, 'name') }, { ...slots, namespace: route.namespace ?? '' });
  return undefined;
};

const SECTION_FIX = 'Write the name of a listener of that Gateway under sectionName, or leave it out for all of them.';
const PORT_FIX = 'Write the port of a listener of that Gateway, or leave it out for all of them.';
const HOST_FIX =
  'Let the hostnames of the route and the hostname of the listener name the same host, or widen one of them (*.example.com).';

const relatedTo = (config: Member, gateway: Resource) => [
  { place: placeIn(gateway, 'spec', 'listeners'), cluster: config.name, message: describe(gateway) },
];

/** A host has to meet a listener of one of the parents; and each parent has to serve one of the hosts. */
const checkHosts = (
  config: Member,
  route: Resource,
  heard: readonly (Heard | undefined)[],
  report: Report<typeof messages>,
): void => {
  const hosts = texts(get(route.value, 'spec', 'hostnames'));
  const known = heard.filter((parent) => parent !== undefined);
  const [first] = known;
  // A parent that is not known may serve any host.
  if (first === undefined || known.length < heard.length || hosts.length === 0) return;
  if ([...hosts, ...known.flatMap(servedBy)].some((host) => host !== undefined && isTemplate(host))) return;
  const meets = (host: string, parent: Heard): boolean =>
    servedBy(parent).some((served) => hostnamesMeet(host, served));
  const where = { cluster: config.name, resource: route, aliases: [], fix: HOST_FIX };
  const slots = { route: describe(route), cluster: config.name };
  const lost = hosts.filter((host) => !known.some((parent) => meets(host, parent)));
  const isAll = lost.length === hosts.length;
  const gateways = [...new Set(known.map(({ gateway }) => gateway))];
  const others = {
    gateway: inWords(gateways.map(describe)),
    served: someInWords([...new Set(known.flatMap(servedBy).filter((host) => host !== undefined))]),
  };
  const also = gateways.flatMap((gateway) => relatedTo(config, gateway));
  for (const host of isAll ? lost.slice(0, 1) : lost)
    report(
      isAll ? 'hosts' : 'host',
      {
        ...where,
        also,
        at: placeIn(route, 'spec', 'hostnames', hosts.indexOf(host)),
        severity: isAll ? 'error' : 'warning',
      },
      { ...slots, ...others, hosts: isAll ? someInWords(hosts) : host },
    );
  for (const parent of isAll ? [] : known) {
    if (hosts.some((host) => meets(host, parent))) continue;
    report(
      'parent',
      {
        ...where,
        at: placeIn(route, ...parent.path, 'name'),
        severity: 'warning',
        also: relatedTo(config, parent.gateway),
      },
      {
        ...slots,
        gateway: describe(parent.gateway),
        served: someInWords([...new Set(servedBy(parent).filter((host) => host !== undefined))]),
      },
    );
  }
};

/** Hostnames of listeners; undefined is every host. */
const servedBy = ({ listeners }: Heard): readonly (string | undefined)[] =>
  listeners.map((listener) => filled(get(listener, 'hostname')));

const gatewayOf = (config: Member, route: Resource, parent: unknown): Resource | undefined => {
  const name = filled(get(parent, 'name'));
  const isGateway =
    (filled(get(parent, 'kind')) ?? 'Gateway') === 'Gateway' &&
    (filled(get(parent, 'group')) ?? GATEWAY_API) === GATEWAY_API;
  const namespace = filled(get(parent, 'namespace')) ?? route.namespace;
  if (!isGateway || name === undefined || namespace === undefined || isTemplate(namespace)) return undefined;
  const found = config.resources.find('Gateway', namespace, name, GATEWAY_API);
  // Several documents may state other listeners.
  return found.length === 1 ? found[0] : undefined;
};
