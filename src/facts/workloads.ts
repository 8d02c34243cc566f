import type { Cluster, Path, Place, Resource, Tri } from '../model/index.ts';
import {
  filled,
  flag,
  get,
  isRecord,
  isTemplate,
  list,
  placeIn,
  record,
  scalar,
  text,
  textMap,
} from '../model/index.ts';
import type { Facts } from './index.ts';
import { labelsByNamespace } from './namespaces.ts';
import { valueSightings } from './sources.ts';
import { ownMinors } from './version.ts';

/** A pod template of any controller, or a bare Pod. */
export interface Workload {
  readonly resource: Resource;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Pod spec and where it stands. */
  readonly spec: Readonly<Record<string, unknown>>;
  readonly specPlace: Place;
  /** Whether a sidecar is injected (or is part of the template). */
  readonly injected: Tri;
  readonly ambient: Tri;
  /** An Envoy that is a gateway: args `proxy router`, template `gateway`. */
  readonly gateway: boolean;
  readonly serviceAccount: string | undefined;
  readonly shared: boolean;
}

/** Never injected: the webhook leaves them out (`IgnoredNamespaces` of the injector). */
const IGNORED_NAMESPACES: ReadonlySet<string> = new Set([
  'kube-system',
  'kube-public',
  'kube-node-lease',
  'local-path-storage',
]);

/** Every pod template and Pod of the cluster. Labels of a namespace are unknown where no Namespace object is loaded. */
export const workloads = (cluster: Cluster, facts: Facts): readonly Workload[] => {
  const surroundings: Surroundings = {
    namespaceLabels: labelsByNamespace(cluster),
    byDefault: valueSightings(
      cluster,
      ['operator', 'istiod'],
      ['sidecarInjectorWebhook', 'enableNamespacesByDefault'],
    ).some((sighting) => flag(sighting.value) === true),
    podsOptIn: podsOptIn(facts),
  };
  return cluster.resources.all.flatMap((resource) => {
    const path = templatePath(resource);
    return path === undefined ? [] : [workloadAt(resource, path, surroundings)];
  });
};

/** What around a pod decides on its injection. */
interface Surroundings {
  readonly namespaceLabels: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly byDefault: boolean;
  readonly podsOptIn: Tri;
}

/** A pod label opts in without a label of its namespace: Istio 1.10+. */
const podsOptIn = (facts: Facts): Tri => {
  const { low, high } = ownMinors(facts.istioVersion);
  if (low >= 10) return 'yes';
  return high < 10 ? 'no' : 'unknown';
};

/** Where the pod (metadata and spec) stands in a resource; undefined for what runs no pods. */
const templatePath = (resource: Resource): Path | undefined => {
  if (resource.kind === 'Pod' && resource.group === '') return [];
  if (resource.kind === 'CronJob') return ['spec', 'jobTemplate', 'spec', 'template'];
  const spec = get(get(get(resource.value, 'spec'), 'template'), 'spec');
  return isRecord(spec) && Array.isArray(get(spec, 'containers')) ? ['spec', 'template'] : undefined;
};

const workloadAt = (resource: Resource, path: Path, surroundings: Surroundings): Workload => {
  const template = get(resource.value, ...path);
  const spec = record(get(template, 'spec'));
  const pod = {
    namespace: resource.namespace,
    labels: textMap(get(template, 'metadata', 'labels')),
    annotations: textMap(get(template, 'metadata', 'annotations')),
    spec,
  };
  const injected = injection(pod, surroundings);
  return {
    ...pod,
    resource,
    name: resource.name,
    specPlace: placeIn(resource, ...path, 'spec'),
    injected,
    ambient: ambience(pod, injected, surroundings),
    gateway: isGateway(pod),
    serviceAccount: filled(spec['serviceAccountName']) ?? filled(spec['serviceAccount']),
    shared: resource.shared,
  };
};

type Pod = Pick<Workload, 'namespace' | 'labels' | 'annotations' | 'spec'>;

const containersIn = (pod: Pod): readonly unknown[] => [
  ...list(pod.spec['containers']),
  ...list(pod.spec['initContainers']),
];

const argumentsOf = (container: unknown): readonly (string | undefined)[] =>
  ['command', 'args'].flatMap((key) => list(get(container, key)).map(scalar));

const runsProxyAs = (container: unknown, role: string): boolean => {
  const words = argumentsOf(container);
  return words[words.indexOf('proxy') + 1] === role && words.includes('proxy');
};

/** `istio-proxy` alone with image `auto` is the form of the gateway chart, which the template `gateway` fills in. */
const isGateway = (pod: Pod): boolean => {
  const templates = pod.annotations['inject.istio.io/templates'] ?? pod.labels['inject.istio.io/templates'] ?? '';
  if (templates.split(',').some((template) => template.trim() === 'gateway')) return true;
  const containers = list(pod.spec['containers']);
  if (containers.some((container) => runsProxyAs(container, 'router'))) return true;
  return (
    containers.length === 1 && get(containers[0], 'name') === 'istio-proxy' && get(containers[0], 'image') === 'auto'
  );
};

/** In the order of the injector: what the pod cannot change, its namespace's veto, its own word, its namespace's. */
const injection = (pod: Pod, surroundings: Surroundings): Tri => {
  if (
    containersIn(pod).some(
      (container) => text(get(container, 'name')) === 'istio-proxy' && runsProxyAs(container, 'sidecar'),
    )
  )
    return 'yes';
  if (flag(pod.spec['hostNetwork']) === true) return 'no';
  if (pod.namespace !== undefined && IGNORED_NAMESPACES.has(pod.namespace)) return 'no';
  const namespace = pod.namespace === undefined ? undefined : surroundings.namespaceLabels.get(pod.namespace);
  const word = pod.labels['sidecar.istio.io/inject'];
  if (flag(word) === false) return 'no';
  if (word === undefined && flag(pod.annotations['sidecar.istio.io/inject']) === false) return 'no';
  const fromNamespace = namespace === undefined ? 'unknown' : namespaceInjects(namespace, surroundings.byDefault);
  if (namespace?.['istio-injection'] === 'disabled') return 'no';
  if (word !== undefined && flag(word) === undefined) return 'unknown';
  const optsIn = flag(word) === true || filled(pod.labels['istio.io/rev']) !== undefined;
  if (fromNamespace === 'unknown' && configuresSidecar(pod)) return 'yes';
  if (!optsIn || fromNamespace === 'yes') return fromNamespace;
  // A namespace without object may still say `disabled`; who labels pods one by one does not do that.
  return surroundings.podsOptIn === 'no' ? fromNamespace : surroundings.podsOptIn;
};

/** Who writes settings for the sidecar on a pod has one there. */
const configuresSidecar = (pod: Pod): boolean =>
  Object.keys(pod.annotations).some(
    (key) =>
      /^(proxy|sidecar|traffic\.sidecar)\.istio\.io\//.test(key) &&
      !['sidecar.istio.io/inject', 'sidecar.istio.io/status'].includes(key),
  );

const namespaceInjects = (labels: Readonly<Record<string, string>>, byDefault: boolean): Tri => {
  const word = labels['istio-injection'];
  const revision = labels['istio.io/rev'];
  if ((word !== undefined && isTemplate(word)) || (revision !== undefined && isTemplate(revision))) return 'unknown';
  if (word === 'enabled') return 'yes';
  if (word === 'disabled') return 'no';
  if (filled(revision) !== undefined) return 'yes';
  return byDefault ? 'yes' : 'no';
};

const ambience = (pod: Pod, injected: Tri, surroundings: Surroundings): Tri => {
  if (injected === 'yes') return 'no';
  // What the CNI node agent writes on pods that it has taken in.
  if (pod.annotations['ambient.istio.io/redirection'] === 'enabled') return 'yes';
  const namespace = pod.namespace === undefined ? undefined : surroundings.namespaceLabels.get(pod.namespace);
  const label = 'istio.io/dataplane-mode';
  const word = pod.labels[label] ?? namespace?.[label];
  if (word === undefined) return namespace === undefined ? 'unknown' : 'no';
  if (word === 'ambient') return 'yes';
  return isTemplate(word) ? 'unknown' : 'no';
};
