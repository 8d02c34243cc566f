import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { speaksFor } from '../../src/facts/version.ts';
import type { Workload } from '../../src/facts/workloads.ts';
import type { Place, Resource, Severity } from '../../src/model/index.ts';
import { below, compareText, describe, get, isTemplate } from '../../src/model/index.ts';
import type { Account } from '../../src/rule/admissions.ts';
import { admissionOf, allows } from '../../src/rule/admissions.ts';
import { defineRule } from '../../src/rule/define.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import { inWords, oncePerMember, oncePerMesh, realmsOf, rootNamespaceOf, someInWords } from '../../src/rule/scope.ts';
import { matchLabels, selects } from '../../src/rule/selectors.ts';
import { nameOfService, workloadsOf } from '../../src/rule/services.ts';
import { usesIn } from '../../src/rule/uses.ts';

export default defineRule({
  id: 'policy/callers-admitted',
  severity: 'error',
  istio: '1.4+',
  summary: 'A workload runs under a service account that the policies of what it calls admit, in every cluster.',
  why: 'AuthorizationPolicies know callers by their service account. Where a workload runs under another one in one cluster, its calls are denied from there with 403, and admitted from everywhere else.',
  fix: 'Give the workload the same serviceAccountName in every cluster, or add its account to the principals of the policy.',
  reads: ['AuthorizationPolicy', 'workloads', 'Service', 'hosts used'],
  messages: {
    denied:
      '{workload} runs as {account} in {cluster}, as {expected} in {peers}; {policy} of {holders} admits {expected} and not {account}{effect}',
  },
  check(mesh, report) {
    for (const twin of twinsOf(mesh))
      for (const odd of twin) {
        const speaks = speaksFor(mesh.versionOf(odd.member).minors, '1.4+', 'error');
        const found = speaks && refusalOf(mesh, odd, twin);
        if (speaks === undefined || found === undefined) continue;
        const { peers, refusing, service } = found;
        const [policy] = refusing;
        if (policy === undefined) continue;
        const severity: Severity = service === undefined ? 'warning' : speaks.severity;
        report(
          'denied',
          {
            at: accountPlace(odd.workload),
            cluster: odd.member.name,
            resource: odd.workload.resource,
            severity,
            also: [
              ...refusing.slice(0, 3).map(({ resource, config }) => ({
                place: below(resource.place, 'spec', 'rules'),
                cluster: config.name,
                message: `${describe(resource)} admits ${peers[0]!.account.name}`,
              })),
              ...peers.slice(0, 3).map(({ member, workload, account }) => ({
                place: accountPlace(workload),
                cluster: member.name,
                message: `runs as ${account.name}`,
              })),
            ],
          },
          {
            workload: `${odd.workload.namespace ?? ''}/${odd.workload.name}`,
            account: odd.account.name,
            cluster: odd.member.name,
            expected: peers[0]!.account.name,
            peers: inWords(peers.map(({ member }) => member.name)),
            policy: describe(policy.resource),
            holders: someInWords(
              refusing
                .filter(({ resource }) => describe(resource) === describe(policy.resource))
                .map(({ config }) => config.name),
            ),
            effect: service === undefined ? '' : `: calls of ${service} are denied`,
          },
        );
      }
  },
});

/** A workload of several clusters as one of them runs it. */
interface Running {
  readonly member: Member;
  readonly workload: Workload;
  readonly account: Account;
}

/** Workloads that several clusters run, those that some of them run under another account only. */
const twinsOf = (mesh: Mesh): readonly (readonly Running[])[] => {
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

interface Refusal {
  /** The clusters that run it under an account that the policies admit. */
  readonly peers: readonly Running[];
  readonly refusing: readonly Allowing[];
  /** A Service that it provably calls, of which all workloads refuse it somewhere. */
  readonly service: string | undefined;
}

const refusalOf = (mesh: Mesh, odd: Running, twin: readonly Running[]): Refusal | undefined => {
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

const accountPlace = ({ serviceAccount, specPlace, spec }: Workload): Place =>
  serviceAccount === undefined
    ? specPlace
    : below(specPlace, spec['serviceAccountName'] === undefined ? 'serviceAccount' : 'serviceAccountName');
