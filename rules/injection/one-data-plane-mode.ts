import type { Member } from '../../src/facts/mesh.ts';
import type { Workload } from '../../src/facts/workloads.ts';
import type { Place, Related } from '../../src/model/index.ts';
import { below, describe, filled, flag, get, isTemplate, list, placeIn } from '../../src/model/index.ts';
import { ambientNamespaces, namespaceLabels } from '../../src/rule/ambient/scopes.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';

const MODE = 'istio.io/dataplane-mode';
const INJECT = 'sidecar.istio.io/inject';

const messages = {
  both: 'Namespace {namespace} of {cluster} has {label} {value} and istio.io/dataplane-mode ambient: its pods get sidecars and are not ambient',
  pod: 'the pods of {workload} in {cluster} have label istio.io/dataplane-mode ambient, and {reason}: they get sidecars and are not ambient',
  container:
    'the pods of {workload} in {cluster} bring an istio-proxy of their own, while {reason}: ztunnel and the sidecar are both meant to carry their calls',
} as const;

export default defineRule({
  id: 'injection/one-data-plane-mode',
  severity: 'warning',
  istio: '1.15+',
  summary: 'A namespace or a pod asks for sidecars or for ambient mode, not for both.',
  why: 'Where both labels stand on a namespace or pod, injected pods keep their sidecars and leave the ambient mesh, which the label seems to say they are in.',
  fix: 'Keep istio-injection, istio.io/rev or sidecar.istio.io/inject for sidecars, or istio.io/dataplane-mode: ambient.',
  reads: ['Namespace', 'workloads'],
  aliases: ['IST0123', 'KIA1311', 'KIA1315', 'KIA1316'],
  messages,
  check(mesh, report) {
    for (const member of mesh.members) {
      const torn = checkNamespaces(member, report);
      const ambient = ambientNamespaces(mesh, member);
      for (const workload of member.workloads) {
        const { namespace = '', labels, injected } = workload;
        const isMeant = labels[MODE] === undefined ? ambient.has(namespace) : labels[MODE] === 'ambient';
        if (isMeant && injected === 'yes' && !torn.has(namespace)) checkPods(member, workload, report);
      }
    }
  },
});

/** The names of those that ask for both. */
const checkNamespaces = (member: Member, report: Report<typeof messages>): ReadonlySet<string> => {
  const torn = new Set<string>();
  for (const namespace of member.resources.ofKind('Namespace', '')) {
    const { labels, name } = namespace;
    if (labels[MODE] !== 'ambient' || labels['istio-injection'] === 'disabled') continue;
    const label = ['istio-injection', 'istio.io/rev'].find((key) => filled(labels[key]) !== undefined);
    const value = label === undefined ? undefined : labels[label];
    if (label === undefined || value === undefined || isTemplate(value)) continue;
    torn.add(name);
    const injected = member.workloads.filter(
      (workload) =>
        workload.namespace === name &&
        workload.injected === 'yes' &&
        (workload.labels[MODE] ?? 'ambient') === 'ambient',
    );
    report(
      'both',
      {
        at: placeIn(namespace, 'metadata', 'labels', MODE),
        cluster: member.name,
        resource: namespace,
        aliases: injected.length > 0 ? ['IST0123', 'KIA1311'] : ['IST0123'],
        also: injected.slice(0, 4).map(({ resource }): Related => ({
          place: resource.place,
          cluster: member.name,
          message: describe(resource),
        })),
      },
      { namespace: name, cluster: member.name, label, value },
    );
  }
  return torn;
};

/** Pods with sidecars that were meant to be ambient. */
const checkPods = (member: Member, workload: Workload, report: Report<typeof messages>): void => {
  const { labels, namespace, resource } = workload;
  const own = labels[MODE];
  const slots = { workload: describe(resource), cluster: member.name };
  const where = { cluster: member.name, resource };
  const container = ownProxy(workload);
  if (container !== undefined) {
    const reason = own === undefined ? `namespace ${namespace} is ambient` : 'their label asks for ambient mode';
    const aliases = own === undefined ? ['KIA1315', 'KIA1316'] : ['KIA1315'];
    report('container', { ...where, at: container, aliases }, { ...slots, reason });
    return;
  }
  // A pod that asks for a sidecar in an ambient namespace says what it wants.
  const reason = own === undefined ? undefined : reasonOf(member, workload);
  if (reason !== undefined)
    report('pod', { ...where, at: modePlace(workload), aliases: ['KIA1311'] }, { ...slots, reason });
};

/** What injects a sidecar; undefined where settings for one are all that tells of it. */
const reasonOf = (member: Member, { labels, namespace }: Workload): string | undefined => {
  if (flag(labels[INJECT]) === true) return `label ${INJECT} ${labels[INJECT]}`;
  const revision = filled(labels['istio.io/rev']);
  if (revision !== undefined) return `label istio.io/rev ${revision}`;
  return namespaceLabels(member, namespace) === undefined ? undefined : `namespace ${namespace} gets sidecars`;
};

const modePlace = ({ resource, specPlace }: Workload): Place =>
  placeIn(resource, ...specPlace.path.slice(resource.place.path.length, -1), 'metadata', 'labels', MODE);

/** The sidecar that a manifest itself holds (`istioctl kube-inject`), or that a Pod of the cluster has. */
const ownProxy = ({ spec, specPlace }: Workload): Place | undefined => {
  for (const key of ['containers', 'initContainers'])
    for (const [index, container] of list(spec[key]).entries())
      if (get(container, 'name') === 'istio-proxy' && get(container, 'image') !== 'auto')
        return below(specPlace, key, index, 'name');
  return undefined;
};
