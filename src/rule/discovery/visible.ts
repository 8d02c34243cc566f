// Whether istiod sees a remote secret at all: its namespace, its label, and a control plane that looks there.
import type { Member, Mesh } from '../../facts/mesh.ts';
import type { RemoteSecret } from '../../facts/remoteSecrets.ts';
import { argumentSightings } from '../../facts/sources.ts';
import type { Place, Resource } from '../../model/index.ts';
import { get, isRecord, isTemplate, placeIn, sightingsOf } from '../../model/index.ts';
import { istioNamespaceOf, oncePerMember } from '../scope.ts';
import { planeRole } from './roles.ts';

export const LABEL = 'istio/multiCluster';

/** Labels by which other tools know their own kubeconfigs. */
const FOREIGN =
  /kiali\.io|argocd|argoproj|cluster\.x-k8s\.io|admiral|kubesphere|fluxcd|cattle\.io|karmada|open-cluster-management|submariner|velero|clusternet/i;

/** A label that was meant to be `istio/multiCluster`. */
const nearLabel = (secret: RemoteSecret): string | undefined =>
  Object.keys(secret.resource.labels).find(
    (key) => key !== LABEL && /istio/i.test(key) && /multi-?cluster$/i.test(key),
  );

/** A kubeconfig that is there for another tool: only its content looks like a remote secret. */
export const isForeign = (secret: RemoteSecret, ids: ReadonlySet<string>, namespaces: readonly string[]): boolean => {
  if (secret.evidence !== 'kubeconfig' || nearLabel(secret) !== undefined) return false;
  const { labels, annotations, name, namespace } = secret.resource;
  if (secret.key === undefined || !ids.has(secret.key) || name === 'istio-kubeconfig') return true;
  if ([...Object.keys(labels), ...Object.keys(annotations), name].some((word) => FOREIGN.test(word))) return true;
  return /kiali/.test(name) || namespace === undefined || !namespaces.includes(namespace);
};

/** Namespaces in which the control plane of a cluster looks for remote secrets. */
export const registryNamespaces = oncePerMember((_mesh, member): readonly string[] => {
  const told = argumentSightings(member.cluster, '--clusterRegistriesNamespace').map(({ value }) => value);
  if (told.length > 0) return [...new Set(told)];
  const said = sightingsOf(member.istioNamespace).map(({ value }) => value);
  return [...new Set([...said, istioNamespaceOf(member)])];
});

export type Hidden =
  | { readonly what: 'namespace'; readonly at: Place; readonly namespace: string; readonly expected: readonly string[] }
  | { readonly what: 'label'; readonly at: Place; readonly found: string }
  | { readonly what: 'no-control-plane'; readonly at: Place };

/** Why istiod does not see a remote secret, each with the key to change. Empty where it does, or where it cannot be told. */
export const hiddenBecause = (mesh: Mesh, member: Member, secret: RemoteSecret): readonly Hidden[] => {
  const role = planeRole(mesh, member);
  if (role === 'external') return [];
  const { resource } = secret;
  if (role === 'remote')
    return resource.shared ? [] : [{ what: 'no-control-plane', at: placeIn(resource, 'metadata', 'namespace') }];
  const found: Hidden[] = [];
  const expected = registryNamespaces(mesh, member);
  const { namespace } = resource;
  if (role !== 'config' && namespace !== undefined && !isTemplate(namespace) && !expected.includes(namespace))
    found.push({ what: 'namespace', at: placeIn(resource, 'metadata', 'namespace'), namespace, expected });
  const label = labelFault(member, secret);
  return label === undefined ? found : [...found, label];
};

const labelFault = (member: Member, secret: RemoteSecret): Hidden | undefined => {
  const { resource } = secret;
  const path = labelsPath(resource);
  if (path === undefined) return undefined;
  const written = get(resource.value, ...path, LABEL);
  if (written === 'true' || (typeof written === 'string' && isTemplate(written))) return undefined;
  if (written !== undefined && written !== null) {
    const shown = typeof written === 'string' ? `"${written}"` : `${JSON.stringify(written)} without quotes`;
    return { what: 'label', at: placeIn(resource, ...path, LABEL), found: shown };
  }
  if (secret.evidence === 'label' || labelsComeLater(member)) return undefined;
  const near = nearLabel(secret);
  return near === undefined
    ? { what: 'label', at: placeIn(resource, ...path), found: 'missing' }
    : { what: 'label', at: placeIn(resource, ...path, near), found: `missing (it has ${near})` };
};

/** Where the labels of the Secret stand; undefined where a template elsewhere may give them. */
const labelsPath = (resource: Resource): readonly string[] | undefined => {
  if (resource.kind === 'Secret') return ['metadata', 'labels'];
  if (resource.kind === 'SealedSecret') return ['spec', 'template', 'metadata', 'labels'];
  const template = get(resource.value, 'spec', 'target', 'template');
  if (get(template, 'templateFrom') !== undefined) return undefined;
  return isRecord(get(template, 'metadata'))
    ? ['spec', 'target', 'template', 'metadata', 'labels']
    : ['metadata', 'labels'];
};

const laterLabels = new WeakMap<Member, boolean>();

/** A kustomization or some other object of the cluster names the label: it may put it on. */
const labelsComeLater = (member: Member): boolean => {
  let found = laterLabels.get(member);
  if (found === undefined) {
    found = member.resources.all.some(
      ({ kind, value }) =>
        !['Secret', 'SealedSecret', 'ExternalSecret'].includes(kind) && JSON.stringify(value).includes(LABEL),
    );
    laterLabels.set(member, found);
  }
  return found;
};
