import type { Resource, ValuesSource } from '../../model/index.ts';
import { filled, flag, get, isRecord, isTemplate, list, record, text } from '../../model/index.ts';
import type { Placed } from '../place/placed.ts';

/** What one file tells of the cluster that it belongs to. */
export interface Evidence {
  /** Ids that a control plane states for its own cluster. */
  readonly ids: readonly string[];
  /** Ids stated by anything else (gateways, injection paths, istio-csr, home-made values). */
  readonly weakIds: readonly string[];
  readonly networks: readonly string[];
  /** States an id or network that some tool still has to fill in. */
  readonly template: boolean;
  /** Installs a control plane, or makes the cluster use one. */
  readonly installs: boolean;
  /** Runs a control plane for a mesh of other clusters (EXTERNAL_ISTIOD with the id of one of these). */
  readonly servesOthers: boolean;
  /** Holds a remote secret, or makes one. */
  readonly readsOthers: boolean;
  /** Holds objects of Istio, values of its charts, or system objects. */
  readonly istio: boolean;
  /** Holds anything that a cluster would be given. */
  readonly content: boolean;
}

export const evidenceOf = (placed: Placed): Evidence => {
  const ids = new Set<string>();
  const weak = new Set<string>();
  const networks = new Set<string>();
  let template = false;
  const add = (set: Set<string>, value: unknown): void => {
    const found = filled(value);
    if (found === undefined) return;
    if (isTemplate(found)) template = true;
    else set.add(found);
  };

  let installs = false;
  for (const source of placed.values) {
    const isInstall = installsControlPlane(source);
    installs ||= isInstall;
    if (!isExternalControlPlane(source))
      add(isInstall ? ids : weak, get(source.values, 'global', 'multiCluster', 'clusterName'));
    add(weak, get(source.values, 'multiCluster', 'clusterName'));
    if (source.chart === 'istio-csr') add(weak, get(source.values, 'app', 'server', 'clusterID'));
    add(networks, get(source.values, 'global', 'network'));
    add(networks, source.values.networkGateway);
    add(networks, get(source.values, 'labels', NETWORK));
    for (const path of [
      get(source.values, 'istiodRemote', 'injectionPath'),
      get(source.values, 'istiodRemote', 'injectionURL'),
    ]) {
      const injection = injectionOf(text(path) ?? '');
      add(weak, injection.cluster);
      add(networks, injection.network);
    }
  }
  for (const config of placed.looseConfigs) {
    // Charts of one's own around Istio's; many other charts ask for a clusterName alone.
    if (['meshID', 'meshId', 'network'].some((key) => filled(config.value[key]) !== undefined))
      add(weak, config.value.clusterName);
  }
  for (const resource of placed.resources) {
    if (resource.kind === 'Namespace' || resource.kind === 'Service' || resource.kind === 'Gateway')
      add(networks, resource.labels[NETWORK]);
    if (resource.kind === 'Deployment') add(ids, ownClusterId(resource));
  }
  installs ||= placed.releases.some(({ chart }) => chart === 'istiod' || chart === 'istiod-remote');
  installs ||= placed.resources.some(
    (resource) => resource.kind === 'Deployment' && /^(?:istiod|istio-pilot)(?:-|$)/.test(resource.name),
  );
  const servesOthers = placed.values.some(namesOtherCluster) || placed.resources.some(readsOtherCluster);
  const istio =
    placed.values.length > 0 ||
    placed.meshConfigs.length > 0 ||
    placed.injectors.length > 0 ||
    placed.resources.some(isIstio);
  return {
    ids: [...ids],
    weakIds: [...weak],
    networks: [...networks],
    template,
    installs,
    servesOthers,
    readsOthers: placed.resources.some(isRemoteSecret),
    istio,
    content: istio || placed.resources.some(({ kind }) => kind !== 'Kustomization'),
  };
};

const NETWORK = 'topology.istio.io/network';

const isIstio = (resource: Resource): boolean =>
  resource.group.endsWith('istio.io') ||
  resource.group === 'sailoperator.io' ||
  resource.name === 'cacerts' ||
  (resource.kind === 'Namespace' && (resource.name === 'istio-system' || Object.hasOwn(resource.labels, NETWORK))) ||
  isRemoteSecret(resource);

const REMOTE_SECRET = 'istio/multiCluster';

/** A Secret with that label, or an ExternalSecret or SealedSecret that gives it to the Secret it makes. */
const isRemoteSecret = ({ kind, labels, value }: Resource): boolean =>
  (kind === 'Secret' && Object.hasOwn(labels, REMOTE_SECRET)) ||
  [get(value, 'spec', 'target', 'template'), get(value, 'spec', 'template')].some(
    (template) => kind.endsWith('Secret') && Object.hasOwn(record(get(template, 'metadata', 'labels')), REMOTE_SECRET),
  );

const installsControlPlane = (source: ValuesSource): boolean => {
  if (source.chart === 'istiod' || source.chart === 'istiod-remote') return Object.keys(source.values).length > 0;
  return source.chart === 'operator' && filled(get(source.object?.value, 'spec', 'profile')) !== 'empty';
};

/** Its `clusterName` is that of the cluster whose API server it reads. */
const isExternalControlPlane = ({ values }: ValuesSource): boolean =>
  flag(get(values, 'pilot', 'env', 'EXTERNAL_ISTIOD')) === true ||
  flag(get(values, 'global', 'externalIstiod')) === true;

/** The env list of an operator's istiod names the cluster whose API server it reads. */
const namesOtherCluster = ({ object }: ValuesSource): boolean =>
  namesExternal(list(get(object?.value, 'spec', 'components', 'pilot', 'k8s', 'env')));

const readsOtherCluster = ({ kind, value }: Resource): boolean =>
  kind === 'Deployment' &&
  list(get(value, 'spec', 'template', 'spec', 'containers')).some((container) =>
    namesExternal(list(get(container, 'env'))),
  );

const namesExternal = (entries: readonly unknown[]): boolean => {
  const env = new Map(entries.map((entry) => [text(get(entry, 'name')), get(entry, 'value')]));
  return flag(env.get('EXTERNAL_ISTIOD')) === true && filled(env.get('CLUSTER_ID')) !== undefined;
};

const ownClusterId = (deployment: Resource): string | undefined => {
  for (const container of list(get(deployment.value, 'spec', 'template', 'spec', 'containers'))) {
    const env = new Map(list(get(container, 'env')).map((entry) => [text(get(entry, 'name')), get(entry, 'value')]));
    if (!env.has('CLUSTER_ID') || flag(env.get('EXTERNAL_ISTIOD')) === true) continue;
    return filled(env.get('CLUSTER_ID'));
  }
  return undefined;
};

/** `/inject/cluster/<id>/net/<network>`, pairs in any order; in older versions `:ENV:cluster=<id>:ENV:net=<network>`. */
const injectionOf = (path: string): { readonly cluster: string | undefined; readonly network: string | undefined } => {
  const pair = (key: string): string | undefined => {
    const found = new RegExp(`/${key}/([^/?]+)`).exec(path)?.[1] ?? new RegExp(`:ENV:${key}=([^:]+)`).exec(path)?.[1];
    return found?.replaceAll('--slash--', '/');
  };
  return path.includes('/inject')
    ? { cluster: pair('cluster'), network: pair('net') }
    : { cluster: undefined, network: undefined };
};

/** Kinds that say nothing of who owns them, or that many files repeat. */
const UNTELLING = new Set(['Namespace', 'Kustomization', 'ServiceAccount', 'CustomResourceDefinition', 'Component']);

/** Objects that one cluster can hold only once. */
export const identitiesOf = (files: readonly Placed[]): Set<string> => {
  const found = new Set<string>();
  for (const placed of files)
    for (const { kind, group, namespace, name } of placed.resources)
      if (!UNTELLING.has(kind) && name !== '') found.add(`${group}/${kind}/${namespace ?? ''}/${name}`);
  return found;
};

export const hasPodTemplate = (placed: Placed): boolean =>
  placed.resources.some(
    ({ value }) =>
      isRecord(get(value, 'spec', 'template', 'spec')) || (record(value).kind === 'Pod' && isRecord(value.spec)),
  );
