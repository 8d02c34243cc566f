// Where annotations and labels of Istio stand: on objects, and on the pods that they make.
import type { Member } from '../../facts/mesh.ts';
import type { Place, Resource } from '../../model/index.ts';
import { describe, get, isTemplate, placeIn, textMap } from '../../model/index.ts';
import type { Labels } from '../selectors.ts';
import { isOfIstio } from './registry.ts';

/** Controllers, and the path of the pod template in each. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  Job: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
};
const GROUPS: Readonly<Record<string, string>> = { Job: 'batch', CronJob: 'batch' };

type Field = 'annotations' | 'labels';

/** One annotation or label of Istio. */
export interface Stated {
  readonly resource: Resource;
  /** What carries it: the kind of the object, or Pod in a template. */
  readonly kind: string;
  readonly inTemplate: boolean;
  readonly name: string;
  /** Undefined where something fills it in later. */
  readonly value: string | undefined;
  readonly at: Place;
  /** A pod template of the object states the same one. */
  readonly onPodsToo: boolean;
  /** Labels of what carries it. */
  readonly labels: Labels;
}

/** All annotations of Istio on Namespaces, Services, Pods, controllers and their pod templates. */
export const statedAnnotations = (member: Member): readonly Stated[] => {
  let found = statedBy.get(member);
  if (found === undefined) statedBy.set(member, (found = findStated(member, 'annotations', isOfIstio)));
  return found;
};

const statedBy = new WeakMap<Member, readonly Stated[]>();

/** The labels there whose names `isWanted`. */
export const statedLabels = (member: Member, isWanted: (name: string) => boolean): readonly Stated[] =>
  findStated(member, 'labels', isWanted);

const findStated = ({ resources }: Member, field: Field, isWanted: (name: string) => boolean): readonly Stated[] => {
  const statedIn = (resource: Resource, path: readonly string[], kind: string, template?: readonly string[]) => {
    const inTemplate = path.length > 0;
    const metadata = get(resource.value, ...path, 'metadata');
    return Object.entries(inTemplate ? textMap(get(metadata, field)) : resource[field])
      .filter(([name]) => isWanted(name) && !isTemplate(name))
      .map(([name, value]): Stated => ({
        resource,
        kind,
        inTemplate,
        name,
        value: isTemplate(value) ? undefined : value,
        at: placeIn(resource, ...path, 'metadata', field, name),
        onPodsToo: template !== undefined && get(resource.value, ...template, 'metadata', field, name) !== undefined,
        labels: inTemplate ? textMap(get(metadata, 'labels')) : resource.labels,
      }));
  };
  return [
    ...['Namespace', 'Service', 'Pod'].flatMap((kind) =>
      resources.ofKind(kind, '').flatMap((resource) => statedIn(resource, [], kind)),
    ),
    ...Object.entries(TEMPLATES).flatMap(([kind, path]) =>
      resources
        .ofKind(kind, GROUPS[kind] ?? 'apps')
        .flatMap((resource) => [...statedIn(resource, [], kind, path), ...statedIn(resource, path, 'Pod')]),
    ),
  ];
};

/** `Deployment shop/cart`, or `the pod template of Deployment shop/cart`. */
export const carrierInWords = ({ resource, inTemplate }: Stated): string =>
  `${inTemplate ? 'the pod template of ' : ''}${describe(resource)}`;
