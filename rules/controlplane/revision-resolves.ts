import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { DEFAULT_REVISION } from '../../src/facts/revisions.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import type { Place, Related, Resource, Severity } from '../../src/model/index.ts';
import { below, filled, isTemplate, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { inWords, istioNamespaceOf } from '../../src/rule/scope.ts';
import { isNameSlip } from '../../src/rule/slips.ts';

const LABEL = 'istio.io/rev';

export default defineRule({
  id: 'controlplane/revision-resolves',
  severity: 'error',
  istio: '1.6+',
  summary: 'The revision in label istio.io/rev is one that the control planes of the cluster have.',
  why: 'A webhook injects only what asks for its own revision or one of its tags. Pods that ask for another one get no sidecar, so that they are outside the mesh in this cluster alone.',
  fix: 'Name a revision or a revision tag of this cluster in the label, or install the revision (or set the tag) there as well.',
  reads: ['revisions', 'Namespace', 'workloads'],
  aliases: ['IST0123'],
  messages: {
    missing: '{cluster}: {object} asks for revision {revision}, {cluster} has {found}{near}{peers}{suffix}',
    both: '{cluster}: {object} has istio-injection {word}, which hides its istio.io/rev {revision}{suffix}',
  },
  check(mesh, report) {
    for (const member of mesh.members) {
      const speaks = speaksFor(mesh.versionOf(member).minors, '1.6+', 'error');
      if (speaks === undefined) continue;
      for (const asked of askedIn(member)) {
        const word = asked.injection;
        if (word !== undefined && !isTemplate(word)) {
          if (isSamePlane(member, asked.revision, word)) continue;
          report(
            'both',
            {
              at: asked.at,
              cluster: member.name,
              resource: asked.resource,
              ...(word === 'disabled' || asked.resource.kind !== 'Namespace' ? { aliases: [] } : {}),
              severity: speaks.severity === 'error' ? 'warning' : 'info',
              fix: 'Keep one of the two labels: istio-injection for the default revision, istio.io/rev for another one.',
            },
            {
              cluster: member.name,
              object: asked.object,
              word,
              revision: asked.revision,
              suffix: speaks.suffix,
            },
          );
          continue;
        }
        const missing = judge(mesh, member, asked.revision);
        if (missing === undefined) continue;
        report(
          'missing',
          {
            at: asked.at,
            aliases: [],
            cluster: member.name,
            resource: asked.resource,
            severity: missing === 'error' ? speaks.severity : missing,
            also: relatedTo(mesh, member, asked.revision),
          },
          {
            cluster: member.name,
            object: asked.object,
            revision: asked.revision,
            found: inWords(namesOf(member)),
            near: nearInWords(member, asked.revision),
            peers: peersInWords(mesh, member, asked.revision),
            suffix: speaks.suffix,
          },
        );
      }
    }
  },
});

/** A namespace or a pod that asks for a revision. */
interface Asked {
  readonly revision: string;
  /** Value of `istio-injection`, which wins. */
  readonly injection: string | undefined;
  readonly object: string;
  readonly resource: Resource;
  readonly at: Place;
}

const askedIn = (member: Member): readonly Asked[] => {
  const system = istioNamespaceOf(member);
  const namespaces = member.resources.ofKind('Namespace', '').flatMap((resource): readonly Asked[] => {
    const revision = filled(resource.labels[LABEL]);
    if (revision === undefined) return [];
    return [
      {
        revision,
        injection: resource.labels['istio-injection'],
        object: `namespace ${resource.name}`,
        resource,
        at: placeIn(resource, 'metadata', 'labels', LABEL),
      },
    ];
  });
  const told = new Set(namespaces.map(({ resource, revision }) => `${resource.name} ${revision}`));
  const pods = member.workloads.flatMap((workload): readonly Asked[] => {
    const revision = filled(workload.labels[LABEL]);
    // Pods of the control plane carry the label to say what they are.
    if (revision === undefined || workload.namespace === system || told.has(`${workload.namespace ?? ''} ${revision}`))
      return [];
    const { path } = workload.specPlace;
    const template = { ...workload.specPlace, path: path.slice(0, -1) };
    return [
      {
        revision,
        injection: undefined,
        object: `${workload.resource.kind} ${workload.namespace === undefined ? '' : `${workload.namespace}/`}${workload.name}`,
        resource: workload.resource,
        at: below(template, 'metadata', 'labels', LABEL),
      },
    ];
  });
  return [...namespaces, ...pods].filter(({ revision }) => !isTemplate(revision) && revision !== 'tsb');
};

const namesOf = (member: Member): readonly string[] => [
  ...new Set(member.revisions.all.map((revision) => revision.value)),
];

/** The names that a version gets as a revision: 1-22, 1-22-3, v1-22, asm-1226-2. */
const isVersion = (revision: string): boolean => /(^|-)v?1-?\d{1,3}(-\d+)*$/.test(revision);

/** How sure it is that nobody in the cluster answers to a revision; undefined where someone does or may. */
const judge = (mesh: Mesh, member: Member, revision: string): Severity | undefined => {
  const { all, open } = member.revisions;
  if (open !== undefined || all.some((held) => held.value === revision)) return undefined;
  // istioctl makes the first revision the default one.
  if (revision === DEFAULT_REVISION) return all.some((held) => held.byOperator === true) ? undefined : 'warning';
  const elsewhere = mesh.members.some((peer) => peer.revisions.all.some((held) => held.value === revision));
  const tracksTags = mesh.members.some((peer) => peer.revisions.all.some((held) => held.kind === 'tag'));
  // Tags are often set by hand, versions are not.
  if (isVersion(revision) || elsewhere || tracksTags || holdsTags(mesh)) return 'error';
  if (nearIn(member, revision) !== undefined) return 'error';
  // Who names revisions after versions gives them tags; who has the default revision alone seldom does.
  return all.some((held) => isVersion(held.value)) ? undefined : 'warning';
};

/** Whether the files have every webhook, and with them every tag, as mesh-lint.yaml says. */
const holdsTags = (mesh: Mesh): boolean =>
  mesh.settings.complete.some((kind) => kind === 'MutatingWebhookConfiguration' || kind === 'IstioRevisionTag');

/** A revision of the cluster that was probably meant. */
const nearIn = (member: Member, revision: string): string | undefined =>
  namesOf(member).find((name) => isNameSlip(revision, name));

const nearInWords = (member: Member, revision: string): string => {
  const near = nearIn(member, revision);
  return near === undefined || namesOf(member).length === 1 ? '' : `, did you mean ${near}?`;
};

/** Both labels lead to one control plane: the default revision, or one that holds the default tag. */
const isSamePlane = (member: Member, revision: string, word: string): boolean => {
  if (word !== 'enabled') return false;
  if (revision === DEFAULT_REVISION) return true;
  const tags = member.revisions.all.filter((held) => held.kind === 'tag' && held.value === DEFAULT_REVISION);
  return tags.some((tag) => tag.of === undefined || tag.of === revision);
};

const holders = (mesh: Mesh, member: Member, revision: string): readonly Member[] =>
  mesh.members.filter((peer) => peer !== member && peer.revisions.all.some((held) => held.value === revision));

const peersInWords = (mesh: Mesh, member: Member, revision: string): string => {
  const names = holders(mesh, member, revision).map((peer) => peer.name);
  return names.length === 0 ? '' : `; ${inWords(names)} ${names.length === 1 ? 'has' : 'have'} ${revision}`;
};

const relatedTo = (mesh: Mesh, member: Member, revision: string): readonly Related[] => [
  ...member.revisions.all
    .slice(0, 2)
    .map((held) => ({ place: held.place, cluster: member.name, message: `${held.kind} ${held.value}` })),
  ...holders(mesh, member, revision).flatMap((peer) => {
    const held = peer.revisions.all.find((candidate) => candidate.value === revision);
    return held === undefined ? [] : [{ place: held.place, cluster: peer.name, message: `${held.kind} ${held.value}` }];
  }),
];
