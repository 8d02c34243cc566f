import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { namespacesNamed } from '../../src/facts/sources.ts';
import type { Workload } from '../../src/facts/workloads.ts';
import type { Place, Related, Resource } from '../../src/model/index.ts';
import { compareText, placeIn } from '../../src/model/index.ts';
import { refusals } from '../../src/rule/crossNetwork.ts';
import { defineRule } from '../../src/rule/define.ts';
import { inWords, istioNamespaceOf, someInWords } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'controlplane/injection-agrees',
  severity: 'warning',
  istio: 'all',
  summary: 'A namespace that is part of the mesh in one cluster is so in all that run workloads in it.',
  why: 'Pods without a sidecar take no part in mTLS. Behind the gateway of another network they cannot be reached at all, and under STRICT they can call nobody.',
  fix: 'Give the namespace the same label (istio-injection: enabled, or istio.io/rev) as in the other clusters.',
  reads: ['Namespace', 'workloads', 'controlPlaneRole'],
  messages: {
    namespace: 'namespace {namespace} is injected in {peers}, in {cluster} it is not: {names} {run} without sidecar',
    pods: '{names} of namespace {namespace} {run} with a sidecar in {peers}, without one in {cluster}',
  },
  check(mesh, report) {
    for (const [namespace, sides] of sidesOf(mesh))
      for (const side of sides) {
        const peers = sides.filter((other) => other.member !== side.member && other.injected.length > 0);
        const odd = oddWorkloads(side, peers);
        if (peers.length === 0 || odd.length === 0 || isRefused(mesh, side.member, namespace)) continue;
        const object = namespacesNamed(side.member.cluster, namespace)[0];
        const first = odd[0]!;
        const byNamespace = object !== undefined && !isOptedOut(first);
        const shown = {
          namespace,
          peers: inWords(peers.map(({ member }) => member.name)),
          cluster: side.member.name,
          names: someInWords([...new Set(odd.map((workload) => workload.name))]),
          run: odd.length === 1 ? 'runs' : 'run',
        };
        const where = {
          cluster: side.member.name,
          resource: byNamespace ? object : first.resource,
          at: byNamespace ? labelPlace(object) : optOutPlace(first),
          also: peers.flatMap((peer) => relatedTo(peer, namespace, first)),
          fix: byNamespace
            ? undefined
            : 'Take the label (or annotation) sidecar.istio.io/inject of the pods away, or set it alike in all clusters.',
        };
        report(byNamespace ? 'namespace' : 'pods', where, shown);
      }
  },
});

/** The workloads of a namespace in one cluster: those with a sidecar, and those provably without. */
interface Side {
  readonly member: Member;
  readonly injected: readonly Workload[];
  readonly bare: readonly Workload[];
}

/** Namespaces that several clusters run workloads in, by name. */
const sidesOf = (mesh: Mesh): readonly (readonly [string, readonly Side[]])[] => {
  const found = new Map<string, Map<Member, Workload[]>>();
  for (const member of mesh.members)
    for (const workload of member.workloads) {
      const { namespace } = workload;
      if (namespace === undefined || isLeftOut(member, workload)) continue;
      const held = found.get(namespace) ?? new Map<Member, Workload[]>();
      found.set(namespace, held);
      const own = held.get(member);
      if (own === undefined) held.set(member, [workload]);
      else own.push(workload);
    }
  return [...found]
    .filter(([, members]) => members.size > 1)
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([namespace, members]) => [
      namespace,
      [...members].map(([member, all]) => ({
        member,
        injected: all.filter((workload) => workload.injected === 'yes'),
        bare: all.filter((workload) => workload.injected === 'no' && workload.ambient === 'no'),
      })),
    ]);
};

/** Namespaces of the platform, gateways, and what runs once and often without a sidecar. */
const isLeftOut = (member: Member, workload: Workload): boolean =>
  workload.gateway ||
  /^kube-|^istio-/.test(workload.namespace ?? '') ||
  workload.namespace === istioNamespaceOf(member) ||
  workload.spec['hostNetwork'] === true ||
  workload.resource.kind === 'Job' ||
  workload.resource.kind === 'CronJob';

/** Without a sidecar here while the others have one: workloads of the same name, or all where the namespace is left out. */
const oddWorkloads = (side: Side, peers: readonly Side[]): readonly Workload[] => {
  const names = new Set(peers.flatMap((peer) => peer.injected.map((workload) => workload.name)));
  const twins = side.bare.filter((workload) => names.has(workload.name));
  if (twins.length > 0) return twins;
  return side.injected.length === 0 ? side.bare.filter((workload) => !isOptedOut(workload)) : [];
};

/** mtls/cross-network-accepts-mtls speaks of namespaces whose pods other networks lose. */
const isRefused = (mesh: Mesh, member: Member, namespace: string): boolean =>
  refusals(mesh).some(
    ({ cause, severity, server }) =>
      cause === 'pod' && severity === 'error' && server.member === member && server.namespace === namespace,
  );

const KEY = 'sidecar.istio.io/inject';

const isOptedOut = (workload: Workload): boolean => (workload.labels[KEY] ?? workload.annotations[KEY]) === 'false';

const optOutPlace = (workload: Workload): Place => {
  const { path } = workload.specPlace;
  const key = workload.labels[KEY] === undefined ? 'annotations' : 'labels';
  return { ...workload.specPlace, path: [...path.slice(0, -1), 'metadata', key, KEY] };
};

const labelPlace = (namespace: Resource): Place =>
  placeIn(
    namespace,
    'metadata',
    'labels',
    ...['istio-injection', 'istio.io/rev'].filter((key) => namespace.labels[key] !== undefined).slice(0, 1),
  );

const relatedTo = (peer: Side, namespace: string, odd: Workload): readonly Related[] => {
  const object = namespacesNamed(peer.member.cluster, namespace)[0];
  const twin = peer.injected.find((workload) => workload.name === odd.name) ?? peer.injected[0];
  const place = object === undefined ? twin?.specPlace : labelPlace(object);
  return place === undefined ? [] : [{ place, cluster: peer.member.name, message: `${namespace} is injected` }];
};
