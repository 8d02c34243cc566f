import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import { lowered, speaksFor } from '../../src/facts/minors.ts';
import type { Related, Resource } from '../../src/model/index.ts';
import {
  compareText,
  describe,
  filled,
  get,
  isTemplate,
  list,
  placeIn,
  placeKey,
  placeOf,
  sameNamespace,
  text,
  textMap,
  texts,
} from '../../src/model/index.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { knownInWords, knownNetworks } from '../../src/rule/known.ts';
import { offersGateway } from '../../src/rule/networkOffers.ts';
import { networksOf } from '../../src/rule/networks.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import { inWords, noneInWords, realmsOf, someInWords } from '../../src/rule/scope.ts';
import { selects } from '../../src/rule/selectors.ts';
import type { Entry } from '../../src/rule/vm/entries.ts';
import { entriesOf, groupNetworks } from '../../src/rule/vm/entries.ts';

const messages = {
  unknown: '{entry} in {cluster} is in network {network}; the mesh knows {known}{suffix}',
  stray:
    '{entry} in {cluster} is in network {network}, {others} in {expected}, though its address {address} lies among theirs{suffix}',
  address: '{entry} in {cluster} has no address{network}, so that nothing can call it{suffix}',
  external:
    '{entry} in {cluster} has endpoints in network {network} and location {location}: gateways of other networks serve MESH_INTERNAL hosts only{suffix}',
  selector:
    '{entry} in {cluster} selects {selector} in namespace {namespace}; no WorkloadEntry, WorkloadGroup or pod of {clusters} has these labels{suffix}',
  account: '{entry} in {cluster} runs as ServiceAccount {account}; {clusters} has it in namespace {namespace}{suffix}',
} as const;

export default defineRule({
  id: 'vm/entry-network-known',
  severity: 'error',
  istio: '1.8+',
  summary: 'Endpoints outside Kubernetes name a network, a location, a selector and an identity that the mesh knows.',
  why: "Sidecars call an endpoint of another network through that network's gateway. A name that no network has leads to no gateway, and a ServiceEntry that selects nothing, or is MESH_EXTERNAL, has no endpoints across networks.",
  fix: 'Write the network as its cluster has it (or leave it out for a VM in the network of the cluster), set location: MESH_INTERNAL, and give ServiceEntry, WorkloadEntry or WorkloadGroup the same labels and a ServiceAccount that exists.',
  reads: [
    'WorkloadEntry',
    'WorkloadGroup',
    'ServiceEntry',
    'ServiceAccount',
    'network',
    'eastWestGateways',
    'workloads',
  ],
  models: [
    'multi-primary-one-network',
    'multi-primary-networks',
    'primary-remote-one-network',
    'primary-remote-networks',
    'external-control-plane',
    'ambient-networks',
    'hybrid-cloud',
    'locality-three-clusters',
  ],
  aliases: ['KIA1701'],
  messages,
  check(mesh, report) {
    const told = new Set<string>();
    for (const { config } of realmsOf(mesh)) {
      const speaks = speaksFor(mesh.versionOf(config).minors, '1.8+', 'error');
      if (speaks === undefined) continue;
      const say: Say = (message, where, slots) => {
        const key = placeKey(where.at);
        if (told.has(key)) return;
        told.add(key);
        // Each message has its slots among these; what a message does not name stays unused.
        report(
          message,
          {
            ...where,
            cluster: config.name,
            severity: message === 'stray' ? lowered(speaks.severity) : speaks.severity,
            aliases: message === 'account' && where.resource?.kind === 'WorkloadGroup' ? ['KIA1701'] : [],
          },
          { ...NO_SLOTS, ...slots, cluster: config.name, suffix: speaks.suffix },
        );
      };
      for (const entry of entriesOf(mesh, config)) {
        checkNetwork(mesh, entry, say);
        checkSiblings(mesh, config, entry, say);
        checkAccount(mesh, config, entry.resource, entry.serviceAccount, entry.title, entry.place, say);
      }
      for (const { resource } of statementsOf(config.resources.ofKind('WorkloadGroup', 'networking.istio.io')))
        checkAccount(
          mesh,
          config,
          resource,
          filled(get(resource.value, 'spec', 'template', 'serviceAccount')),
          describe(resource),
          placeIn(resource, 'spec', 'template'),
          say,
        );
      for (const { resource, ambiguous } of statementsOf(
        config.resources.ofKind('ServiceEntry', 'networking.istio.io'),
      ))
        if (!ambiguous) checkServiceEntry(mesh, config, resource, say);
    }
  },
});

const NO_SLOTS = {
  entry: '',
  network: '',
  known: '',
  location: '',
  selector: '',
  namespace: '',
  clusters: '',
  account: '',
  others: '',
  expected: '',
  address: '',
};

type Say = (
  message: keyof typeof messages,
  where: Omit<Parameters<Report<typeof messages>>[1], 'cluster' | 'severity'>,
  slots: Partial<typeof NO_SLOTS>,
) => void;

// ---- network and address ----

const checkNetwork = (mesh: Mesh, entry: Entry, say: Say): void => {
  const { network, address, title, resource } = entry;
  if (entry.isRegistered || (network !== undefined && isTemplate(network))) return;
  const known = knownNetworks(mesh);
  const isKnown = network !== undefined && (known.names.has(network) || groupNetworks(mesh).has(network));
  if (network !== undefined && !isKnown) {
    // A cluster that is not among the files may be there, and a mesh without networks has nothing to compare with.
    if (!known.complete || known.names.size === 0 || isReplicated(resource, network)) return;
    say(
      'unknown',
      { at: entry.networkPlace, resource, also: placesOfNetworks(mesh) },
      { entry: title, network, known: knownInWords(known) },
    );
    return;
  }
  // Without both schema/constraint speaks.
  if (address !== undefined || network === undefined || offersGateway(mesh, network) !== 'no') return;
  say(
    'address',
    { at: { ...entry.place, path: [...entry.place.path, 'address'] }, resource },
    {
      entry: title,
      network: `, and network ${network} has no gateway`,
    },
  );
};

/** Machines with the same labels and addresses of one subnet lie in one network. */
const checkSiblings = (mesh: Mesh, config: Member, entry: Entry, say: Say): void => {
  const { network, address, resource } = entry;
  const subnet = subnetOf(address);
  if (resource.kind !== 'WorkloadEntry' || network === undefined || subnet === undefined || isTemplate(network)) return;
  const isAlike = (labels: Entry['labels']): boolean => Object.keys(labels).length > 0 && isSame(labels, entry.labels);
  const beside = entriesOf(mesh, config).filter(
    (other) =>
      other !== entry &&
      other.resource.kind === 'WorkloadEntry' &&
      sameNamespace(other.resource.namespace, resource.namespace) &&
      isAlike(other.labels) &&
      subnetOf(other.address) === subnet,
  );
  const groups = statementsOf(config.resources.ofKind('WorkloadGroup', 'networking.istio.io')).flatMap(
    ({ resource: group }) => {
      const said = filled(get(group.value, 'spec', 'template', 'network'));
      return said !== undefined &&
        sameNamespace(group.namespace, resource.namespace) &&
        isAlike(textMap(get(group.value, 'spec', 'metadata', 'labels')))
        ? [{ network: said, title: describe(group), place: placeIn(group, 'spec', 'template', 'network') }]
        : [];
    },
  );
  const votes = [
    ...beside.map((other) => ({ network: other.network, title: other.title, place: other.networkPlace })),
    ...groups,
  ];
  const [first] = votes;
  if (first?.network === undefined || first.network === network || beside.length === 0 || votes.length < 2) return;
  if (votes.some((vote) => vote.network !== first.network)) return;
  say(
    'stray',
    {
      at: entry.networkPlace,
      resource,
      also: votes.slice(0, 3).map(({ title, place }) => ({
        place,
        cluster: config.name,
        message: `${title}: network ${first.network}`,
      })),
      fix: `Write network: ${first.network}, or another label where the machine really lies elsewhere.`,
    },
    {
      entry: entry.title,
      network,
      others: someInWords(votes.map(({ title }) => title)),
      expected: first.network,
      address: address ?? '',
    },
  );
};

/** The first three bytes of an IPv4 address. */
const subnetOf = (address: string | undefined): string | undefined =>
  /^(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$/.exec(address ?? '')?.[1];

const isSame = (a: Entry['labels'], b: Entry['labels']): boolean => selects(a, b) === 'yes' && selects(b, a) === 'yes';

/** Replicated control planes name the gateway of the other cluster as an endpoint in a network that is nobody's. */
const isReplicated = (resource: Resource, network: string): boolean =>
  resource.kind === 'ServiceEntry' &&
  (network === 'external' || texts(get(resource.value, 'spec', 'hosts')).every((host) => host.endsWith('.global')));

const placesOfNetworks = (mesh: Mesh): readonly Related[] =>
  [...networksOf(mesh)].flatMap(([name, members]) =>
    members.slice(0, 2).flatMap((member): readonly Related[] => {
      const place = placeOf(member.network.fact);
      return place === undefined ? [] : [{ place, cluster: member.name, message: `network ${name}` }];
    }),
  );

// ---- identity ----

const checkAccount = (
  mesh: Mesh,
  config: Member,
  resource: Resource,
  account: string | undefined,
  title: string,
  place: Entry['place'],
  say: Say,
): void => {
  const { namespace } = resource;
  if (account === undefined || account === 'default' || isTemplate(account) || namespace === undefined) return;
  const held = mesh.members.flatMap((member) => member.resources.inNamespace('ServiceAccount', namespace, ''));
  // The accounts of that namespace may be made elsewhere.
  const isTracked = held.length > 0 || mesh.settings.complete.includes('ServiceAccount');
  if (!isTracked || mesh.members.some((member) => hidesKind(member.cluster, ['ServiceAccount']))) return;
  if (held.some((found) => found.name === account) || hasPodsAs(mesh, namespace, account)) return;
  const near = held[0];
  say(
    'account',
    {
      at: { ...place, path: [...place.path, 'serviceAccount'] },
      resource,
      also:
        near === undefined
          ? []
          : [{ place: placeIn(near, 'metadata', 'name'), cluster: config.name, message: describe(near) }],
    },
    { entry: title, account, namespace, clusters: noneInWords(mesh) },
  );
};

/** Pods run only as an account that is there. */
const hasPodsAs = (mesh: Mesh, namespace: string, account: string): boolean =>
  mesh.members.some((member) =>
    member.workloads.some(
      (workload) => workload.serviceAccount === account && sameNamespace(workload.namespace, namespace),
    ),
  );

// ---- ServiceEntries ----

const checkServiceEntry = (mesh: Mesh, config: Member, resource: Resource, say: Say): void => {
  const spec = get(resource.value, 'spec');
  const selector = textMap(get(spec, 'workloadSelector', 'labels'));
  const hasSelector = Object.keys(selector).length > 0;
  // schema/constraint tells of a selector beside endpoints.
  if (hasSelector && list(get(spec, 'endpoints')).length > 0) return;
  if (hasSelector) checkSelector(mesh, resource, selector, say);
  checkLocation(mesh, config, resource, selector, say);
};

const checkSelector = (mesh: Mesh, resource: Resource, selector: Readonly<Record<string, string>>, say: Say): void => {
  const { namespace } = resource;
  if (namespace === undefined) return;
  const candidates = mesh.members.flatMap((member) => [
    ...member.resources
      .inNamespace('WorkloadEntry', namespace, 'networking.istio.io')
      .map((entry) => textMap(get(entry.value, 'spec', 'labels'))),
    ...member.resources
      .inNamespace('WorkloadGroup', namespace, 'networking.istio.io')
      .map((group) => textMap(get(group.value, 'spec', 'metadata', 'labels'))),
    ...member.workloads
      .filter((workload) => sameNamespace(workload.namespace, namespace))
      .map((workload) => workload.labels),
  ]);
  const isTracked = candidates.length > 0 || mesh.tracks('config:WorkloadEntry') || mesh.tracks('config:WorkloadGroup');
  if (!isTracked || candidates.some((labels) => selects(selector, labels) !== 'no')) return;
  const hides = mesh.members.some((member) =>
    hidesKind(member.cluster, ['WorkloadEntry', 'WorkloadGroup', 'Deployment', 'Pod']),
  );
  if (hides) return;
  const words = Object.entries(selector)
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([key, value]) => `${key}: ${value}`);
  say(
    'selector',
    { at: placeIn(resource, 'spec', 'workloadSelector', 'labels'), resource },
    {
      entry: describe(resource),
      selector: words.join(', '),
      namespace,
      clusters: inWords(mesh.members.map((member) => member.name)),
    },
  );
};

/** Endpoints that name a network with a gateway are meant to be called through it. */
const checkLocation = (
  mesh: Mesh,
  config: Member,
  resource: Resource,
  selector: Readonly<Record<string, string>>,
  say: Say,
): void => {
  const location = text(get(resource.value, 'spec', 'location'));
  if (location === 'MESH_INTERNAL' || networksOf(mesh).size < 2) return;
  const selected = (entry: Entry): boolean =>
    entry.resource === resource ||
    (entry.resource.kind === 'WorkloadEntry' &&
      Object.keys(selector).length > 0 &&
      sameNamespace(entry.resource.namespace, resource.namespace) &&
      selects(selector, entry.labels) === 'yes');
  const entry = entriesOf(mesh, config).find(
    (candidate) =>
      selected(candidate) && candidate.network !== undefined && offersGateway(mesh, candidate.network) === 'yes',
  );
  if (entry?.network === undefined) return;
  say(
    'external',
    {
      at: placeIn(resource, 'spec', 'location'),
      resource,
      also: [{ place: entry.networkPlace, cluster: config.name, message: `${entry.title}: network ${entry.network}` }],
    },
    {
      entry: describe(resource),
      network: entry.network,
      location: location ?? 'MESH_EXTERNAL (the default)',
    },
  );
};
