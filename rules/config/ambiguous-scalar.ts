import type { Member, Mesh } from '../../src/facts/mesh.ts';
import type { Path, Place, Resource } from '../../src/model/index.ts';
import { comparePlaces, describe, get, isRecord, list, placeIn, text } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { heldSecrets } from '../../src/rule/discovery/targets.ts';
import { hiddenBecause, LABEL } from '../../src/rule/discovery/visible.ts';

export default defineRule({
  id: 'config/ambiguous-scalar',
  severity: 'warning',
  istio: 'all',
  summary: 'Labels, annotations and environment variables are text.',
  why: 'Without quotes YAML reads on, yes, 1 or 017 as a boolean or a number: the API server refuses the object, or another value arrives than the one written.',
  fix: 'Put the value into quotes.',
  reads: ['labels', 'annotations', 'container env', 'DestinationRule subsets'],
  messages: {
    read: '{what} of {object} is read as {type} {value} in {cluster}, where Kubernetes wants text',
    peer: '{what} of {object} is read as {type} {value} in {cluster}, where Kubernetes wants text; {peer} writes "{text}"',
  },
  check(mesh, report) {
    // Files that several clusters share are spoken of once.
    const told = new Set<string>();
    for (const member of mesh.members)
      for (const resource of member.resources.all)
        for (const found of ambiguous(resource)) {
          const at = placeIn(resource, ...found.path);
          const key = `${at.file.path}#${at.document}#${JSON.stringify(at.path)}`;
          if (told.has(key) || hidesSecret(mesh, member, resource, at)) continue;
          told.add(key);
          const slots = {
            what: found.what,
            object: resource.name === '' ? describe(resource) : `${resource.kind} ${resource.name}`,
            type: typeof found.value,
            value: String(found.value),
            cluster: member.name,
          };
          const peer = twin(mesh.members, member, resource, found);
          if (peer === undefined) report('read', { at, cluster: member.name, resource }, slots);
          else {
            const also = [
              { place: placeIn(peer.resource, ...peer.path), cluster: peer.cluster, message: `"${peer.text}"` },
            ];
            report(
              'peer',
              { at, cluster: member.name, resource, also },
              { ...slots, peer: peer.cluster, text: peer.text },
            );
          }
        }
  },
});

/** The label by which istiod would read a remote secret: discovery/remote-secret-visible says which cluster stays unknown. */
const hidesSecret = (mesh: Mesh, member: Member, resource: Resource, at: Place): boolean =>
  at.path.at(-1) === LABEL &&
  heldSecrets(mesh, member).some(
    ({ secret }) =>
      secret.resource === resource &&
      secret.evidence !== 'kubeconfig' &&
      hiddenBecause(mesh, member, secret).some((fault) => fault.what === 'label' && comparePlaces(fault.at, at) === 0),
  );

interface Ambiguous {
  readonly what: string;
  readonly path: Path;
  readonly value: boolean | number;
  /** Name of the variable, for an entry of a list of env. */
  readonly variable?: string | undefined;
}

/** The paths below which a kind has its pod template. */
const POD_TEMPLATES: Readonly<Record<string, Path>> = {
  Deployment: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  Job: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
  Pod: [],
};

const ambiguous = (resource: Resource): readonly Ambiguous[] => {
  const { value, kind } = resource;
  const template = Object.hasOwn(POD_TEMPLATES, kind) ? POD_TEMPLATES[kind] : undefined;
  const found = inMetadata(get(value, 'metadata'), '', ['metadata']);
  if (template !== undefined) {
    if (template.length > 0)
      found.push(...inMetadata(get(value, ...template, 'metadata'), 'pod ', [...template, 'metadata']));
    for (const key of ['containers', 'initContainers']) found.push(...inContainers(value, [...template, 'spec', key]));
  }
  if (kind === 'DestinationRule' && resource.group === 'networking.istio.io')
    for (const [index, subset] of list(get(value, 'spec', 'subsets')).entries())
      found.push(...inMap(get(subset, 'labels'), 'subset label', ['spec', 'subsets', index, 'labels']));
  return found;
};

const inMetadata = (metadata: unknown, of: string, path: Path): Ambiguous[] => [
  ...inMap(get(metadata, 'labels'), `${of}label`, path, 'labels'),
  ...inMap(get(metadata, 'annotations'), `${of}annotation`, path, 'annotations'),
];

const inMap = (held: unknown, what: string, around: Path, ...rest: Path): readonly Ambiguous[] => {
  if (!isRecord(held) || !Object.values(held).some(isAmbiguous)) return [];
  return Object.entries(held).flatMap(([key, item]) =>
    isAmbiguous(item)
      ? [{ what: `${what} ${key === '' ? '""' : key}`, path: [...around, ...rest, key], value: item }]
      : [],
  );
};

const inContainers = (value: unknown, path: Path): readonly Ambiguous[] =>
  list(get(value, ...path)).flatMap((container, index) =>
    list(get(container, 'env')).flatMap((entry, at) => {
      const item = get(entry, 'value');
      const name = text(get(entry, 'name'));
      return isAmbiguous(item)
        ? [
            {
              what: name === undefined ? 'env' : `env ${name}`,
              path: [...path, index, 'env', at, 'value'],
              value: item,
              variable: name ?? '',
            },
          ]
        : [];
    }),
  );

const isAmbiguous = (value: unknown): value is boolean | number =>
  typeof value === 'boolean' || typeof value === 'number';

/** The same field of the same object in another cluster, where it is text. */
const twin = (
  members: readonly Member[],
  member: Member,
  resource: Resource,
  found: Ambiguous,
): { cluster: string; resource: Resource; path: Path; text: string } | undefined => {
  for (const peer of members) {
    if (peer === member) continue;
    for (const other of peer.resources.find(resource.kind, resource.namespace, resource.name, resource.group)) {
      const path = pathIn(other, found);
      const text = path === undefined ? undefined : get(other.value, ...path);
      if (path !== undefined && typeof text === 'string') return { cluster: peer.name, resource: other, path, text };
    }
  }
  return undefined;
};

/** Variables are found by their names: their order differs. */
const pathIn = (other: Resource, { path, variable }: Ambiguous): Path | undefined => {
  if (variable === undefined) return path;
  if (variable === '') return undefined;
  const around = path.slice(0, -2);
  const index = list(get(other.value, ...around)).findIndex((entry) => get(entry, 'name') === variable);
  return index < 0 ? undefined : [...around, index, 'value'];
};
