import { readsMeshConfig } from '../../src/facts/identity.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import { speaksFor, within } from '../../src/facts/minors.ts';
import type { Place, Related } from '../../src/model/index.ts';
import { compareText } from '../../src/model/index.ts';
import { disputedDomains } from '../../src/rule/clusterDomains.ts';
import type { ClusterLocalSetting } from '../../src/rule/clusterLocal.ts';
import { clusterLocality, clusterLocalSettings, futileDenials } from '../../src/rule/clusterLocal.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { covers, isWildcard } from '../../src/rule/hosts.ts';
import { deviations } from '../../src/rule/peers.ts';
import { clusterDomainOf, inWords, realmsOf, someInWords } from '../../src/rule/scope.ts';
import type { MeshService } from '../../src/rule/services.ts';
import { hostOfService, nameOfService, serviceEntryHosts, serviceTable } from '../../src/rule/services.ts';

const messages = {
  differs: '{pattern} is cluster-local in {local} and shared by {shared} ({services}){suffix}',
  futile:
    '{denial} is not cluster-local by serviceSettings of {cluster}, but {wider} makes it so: up to Istio 1.21 the wider host wins{suffix}',
  dead: '{pattern} in serviceSettings of {cluster} covers no Service of the mesh{hint}',
} as const;

export default defineRule({
  id: 'services/cluster-local-agrees',
  severity: 'warning',
  istio: '1.6+',
  summary: 'All control planes agree on which Services stay in their cluster.',
  why: 'serviceSettings of one istiod bind its own clients only. Where one cluster keeps a Service to itself and another shares it, calls leak in one direction, and nobody sees why.',
  fix: 'Write the same serviceSettings into the mesh config of every config cluster.',
  reads: ['serviceSettings', 'Service', 'ServiceEntry', 'clusterDomain'],
  models: ['multi-primary-one-network', 'multi-primary-networks', 'hybrid-cloud', 'locality-three-clusters'],
  messages,
  check(mesh, report) {
    checkDifferences(mesh, report);
    for (const { config } of realmsOf(mesh)) {
      const dead = new Set<ClusterLocalSetting>();
      for (const setting of clusterLocalSettings(mesh, config)) {
        const hint = whyDead(mesh, config, setting.pattern);
        if (hint === undefined || within(mesh.versionOf(config).minors, '1.6+') === 'outside') continue;
        dead.add(setting);
        report(
          'dead',
          {
            at: setting.place,
            cluster: config.name,
            severity: 'info',
            fix: 'Write the host as Services are called in full, like *.shop.svc.cluster.local, or take the entry out.',
          },
          { pattern: setting.pattern, cluster: config.name, hint },
        );
      }
      checkDenials(mesh, config, dead, report);
    }
  },
});

// ---- between clusters ----

/** What a config cluster makes of one Service. */
interface Said {
  readonly config: Member;
  readonly local: 'yes' | 'no';
  readonly setting: ClusterLocalSetting | undefined;
}

interface Difference {
  readonly at: Place;
  readonly cluster: Member;
  readonly pattern: string;
  readonly all: readonly Said[];
  readonly services: MeshService[];
}

const checkDifferences = (mesh: Mesh, report: Report<typeof messages>): void => {
  const configs = realmsOf(mesh).map(({ config }) => config);
  if (!configs.some((config) => clusterLocalSettings(mesh, config).length > 0)) return;
  const found = new Map<string, Difference>();
  const disputed = disputedDomains(mesh);
  for (const service of serviceTable(mesh).all) {
    if (service.statements.length < 2) continue;
    const all = configs.flatMap((config): readonly Said[] => {
      const { local, setting } = clusterLocality(mesh, config, hostOfService(service, config));
      const isUnsaid = setting === undefined && !readsMeshConfig(config.cluster);
      return local === 'unknown' || isUnsaid ? [] : [{ config, local, setting }];
    });
    // Hosts end differently: network/cluster-domain-equal tells that.
    const isDisputed = disputed.size > 0 && new Set(all.map(({ config }) => clusterDomainOf(config))).size > 1;
    const difference = isDisputed ? undefined : differenceOf(mesh, all);
    if (difference === undefined) continue;
    const key = [
      difference.at.file.path,
      difference.at.document,
      ...difference.at.path,
      ...(difference.at.inner ?? []),
    ].join('\0');
    const held = found.get(key);
    if (held === undefined) found.set(key, { ...difference, all, services: [service] });
    else held.services.push(service);
  }
  for (const [, { at, cluster, pattern, all, services }] of [...found].toSorted(([a], [b]) => compareText(a, b))) {
    const said = speaksFor(mesh.versionOf(cluster).minors, '1.6+', 'warning');
    if (said === undefined) continue;
    const namesOf = (local: Said['local']): string =>
      inWords(all.filter((entry) => entry.local === local).map((entry) => entry.config.name));
    report(
      'differs',
      { at, cluster: cluster.name, also: relatedOf(all, at), severity: said.severity },
      {
        pattern,
        local: namesOf('yes'),
        shared: namesOf('no'),
        services: someInWords(services.map(nameOfService)),
        suffix: said.suffix,
      },
    );
  }
};

/**
 * The setting of the odd cluster; where it has none, its mesh config; where no side has more clusters, the setting that
 * only one of them has.
 */
const differenceOf = (mesh: Mesh, all: readonly Said[]): Pick<Difference, 'at' | 'cluster' | 'pattern'> | undefined => {
  const deviation = deviations(all, (said) => said.local)[0];
  if (deviation === undefined) return undefined;
  const { odd, peers, isOutvoted } = deviation;
  const stated = [odd, ...peers, ...all].filter((said) => said.setting !== undefined);
  const main = stated.find((said) => isOwn(mesh, said, all)) ?? stated[0];
  if (main?.setting === undefined) return undefined;
  const ownConfig = odd.config.cluster.meshConfigs[0];
  if (isOutvoted && odd.setting === undefined && ownConfig !== undefined)
    return { at: ownConfig.place, cluster: odd.config, pattern: main.setting.pattern };
  return { at: main.setting.place, cluster: main.config, pattern: main.setting.pattern };
};

/** Whether no cluster that decides otherwise has the same setting. */
const isOwn = (mesh: Mesh, { setting, local }: Said, all: readonly Said[]): boolean =>
  all.every(
    (other) =>
      other.local === local ||
      !clusterLocalSettings(mesh, other.config).some(
        (held) => held.pattern === setting?.pattern && held.local === setting.local,
      ),
  );

const relatedOf = (all: readonly Said[], at: Place): readonly Related[] =>
  all.flatMap(({ config, setting, local }) =>
    setting === undefined || setting.place === at
      ? []
      : [
          {
            place: setting.place,
            cluster: config.name,
            message: `serviceSettings: ${local === 'yes' ? 'cluster-local' : 'not cluster-local'}`,
          },
        ],
  );

// ---- in one cluster ----

const checkDenials = (
  mesh: Mesh,
  config: Member,
  dead: ReadonlySet<ClusterLocalSetting>,
  report: Report<typeof messages>,
): void => {
  const said = speaksFor(mesh.versionOf(config).minors, '1.6-1.21', 'warning');
  if (said === undefined) return;
  for (const { denial, wider } of futileDenials(mesh, config))
    if (!dead.has(denial))
      report(
        'futile',
        {
          at: denial.place,
          cluster: config.name,
          severity: said.severity,
          also: [{ place: wider.place, cluster: config.name, message: `${wider.pattern}: clusterLocal true` }],
          fix: 'Name the hosts that stay in the cluster one by one instead of the wider host, or update to Istio 1.22.',
        },
        { denial: denial.pattern, cluster: config.name, wider: wider.pattern, suffix: said.suffix },
      );
};

/**
 * Why a host covers no Service; undefined where it covers one, or where Services that it may mean are not in the files.
 * `false` for a default (kube-system, the API server) concerns Services that nobody keeps in files.
 */
const whyDead = (mesh: Mesh, config: Member, pattern: string): string | undefined => {
  const table = serviceTable(mesh);
  if (table.all.length === 0 || serviceEntryHosts(mesh, config).find(pattern) !== undefined) return undefined;
  if (table.all.some((service) => covers(pattern, hostOfService(service, config)))) return undefined;
  const domain = clusterDomainOf(config);
  const suffix = `.svc.${domain}`;
  if (!pattern.endsWith(suffix)) {
    if ([...disputedDomains(mesh)].some((other) => pattern.endsWith(`.svc.${other}`))) return undefined;
    const isPartOfDomain = isWildcard(pattern) && suffix.endsWith(pattern.slice(1));
    return isPartOfDomain || !isService(mesh, pattern) ? undefined : `: hosts end with ${suffix}`;
  }
  const namespace = pattern.slice(0, -suffix.length).split('.').at(-1) ?? '';
  if (namespace === '' || namespace === '*' || SYSTEM.has(namespace)) return undefined;
  if (table.inNamespace(namespace).length > 0) return '';
  return holdsNamespaces(mesh, config) && !isNamespace(mesh, namespace)
    ? `: no cluster has a namespace ${namespace}`
    : undefined;
};

/** Each namespace with Services has its Namespace object in the files, so that one which has none is not there. */
const holdsNamespaces = (mesh: Mesh, config: Member): boolean => {
  const named = new Set(config.resources.ofKind('Namespace', '').map((namespace) => namespace.name));
  const used = config.resources.ofKind('Service', '').map((service) => service.namespace ?? '');
  return (
    named.size > 0 &&
    used.every((namespace) => named.has(namespace) || SYSTEM.has(namespace)) &&
    !hidesKind(config.cluster, ['Namespace', 'Service']) &&
    mesh.tracks('namespace')
  );
};

const isNamespace = (mesh: Mesh, name: string): boolean =>
  mesh.members.some(
    (member) =>
      member.resources.ofKind('Namespace', '').some((namespace) => namespace.name === name) ||
      member.resources.all.some((resource) => resource.namespace === name),
  );

/** Whether a host that is not written in full names a namespace or a Service of the mesh: `*.shop`, `cart.shop.svc`. */
const isService = (mesh: Mesh, pattern: string): boolean => {
  const [name, namespace] = pattern.split('.');
  const table = serviceTable(mesh);
  if (name === undefined || namespace === undefined) return table.named(pattern).length > 0;
  return name.startsWith('*') ? table.inNamespace(namespace).length > 0 : table.find(namespace, name) !== undefined;
};

const SYSTEM: ReadonlySet<string> = new Set(['kube-system', 'kube-public', 'default', 'istio-system']);
