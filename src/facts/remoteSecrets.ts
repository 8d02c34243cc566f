import type { Cluster, Path, Place, Resource } from '../model/index.ts';
import { filled, get, isRecord, isTemplate, list, placeIn, record, text, textMap } from '../model/index.ts';
import type { Kubeconfig, KubeconfigAuth } from './kubeconfig.ts';
import { kubeconfigOf } from './kubeconfig.ts';
export type { KubeconfigAuth } from './kubeconfig.ts';

/** One entry of a Secret that lets istiod read another cluster. */
export interface RemoteSecret {
  /** Cluster id under which istiod registers it: the data key. Undefined where the content is opaque. */
  readonly key: string | undefined;
  /** Id that the name or the annotation suggests; only a hint. */
  readonly hint: string | undefined;
  /** API server of the kubeconfig, where it can be read. */
  readonly server: string | undefined;
  /** Means of authentication that its users have; undefined where the content cannot be read. */
  readonly auth: readonly KubeconfigAuth[] | undefined;
  readonly opaque: boolean;
  /** What the kubeconfig says, where it can be read. */
  readonly kubeconfig?: Kubeconfig | undefined;
  /** Name of the Secret itself, which a SealedSecret or ExternalSecret may give it. */
  readonly secretName?: string | undefined;
  /** Why it is taken for a remote secret. */
  readonly evidence: 'label' | 'name' | 'kubeconfig';
  readonly resource: Resource;
  readonly place: Place;
}

const LABEL = 'istio/multiCluster';
const PREFIX = 'istio-remote-secret-';
/** Larger values are no kubeconfigs that anyone wrote. */
const MAX_KUBECONFIG = 256 * 1024;

/** Remote secrets in the order of their files; tokens and keys are never kept. */
export const remoteSecrets = (cluster: Cluster): readonly RemoteSecret[] => [
  ...cluster.resources.ofKind('Secret', '').flatMap(ofSecret),
  ...cluster.resources
    .ofKind('SealedSecret')
    .flatMap((resource) =>
      ofOpaque(resource, ['spec', 'template', 'metadata'], keysAt(resource, 'spec', 'encryptedData')),
    ),
  ...cluster.resources.ofKind('ExternalSecret').flatMap(ofExternalSecret),
];

const ofSecret = (resource: Resource): readonly RemoteSecret[] => {
  const evidence = evidenceOf(resource.name, resource.labels);
  const hint = hintOf(resource.name, resource.annotations);
  const entries = ['data', 'stringData'].flatMap((field) =>
    Object.entries(record(resource.value[field])).map(([key, value]) => ({
      key,
      place: placeIn(resource, field, key),
      content: contentOf(field, value),
    })),
  );
  if (evidence !== undefined && entries.length === 0)
    return [
      {
        key: undefined,
        hint,
        server: undefined,
        auth: undefined,
        opaque: true,
        secretName: resource.name,
        evidence,
        resource,
        place: resource.place,
      },
    ];
  return entries.flatMap(({ key, place, content }) => {
    const kubeconfig = content === undefined ? undefined : kubeconfigOf(content);
    const why = evidence ?? (kubeconfig === undefined ? undefined : 'kubeconfig');
    if (why === undefined) return [];
    const known = isTemplate(key) ? undefined : key;
    return [
      {
        key: known,
        hint,
        server: kubeconfig?.server,
        auth: kubeconfig?.auth,
        opaque: kubeconfig === undefined,
        kubeconfig,
        secretName: resource.name,
        evidence: why,
        resource,
        place,
      },
    ];
  });
};

/** Text of a Secret's value; undefined where it is encrypted, a template or too large. */
const contentOf = (field: string, value: unknown): string | undefined => {
  const written = text(value);
  if (written === undefined || written.length > MAX_KUBECONFIG || written.startsWith('ENC[')) return undefined;
  return field === 'data' ? Buffer.from(written, 'base64').toString('utf8') : written;
};

/** A place inside the kubeconfig of a secret; base64 is one word, so its key is meant. */
export const placeInKubeconfig = ({ place }: RemoteSecret, path: Path): Place =>
  place.path.at(-2) === 'stringData' ? { ...place, inner: path } : place;

/** Server and kinds of users of a kubeconfig; undefined for any other text. */
export const readKubeconfig = (content: string): Pick<Kubeconfig, 'server' | 'auth'> | undefined => {
  const found = kubeconfigOf(content);
  return found === undefined ? undefined : { server: found.server, auth: found.auth };
};

const ofExternalSecret = (resource: Resource): readonly RemoteSecret[] => {
  const keys = list(get(resource.value, 'spec', 'data')).flatMap((entry, index) => {
    const key = filled(get(entry, 'secretKey'));
    return key === undefined ? [] : [{ key, place: placeIn(resource, 'spec', 'data', index, 'secretKey') }];
  });
  const templated = keysAt(resource, 'spec', 'target', 'template', 'data');
  return ofOpaque(resource, ['spec', 'target', 'template', 'metadata'], templated.length > 0 ? templated : keys);
};

const keysAt = (resource: Resource, ...path: string[]): readonly { key: string; place: Place }[] => {
  const held = get(resource.value, ...path);
  return isRecord(held) ? Object.keys(held).map((key) => ({ key, place: placeIn(resource, ...path, key) })) : [];
};

/** A Secret that some controller will make: its labels and keys are known, its content is not. */
const ofOpaque = (
  resource: Resource,
  template: readonly string[],
  keys: readonly { key: string; place: Place }[],
): readonly RemoteSecret[] => {
  const metadata = get(resource.value, ...template);
  const target = filled(get(resource.value, 'spec', 'target', 'name')) ?? resource.name;
  const evidence = evidenceOf(target, { ...resource.labels, ...textMap(get(metadata, 'labels')) });
  if (evidence === undefined) return [];
  const hint = hintOf(target, { ...resource.annotations, ...textMap(get(metadata, 'annotations')) });
  const common = {
    hint,
    server: undefined,
    auth: undefined,
    opaque: true,
    secretName: target,
    evidence,
    resource,
  } as const;
  const known = keys.filter(({ key }) => !isTemplate(key));
  return known.length === 0
    ? [{ ...common, key: undefined, place: resource.place }]
    : known.map(({ key, place }) => ({ ...common, key, place }));
};

const evidenceOf = (name: string, labels: Readonly<Record<string, string>>): 'label' | 'name' | undefined => {
  if (labels[LABEL] === 'true') return 'label';
  return name.startsWith(PREFIX) ? 'name' : undefined;
};

const hintOf = (name: string, annotations: Readonly<Record<string, string>>): string | undefined => {
  const hint =
    filled(annotations['networking.istio.io/cluster']) ??
    (name.startsWith(PREFIX) ? name.slice(PREFIX.length) : undefined);
  return hint === undefined || isTemplate(hint) ? undefined : hint;
};
