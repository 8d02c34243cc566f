// What installs objects that the files do not show, and into which namespace.
import { installers, sourcesOf, specOf } from '../facts/installers.ts';
import { gatewayClass } from '../facts/gateways.ts';
import type { Member, Mesh } from '../facts/mesh.ts';
import { operatedObjects } from '../facts/operators.ts';
import type { Resource } from '../model/index.ts';
import { filled, flag, get, isTemplate, list, texts } from '../model/index.ts';
import { oncePerMember, oncePerMesh } from './scope.ts';

/** A chart, Application or Kustomization whose objects are not among the files. */
export interface Installer {
  readonly resource: Resource;
  /** Namespaces that it installs into; undefined where that may be any. */
  readonly namespaces: readonly string[] | undefined;
  /** Its own name and that of its release: charts call Services and workloads after them. */
  readonly names: readonly string[];
}

/** What installs objects into a cluster, or into a namespace of it, that the files do not show. */
export const installersIn = (mesh: Mesh, member: Member, namespace?: string): readonly Installer[] => {
  const all = hiddenInstallers(mesh, member);
  return namespace === undefined
    ? all
    : all.filter(({ namespaces }) => namespaces === undefined || namespaces.includes(namespace));
};

/** Names of what is installed into a cluster: something of that name comes with it. */
export const installedNames = oncePerMember(
  (mesh, member): ReadonlySet<string> => new Set(installersIn(mesh, member).flatMap(({ names }) => names)),
);

/** Namespaces of a cluster that something names to install into, whether or not the files show what. */
export const namespacesInstalledInto = oncePerMember(
  (_mesh, member): ReadonlySet<string> =>
    new Set(installers(member.resources).flatMap((resource) => targetsOf(resource) ?? [])),
);

/** Whether something makes the namespace that it installs into, and what that is called is not told. */
export const createsUntoldNamespaces = ({ resources }: Member): boolean =>
  installers(resources).some((resource) => createsNamespace(resource) && targetsOf(resource) === undefined);

const createsNamespace = (resource: Resource): boolean => {
  const spec = specOf(resource);
  return (
    flag(get(spec, 'install', 'createNamespace')) === true ||
    flag(get(spec, 'createNamespace')) === true ||
    texts(get(spec, 'syncPolicy', 'syncOptions')).some((option) => /^CreateNamespace=true$/i.test(option))
  );
};

const hiddenInstallers = oncePerMember((mesh, member): readonly Installer[] =>
  installers(member.resources)
    .filter((resource) => !isShown(mesh, resource))
    .map((resource) => ({ resource, namespaces: targetsOf(resource), names: namesOf(resource) })),
);

/** What may make Services, pods and accounts in a namespace: installers, and operators whose objects lie there. */
export const mayMakeObjectsIn = (mesh: Mesh, member: Member, namespace?: string): boolean =>
  installersIn(mesh, member, namespace).length > 0 ||
  (namespace === undefined ? operated(mesh, member).size > 0 : operated(mesh, member).has(namespace));

/** Whether the name of a Service is that of an object of an operator, or has it as a word: `pg-rw` beside Cluster pg. */
export const isNamedAfterOperated = (mesh: Mesh, member: Member, namespace: string, service: string): boolean =>
  operated(mesh, member)
    .get(namespace)
    ?.some((name) => `-${service}-`.includes(`-${name}-`)) === true;

/** Names of the objects of operators, by namespace. */
const operated = oncePerMember((_mesh, member): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>();
  for (const { namespace, name } of operatedObjects(member.resources))
    if (namespace !== undefined) found.set(namespace, [...(found.get(namespace) ?? []), name]);
  return found;
});

const namesOf = (resource: Resource): readonly string[] =>
  [
    resource.name,
    get(specOf(resource), 'releaseName'),
    ...sourcesOf(resource).map((source) => get(source, 'helm', 'releaseName')),
    ...list(resource.value['helmCharts']).flatMap((chart) => [get(chart, 'name'), get(chart, 'releaseName')]),
  ].flatMap((name) => filled(name) ?? []);

const targetsOf = (resource: Resource): readonly string[] | undefined => {
  const found = statedTargets(resource);
  return found.length === 0 || found.some((name) => name === undefined || isTemplate(name))
    ? undefined
    : found.filter((name) => name !== undefined);
};

const statedTargets = (resource: Resource): readonly (string | undefined)[] => {
  const { kind, namespace, value } = resource;
  const target = filled(get(specOf(resource), 'targetNamespace'));
  if (kind === 'HelmRelease') return [target ?? namespace];
  // k3s: `default`, which older ones took for the namespace of the object.
  if (kind === 'HelmChart') return target === undefined ? ['default', namespace] : [target];
  if (kind === 'Kustomization')
    return value['helmCharts'] === undefined
      ? [target]
      : list(value['helmCharts']).map((chart) => filled(get(chart, 'namespace')) ?? filled(value['namespace']));
  const destination = filled(get(specOf(resource), 'destination', 'namespace'));
  // Into the namespace of Argo CD go other Applications.
  return [destination === namespace ? undefined : destination];
};

/** Whether all that it applies is among the files of the mesh. */
const isShown = (mesh: Mesh, resource: Resource): boolean => {
  const applied = appliedBy(resource);
  return applied !== undefined && applied.every(({ repository }) => isLoaded(mesh).get(repository) === true);
};

interface Applied {
  readonly repository: string;
  readonly path: string;
}

/** Directories that an object applies; undefined where it installs a chart, or says none. */
const appliedBy = (resource: Resource): readonly Applied[] | undefined => {
  if (resource.kind === 'Kustomization' && resource.group !== 'kustomize.config.k8s.io') {
    const path = pathOf(get(resource.value, 'spec', 'path'));
    const source = get(resource.value, 'spec', 'sourceRef');
    const repository = ['kind', 'namespace', 'name'].map((key) => filled(get(source, key)) ?? '').join('/');
    return path === undefined ? undefined : [{ repository, path }];
  }
  if (resource.kind !== 'Application') return undefined;
  const found = sourcesOf(resource).map((source) => {
    const path = get(source, 'chart') === undefined ? pathOf(get(source, 'path')) : undefined;
    return path === undefined ? undefined : { repository: filled(get(source, 'repoURL')) ?? '', path };
  });
  return found.length === 0 || found.includes(undefined) ? undefined : found.filter((one) => one !== undefined);
};

/** Undefined for the root of a repository, which no path tells apart from that of another. */
const pathOf = (written: unknown): string | undefined => {
  const path = (filled(written) ?? '').replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '');
  return path === '' || path === '.' || isTemplate(path) ? undefined : path;
};

/** Repositories, and whether each directory of them that something applies is among the files: then they are this one. */
const isLoaded = oncePerMesh((mesh): ReadonlyMap<string, boolean> => {
  const applied = mesh.members.flatMap(({ resources }) =>
    installers(resources).flatMap((resource) => appliedBy(resource) ?? []),
  );
  const found = new Map<string, boolean>();
  if (applied.length === 0) return found;
  const directories = endsOfDirectories(mesh);
  for (const { repository, path } of applied)
    found.set(repository, found.get(repository) !== false && directories.has(path));
  return found;
});

/** `west/shop` and `shop` for `clusters/west/shop`, and those of the directories around: the files may be a part of the repository. */
const endsOfDirectories = (mesh: Mesh): ReadonlySet<string> => {
  const held = new Set(
    mesh.members.flatMap(({ cluster }) => cluster.files.map(({ path }) => path.split('/').slice(0, -1).join('/'))),
  );
  const found = new Set<string>();
  for (const steps of [...held].map((directory) => directory.split('/')))
    for (let from = 0; from < steps.length; from++)
      for (let to = from + 1; to <= steps.length; to++) found.add(steps.slice(from, to).join('/'));
  return found;
};

/**
 * Names of the Deployment, Service and ServiceAccount that Istio makes for a Gateway of the Gateway API: what its
 * annotations say, else `<name>-<class>`; the plain name for waypoints, east-west gateways and before Istio 1.17.
 */
export const namesOfGateway = (mesh: Mesh, member: Member, gateway: Resource): readonly string[] => {
  const kind = filled(gatewayClass(gateway)) ?? 'istio';
  const isPlain = kind !== 'istio' || mesh.versionOf(member).minors.low < 17;
  const account = filled(gateway.annotations['gateway.istio.io/service-account']);
  const name = filled(gateway.annotations['gateway.istio.io/name-override']);
  return [
    ...(name === undefined ? [`${gateway.name}-${kind}`, ...(isPlain ? [gateway.name] : [])] : [name]),
    ...(account === undefined ? [] : [account]),
  ];
};
