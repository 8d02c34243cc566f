import type { Cluster, Place, Resource, Sighting, ValuesSource } from '../model/index.ts';
import { below, compareText, filled, flag, get, isTemplate, list, placeIn, texts } from '../model/index.ts';
import type { Facts } from './index.ts';
import { isGatewaysOnly } from './role.ts';
import type { OperatorSpec } from './sources.ts';
import { controlPlaneWorkloads, hidesKind, hidesValues, operatorSpecs } from './sources.ts';

/** A name that label `istio.io/rev` of a namespace or a pod may take in a cluster. */
export interface Revision extends Sighting<string> {
  /**
   * `plane`: an istiod, or what installs one or the webhooks of one elsewhere. `webhook`: an injection webhook
   * that asks for this revision. `tag`: another name of a revision (Istio 1.10+).
   */
  readonly kind: 'plane' | 'webhook' | 'tag';
  /** The revision that a tag stands for, where it is said. */
  readonly of?: string | undefined;
  /** Made by istioctl or its operator, which may set tags that no file shows. */
  readonly byOperator?: boolean | undefined;
}

export interface RevisionsFact {
  /** In the order of names and kinds. The revision without a name is `default`. */
  readonly all: readonly Revision[];
  /** Why there may be others; undefined where the files show all that installs a control plane. */
  readonly open: string | undefined;
}

export const DEFAULT_REVISION = 'default';
const LABEL = 'istio.io/rev';
const TAG_LABEL = 'istio.io/tag';

/** Documents that may bring a revision. */
const KINDS = ['MutatingWebhookConfiguration', 'IstioOperator', 'Istio', 'IstioRevision', 'HelmRelease', 'Application'];

/** The revisions and revision tags that the files of a cluster make. */
export const revisions = (cluster: Cluster, _facts: Facts): RevisionsFact => {
  const found = [
    ...operatorSpecs(cluster).flatMap((operator) => ofOperator(operator, cluster)),
    ...installations(cluster).flatMap(ofValues),
    ...cluster.resources.ofKind('IstioRevision').map((object) => plane(object.name, object, 'IstioRevision')),
    ...cluster.resources.ofKind('IstioRevisionTag').map(ofSailTag),
    ...controlPlaneWorkloads(cluster).filter(isIstiod).map(ofWorkload),
    ...cluster.resources.ofKind('MutatingWebhookConfiguration').flatMap(ofWebhook),
    ...cluster.injectors.map(({ object, revision }) => plane(revision, object, 'ConfigMap of the injector')),
  ];
  const templates = found.filter((revision) => isTemplate(revision.value));
  const all = found
    .filter((revision) => !isTemplate(revision.value))
    .toSorted((a, b) => compareText(a.value, b.value) || compareText(a.kind, b.kind));
  return { all, open: openness(cluster, all, templates) };
};

const openness = (cluster: Cluster, all: readonly Revision[], templates: readonly Revision[]): string | undefined => {
  const template = templates[0];
  if (template !== undefined) return `${template.source} is the template ${template.value}`;
  if (!all.some((revision) => revision.kind === 'plane')) return 'no file installs a control plane or its webhooks';
  if (hidesValues(cluster)) return 'some values of the control plane are not loaded';
  if (hidesKind(cluster, KINDS)) return 'a file that may bring a revision could not be read';
  return undefined;
};

/** '' is the default revision. */
const named = (revision: unknown): string => filled(revision) ?? DEFAULT_REVISION;

const plane = (revision: string, object: Resource, source: string): Revision => ({
  value: named(revision),
  kind: 'plane',
  place: object.place,
  source,
  shared: object.shared,
});

/** Operators of profile remote install the webhooks of a revision; those for gateways only bring nothing. */
const ofOperator = (operator: OperatorSpec, cluster: Cluster): readonly Revision[] => {
  const { spec, place, shared } = operator;
  const profile = filled(spec['profile']) ?? filled(get(spec, 'values', 'profile'));
  const enabled = flag(get(spec, 'components', 'pilot', 'enabled')) ?? flag(get(spec, 'values', 'pilot', 'enabled'));
  if (enabled !== true && (profile === 'empty' || enabled === false || isGatewaysOnly(operator, cluster))) return [];
  const value = named(spec['revision'] ?? get(spec, 'values', 'revision'));
  const said = { place: below(place, 'revision'), source: 'IstioOperator spec.revision', shared, byOperator: true };
  return [
    { ...said, value, kind: 'plane' },
    ...tagsIn(get(spec, 'values', 'revisionTags'), below(place, 'values', 'revisionTags'), value, shared),
  ];
};

const tagsIn = (tags: unknown, place: Place, of: string, shared: boolean): readonly Revision[] =>
  texts(tags).map((value, index) => ({
    value,
    kind: 'tag',
    of,
    place: below(place, index),
    source: 'revisionTags',
    shared,
  }));

/** Helm values of istiod, and Sail, by installation; the highest layer first. */
const installations = (cluster: Cluster): readonly (readonly ValuesSource[])[] => {
  const groups = new Map<string, ValuesSource[]>();
  for (const source of cluster.values) {
    const isPlane = source.chart === 'operator' || source.chart === 'istiod' || source.chart === 'istiod-remote';
    if (!isPlane || source.origin === 'IstioOperator') continue;
    const key = `${source.chart} ${source.installation}`;
    const held = groups.get(key);
    if (held === undefined) groups.set(key, [source]);
    else held.push(source);
  }
  return [...groups.values()].map((group) => group.toSorted((a, b) => b.layer - a.layer));
};

const ofValues = (layers: readonly ValuesSource[]): readonly Revision[] => {
  const first = layers[0];
  if (first === undefined) return [];
  const shared = layers.every((layer) => layer.shared);
  const said = layers.find((layer) => layer.values['revision'] !== undefined) ?? first;
  const sail = first.origin === 'Istio' ? first.object : undefined;
  const value = sail === undefined ? named(said.values['revision']) : revisionOfSail(sail);
  const tags = layers.find((layer) => Array.isArray(layer.values['revisionTags']));
  return [
    {
      value,
      kind: 'plane',
      place: sail?.place ?? below(said.place, 'revision'),
      source: sail === undefined ? 'values.revision' : 'Istio',
      shared,
    },
    ...(tags === undefined
      ? []
      : tagsIn(tags.values['revisionTags'], below(tags.place, 'revisionTags'), value, shared)),
  ];
};

/** Sail names the revision after the Istio object, with the version where each version gets a revision of its own. */
const revisionOfSail = (object: Resource): string => {
  const strategy = filled(get(object.value, 'spec', 'updateStrategy', 'type'));
  const version = filled(get(object.value, 'spec', 'version'));
  return strategy === 'RevisionBased' && version !== undefined
    ? `${object.name}-${version.replaceAll('.', '-')}`
    : named(object.name);
};

const ofSailTag = (object: Resource): Revision => ({
  value: object.name,
  kind: 'tag',
  of: filled(get(object.value, 'spec', 'targetRef', 'name')),
  place: object.place,
  source: 'IstioRevisionTag',
  shared: object.shared,
});

/** Pilot before 1.6 knows no revisions. */
const isIstiod = (resource: Resource): boolean => /^istiod(-|$)/.test(resource.name);

const ofWorkload = (resource: Resource): Revision => {
  const label =
    resource.labels[LABEL] ??
    filled(get(resource.value, 'spec', 'template', 'metadata', 'labels', LABEL)) ??
    /^istiod-(.+)$/.exec(resource.name)?.[1];
  return {
    ...plane(label ?? '', resource, `${resource.kind} ${resource.name}`),
    place: resource.labels[LABEL] === undefined ? resource.place : placeIn(resource, 'metadata', 'labels', LABEL),
  };
};

const ofWebhook = (object: Resource): readonly Revision[] => {
  const tag = object.labels[TAG_LABEL] ?? /^istio-revision-tag-(.+)$/.exec(object.name)?.[1];
  const injector = /^istio-sidecar-injector(-|$)/.test(object.name) || object.labels['app'] === 'sidecar-injector';
  if (tag === undefined && !injector) return [];
  const revision = object.labels[LABEL];
  const common = { place: object.place, source: `${object.kind} ${object.name}`, shared: object.shared };
  const own: readonly Revision[] =
    tag !== undefined && tag !== ''
      ? [{ ...common, value: tag, kind: 'tag', of: revision }]
      : [{ ...common, value: named(revision), kind: 'webhook' }];
  return [...own, ...selectedRevisions(object).map((value): Revision => ({ ...common, value, kind: 'webhook' }))];
};

/** Values of `istio.io/rev` that the selectors of a webhook name. */
const selectedRevisions = (object: Resource): readonly string[] => [
  ...new Set(
    list(object.value['webhooks'])
      .flatMap((webhook) => ['namespaceSelector', 'objectSelector'].map((key) => get(webhook, key)))
      .flatMap((selector) => [
        ...list(get(selector, 'matchExpressions')).flatMap((expression) =>
          get(expression, 'key') === LABEL && get(expression, 'operator') === 'In'
            ? texts(get(expression, 'values'))
            : [],
        ),
        ...(filled(get(selector, 'matchLabels', LABEL)) === undefined
          ? []
          : [filled(get(selector, 'matchLabels', LABEL))!]),
      ]),
  ),
];
