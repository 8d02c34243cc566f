import type { Place, Resource } from '../../model/index.ts';
import { below, get, isOneSlipAway, isRecord, list, record, text, textMap } from '../../model/index.ts';

/** Kinds that never live in a namespace, of the groups that meshes use. */
const CLUSTER_SCOPED = new Set([
  'Namespace',
  'Node',
  'PersistentVolume',
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
  'APIService',
  'StorageClass',
  'PriorityClass',
  'IngressClass',
  'GatewayClass',
  'ClusterIssuer',
  'ClusterSecretStore',
  'MeshPolicy',
  'ClusterRbacConfig',
  'Istio',
  'IstioCNI',
  'ZTunnel',
]);

export const isClusterScoped = (kind: string): boolean => CLUSTER_SCOPED.has(kind);

/** API group of an `apiVersion`: '' for the core group. */
export const groupOf = (apiVersion: string): string => {
  const cut = apiVersion.indexOf('/');
  return cut < 0 ? '' : apiVersion.slice(0, cut);
};

const ISTIO_GROUPS = [
  'authentication.istio.io',
  'config.istio.io',
  'extensions.istio.io',
  'install.istio.io',
  'networking.istio.io',
  'operator.istio.io',
  'rbac.istio.io',
  'security.istio.io',
  'telemetry.istio.io',
  'gateway.networking.k8s.io',
];

const meant = new Map<string, string>(ISTIO_GROUPS.map((group) => [group, group]));

/**
 * The group that was meant: an object in `networking.istio.oi`, or in a group without a version, is told as such by schema/unknown-version, and as
 * missing by nobody.
 */
const groupMeant = (written: string): string => {
  let found = meant.get(written);
  if (found === undefined) {
    found = ISTIO_GROUPS.find((group) => isOneSlipAway(written, group)) ?? written;
    meant.set(written, found);
  }
  return found;
};

/** An object with `kind` and `apiVersion`, as a Resource. `namespace` is that of what surrounds it. */
export const resourceOf = (
  value: Readonly<Record<string, unknown>>,
  place: Place,
  namespace?: string | undefined,
): Resource | undefined => {
  const kind = text(value.kind);
  if (kind === undefined || kind === '') return undefined;
  const apiVersion = text(value.apiVersion) ?? 'v1';
  const metadata = record(value.metadata);
  const stated = text(metadata.namespace);
  return {
    apiVersion,
    group: groupMeant(ISTIO_GROUPS.includes(apiVersion) ? apiVersion : groupOf(apiVersion)),
    version: apiVersion.slice(apiVersion.indexOf('/') + 1),
    kind,
    name: text(metadata.name) ?? (typeof metadata.name === 'number' ? String(metadata.name) : ''),
    namespace: CLUSTER_SCOPED.has(kind) ? undefined : (namespace ?? (stated === '' ? undefined : stated)),
    labels: textMap(metadata.labels),
    annotations: textMap(metadata.annotations),
    value,
    place,
    shared: false,
  };
};

/** The objects of a document: itself, or the items of a `List`, each with its own place. */
export const objectsOf = (
  value: unknown,
  place: Place,
): readonly { readonly value: Readonly<Record<string, unknown>>; readonly place: Place }[] => {
  if (!isRecord(value) || text(value.kind) === undefined) return [];
  const isList = text(value.kind)!.endsWith('List') && Array.isArray(value.items);
  if (!isList) return [{ value, place }];
  const kind = text(value.kind)!.slice(0, -'List'.length);
  return list(value.items).flatMap((item, index) => {
    if (!isRecord(item)) return [];
    // Items of a typed list (SecretList) may leave out what the list says.
    const typed =
      kind === '' || text(get(item, 'kind')) !== undefined ? item : { apiVersion: value.apiVersion, kind, ...item };
    return objectsOf(typed, below(place, 'items', index));
  });
};
