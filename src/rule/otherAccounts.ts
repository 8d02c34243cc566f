// Workloads that run under another account in some clusters, which policies do not admit.
import type { Member, Mesh } from '../facts/mesh.ts';
import type { Workload } from '../facts/workloads.ts';
import type { Place, Resource } from '../model/index.ts';
import { below, compareText, describe, get, isTemplate } from '../model/index.ts';
import type { Account } from './admissions.ts';
import { admissionOf, allows } from './admissions.ts';
import { statementsOf } from './objects.ts';
import { oncePerMember, oncePerMesh, realmsOf, rootNamespaceOf } from './scope.ts';
import { matchLabels, selects } from './selectors.ts';
import { nameOfService, workloadsOf } from './services.ts';
import { usesIn } from './uses.ts';

/** A workload of several clusters as one of them runs it. */
export interface Running {
  readonly member: Member;
  readonly workload: Workload;
  readonly account: Account;
}

/** Workloads that several clusters run, those that some of them run under another account only. */
export const twinsOf = (mesh: Mesh): readonly (readonly Running[])[] => {
  const groups = new Map<string, Running[]>();
  for (const member of mesh.members)
    for (const running of runningIn(member)) {
      const key = describe(running.workload.resource);
      groups.set(key, [...(groups.get(key) ?? []), running]);
    }
  return [...groups]
    .filter(([, held]) => new Set(held.map(({ account }) => account.name)).size > 1)
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([, held]) => held);
};

/** Each workload once; what two files state differently is left out, as patches and bases state parts. */
const runningIn = (member: Member): readonly Running[] => {
  const byResource = new Map(member.workloads.map((workload) => [workload.resource, workload]));
  return statementsOf(member.workloads.map(({ resource }) => resource)).flatMap(({ resource, ambiguous }) => {
    const workload = byResource.get(resource);
    const inMesh = workload?.injected === 'yes' || workload?.ambient === 'yes';
    if (workload === undefined || ambiguous || workload.gateway || !inMesh || workload.namespace === undefined)
      return [];
    const name = workload.serviceAccount ?? 'default';
    return isTemplate(name) || isTemplate(workload.namespace)
      ? []
      : [{ member, workload, account: { namespace: workload.namespace, name } }];
  });
};

interface Allowing {
  readonly config: Member;
  readonly resource: Resource;
}

export interface TwinRefusal {
  /** The clusters that run it under an account that the policies admit. */
  readonly peers: readonly Running[];
  readonly refusing: readonly Allowing[];
  /** A Service that it provably calls, of which all workloads refuse it somewhere. */
  readonly service: string | undefined;
}

export const refusalOfTwin = (mesh: Mesh, odd: Running, twin: readonly Running[]): TwinRefusal | undefined => {
  const others = twin.filter(({ account }) => account.name !== odd.account.name);
  const refuses = (policy: Allowing, peer: Running): boolean =>
    admissionOf(policy.resource, peer.account) === 'named' && admissionOf(policy.resource, odd.account) === 'no';
  for (const peer of others) {
    const refusing = allowing(mesh).filter((policy) => refuses(policy, peer));
    if (refusing.length === 0) continue;
    const peers = others.filter(({ account }) => account.name === peer.account.name);
    const called = calledServices(mesh, odd).find(({ covering }) =>
      covering.some(
        (policies) =>
          policies.some((policy) => refusing.includes(policy)) &&
          policies.every((policy) => admissionOf(policy.resource, odd.account) === 'no'),
      ),
    );
    const first = called?.covering.flat().filter((policy) => refusing.includes(policy)) ?? [];
    return { peers, refusing: [...new Set([...first, ...refusing])], service: called?.name };
  }
  return undefined;
};

/** ALLOW policies of all config clusters, in the order of their names. */
const allowing = oncePerMesh((mesh): readonly Allowing[] =>
  realmsOf(mesh).flatMap(({ config }) =>
    statementsOf(config.resources.ofKind('AuthorizationPolicy', 'security.istio.io')).flatMap(
      ({ resource, ambiguous }) => (ambiguous || !allows(resource) ? [] : [{ config, resource }]),
    ),
  ),
);

interface Called {
  readonly name: string;
  /** For each workload behind it the policies that apply there. */
  readonly covering: readonly (readonly Allowing[])[];
}

/** Services that the files of the workload name. */
const calledServices = (mesh: Mesh, { member, workload }: Running): readonly Called[] =>
  (callsOf(mesh, member).get(workload) ?? []).map((service) => ({
    name: nameOfService(service),
    covering: service.statements.flatMap((statement) =>
      mesh.members.flatMap((holder) =>
        workloadsOf(mesh, holder, statement.resource).map((target) => coveringPolicies(mesh, holder, target)),
      ),
    ),
  }));

type Use = ReturnType<typeof usesIn>[number];

const callsOf = oncePerMember((mesh, member): ReadonlyMap<Workload, readonly Use['service'][]> => {
  const found = new Map<Workload, Use['service'][]>();
  for (const { workload, service } of usesIn(mesh, member))
    if (workload !== undefined) found.set(workload, [...(found.get(workload) ?? []), service]);
  return found;
});

const coveringPolicies = (mesh: Mesh, holder: Member, target: Workload): readonly Allowing[] => {
  const config = mesh.configCluster(holder);
  if (config === undefined) return [];
  return allowing(mesh).filter(
    (policy) =>
      policy.config === config &&
      get(policy.resource.value, 'spec', 'targetRef') === undefined &&
      get(policy.resource.value, 'spec', 'targetRefs') === undefined &&
      (policy.resource.namespace === target.namespace || policy.resource.namespace === rootNamespaceOf(config)) &&
      selects(matchLabels(policy.resource.value['spec'], 'selector') ?? {}, target.labels) === 'yes',
  );
};

export const accountPlace = ({ serviceAccount, specPlace, spec }: Workload): Place =>
  serviceAccount === undefined
    ? specPlace
    : below(specPlace, spec['serviceAccountName'] === undefined ? 'serviceAccount' : 'serviceAccountName');
