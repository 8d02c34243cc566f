// What the clients of a namespace see: exportTo of objects, and the Sidecar without selector of the namespace.
import { meshConfigSightings } from '../facts/sources.ts';
import type { Member } from '../facts/mesh.ts';
import type { Resource } from '../model/index.ts';
import { get, list, texts } from '../model/index.ts';
import { covers, isWildcard, serviceOf, splitHost, UNSTATED } from './hosts.ts';
import { clusterDomainOf, oncePerMember, rootNamespaceOf } from './scope.ts';
import { matchLabels } from './selectors.ts';

/** Namespaces that see an object; undefined is all. `setting` is the key of the mesh config with the default. */
export const exportedTo = (
  config: Member,
  { value, namespace }: Resource,
  setting: string,
): readonly string[] | undefined => {
  const stated = texts(get(value, 'spec', 'exportTo'));
  const names = stated.length > 0 ? stated : texts(meshConfigSightings(config.cluster, [setting])[0]?.value);
  if (names.length === 0 || names.includes('*')) return undefined;
  return names.flatMap((name) => (name === '~' ? [] : [name === '.' ? (namespace ?? UNSTATED) : name]));
};

/** A namespace whose clients see both objects; undefined where there is none, `*` where all may. */
export const sharedNamespace = (
  one: readonly string[] | undefined,
  other: readonly string[] | undefined,
): string | undefined => {
  if (one === undefined) return other === undefined ? '*' : other[0];
  return other === undefined ? one[0] : one.find((name) => other.includes(name));
};

const sidecars = oncePerMember((_mesh, config): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, readonly string[]>();
  for (const { value, namespace } of config.resources.ofKind('Sidecar', 'networking.istio.io')) {
    const isDefault = matchLabels(
      { selector: { matchLabels: get(value, 'spec', 'workloadSelector', 'labels') } },
      'selector',
    );
    if (isDefault !== undefined || namespace === undefined) continue;
    const hosts = list(get(value, 'spec', 'egress')).flatMap((listener) => texts(get(listener, 'hosts')));
    if (hosts.length > 0) found.set(namespace, hosts);
  }
  return found;
});

/** Whether the default Sidecar of a namespace, else that of the root namespace, lets its clients call a Service. */
export const importsHost = (
  mesh: Parameters<typeof sidecars>[0],
  config: Member,
  client: string,
  host: string,
): boolean => {
  const held = sidecars(mesh, config);
  const hosts = held.get(client) ?? held.get(rootNamespaceOf(config));
  if (hosts === undefined) return true;
  const owner = serviceOf(host, clusterDomainOf(config))?.namespace;
  if (owner === undefined) return true;
  return hosts.some((written) => {
    const { namespace, host: pattern } = splitHost(written);
    const isNamed = namespace === undefined || namespace === '*' || (namespace === '.' ? client : namespace) === owner;
    return isNamed && (isWildcard(pattern) ? covers(pattern, host) : pattern === host);
  });
};

/** Whether clients of some namespace see a host of two ServiceEntries: by exportTo, and by the Sidecar of the namespace. */
export const isSharedHost = (
  mesh: Parameters<typeof sidecars>[0],
  config: Member,
  one: { readonly entry: Resource; readonly host: string },
  other: { readonly entry: Resource },
): boolean => {
  const [mine, theirs] = [one.entry, other.entry].map((entry) => exportedTo(config, entry, 'defaultServiceExportTo'));
  const clients =
    mine === undefined ? theirs : theirs === undefined ? mine : mine.filter((name) => theirs.includes(name));
  return clients === undefined || clients.some((client) => importsHost(mesh, config, client, one.host));
};
