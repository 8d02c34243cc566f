import type { Mesh } from '../../src/facts/mesh.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import type { Workload } from '../../src/facts/workloads.ts';
import type { Resource, Severity } from '../../src/model/index.ts';
import { below, compareText, describe, get, placeIn } from '../../src/model/index.ts';
import { allows } from '../../src/rule/admissions.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { accountPlace, refusalOfTwin, twinsOf } from '../../src/rule/otherAccounts.ts';
import { admitsNobody } from '../../src/rule/policyVerdicts.ts';
import type { RefusedCall, RefusedGroup } from '../../src/rule/refusedCalls.ts';
import { groupsOf, refusedCalls } from '../../src/rule/refusedCalls.ts';
import { inWords, someInWords } from '../../src/rule/scope.ts';
import { selectionsOf, selectorPath } from '../../src/rule/selections.ts';
import { labelsInWords } from '../../src/rule/selectors.ts';
import { nameOfService } from '../../src/rule/services.ts';

const messages = {
  denied:
    '{workload} runs as {account} in {cluster}, as {expected} in {peers}; {policy} of {holders} admits {expected} and not {account}{effect}',
  closed:
    '{policies} {admit} nobody to {targets} in {holders}, and no other policy does{stray}: calls of {services} by {callers} are denied',
  leftOut:
    '{policies} {admit} other callers to {targets} in {holders}, but not {accounts}: calls of {services} by {callers} are denied',
  refused: '{policies} in {holders} {deny} every call of {services} by {callers}',
} as const;

export default defineRule({
  id: 'policy/callers-admitted',
  severity: 'error',
  istio: '1.4+',
  summary: 'The policies of a workload admit what provably calls it, in every cluster.',
  why: 'AuthorizationPolicies know callers by their service account. A caller that they leave out, or that runs under another account in one cluster, is denied with 403; so is everybody where a policy without rules stands alone.',
  fix: 'Give the workload the same serviceAccountName in every cluster, or add its account to the principals of the policy.',
  reads: ['AuthorizationPolicy', 'workloads', 'Service', 'VirtualService', 'hosts used'],
  messages,
  check(mesh, report) {
    const told = new Set<Workload>();
    for (const twin of twinsOf(mesh))
      for (const odd of twin) {
        const speaks = speaksFor(mesh.versionOf(odd.member).minors, '1.4+', 'error');
        const found = speaks && refusalOfTwin(mesh, odd, twin);
        if (speaks === undefined || found === undefined) continue;
        const { peers, refusing, service } = found;
        told.add(odd.workload);
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
    for (const group of groupsOf(refusedCalls(mesh, (workload) => told.has(workload))))
      reportRefused(mesh, group, report);
  },
});

/** Calls that policies refuse in whatever cluster. */
const reportRefused = (mesh: Mesh, { first, calls }: RefusedGroup, report: Report<typeof messages>): void => {
  const { why, policies, config } = first;
  const [policy] = policies;
  const speaks = speaksFor(
    mesh.versionOf(config).minors,
    '1.4+',
    calls.some(({ isSure }) => isSure) ? 'error' : 'warning',
  );
  if (policy === undefined || speaks === undefined) return;
  const stray = why === 'closed' ? strayOf(mesh, first) : undefined;
  const path = get(policy.value, 'spec', 'rules') === undefined ? ['spec'] : ['spec', 'rules'];
  const place = placeIn(policy, ...(get(policy.value, 'spec') === undefined ? [] : path));
  const named = unique(calls.flatMap((call) => call.policies.map(describe)));
  const where = {
    at: stray === undefined ? place : placeIn(stray, ...selectorPath(stray.kind)),
    cluster: config.name,
    resource: stray ?? policy,
    severity: speaks.severity,
    fix: stray === undefined ? FIXES[why] : fixOfStray(stray, first),
    also: [
      ...(stray === undefined ? [] : [{ place, cluster: config.name, message: describe(policy) }]),
      ...calls.slice(0, 3).map(({ caller: { member, use } }) => ({
        place: use.place,
        cluster: member.name,
        message: `${use.source} names ${nameOfService(use.service)}`,
      })),
    ],
  };
  const slots = {
    policies: someInWords(named, 2),
    admit: named.length === 1 ? 'admits' : 'admit',
    targets: someInWords(unique(calls.map(({ target }) => describe(target.resource))), 2),
    holders: inWords(unique(calls.map(({ holder }) => holder.name))),
    services: someInWords(unique(calls.map(({ service }) => nameOfService(service))), 3),
    callers: callersInWords(calls),
  };
  if (why === 'closed')
    report('closed', where, {
      ...slots,
      stray: stray === undefined ? '' : ` (${describe(stray)}, which admits callers, selects no workload)`,
    });
  else if (why === 'denied') report('refused', where, { ...slots, deny: named.length === 1 ? 'denies' : 'deny' });
  else {
    const accounts = calls.flatMap(({ caller: { account } }) =>
      account === undefined ? [] : [`${account.namespace}/${account.name}`],
    );
    report('leftOut', where, { ...slots, accounts: someInWords(unique(accounts), 3) });
  }
};

const FIXES: Readonly<Record<RefusedCall['why'], string>> = {
  closed: 'Add a policy that selects the workload and admits the service accounts of its callers.',
  leftOut: 'Add the service account of the caller to the principals of the policy, or delete the call.',
  denied: 'Narrow the DENY rule down, or delete the call.',
};

const unique = (names: readonly string[]): readonly string[] => [...new Set(names)].toSorted(compareText);

/** `Deployment shop/web of east and west`, `Deployment shop/web and VirtualService shop/cart of east`. */
const callersInWords = (calls: readonly RefusedCall[]): string => {
  const names = (held: readonly RefusedCall[]): readonly string[] =>
    unique(
      held.map(({ caller: { use } }) => (use.workload === undefined ? use.source : describe(use.workload.resource))),
    );
  const clusters = unique(calls.map(({ caller }) => caller.member.name));
  const byCluster = clusters.map((name) =>
    someInWords(names(calls.filter((call) => call.caller.member.name === name)), 3),
  );
  return new Set(byCluster).size === 1
    ? `${byCluster[0]!} of ${inWords(clusters)}`
    : someInWords(
        byCluster.map((held, index) => `${held} of ${clusters[index]!}`),
        3,
      );
};

/** An ALLOW policy of the namespace that selects nothing: that by which the workload was to be opened. */
const strayOf = (mesh: Mesh, { config, target }: RefusedCall): Resource | undefined => {
  const strays = selectionsOf(mesh, 'AuthorizationPolicy').filter(
    ({ realm, resource, labels, any }) =>
      any === 'no' &&
      labels !== undefined &&
      realm.config === config &&
      resource.namespace === target.namespace &&
      allows(resource) &&
      !admitsNobody(resource),
  );
  return strays.length === 1 ? strays[0]?.resource : undefined;
};

const fixOfStray = (stray: Resource, { target }: RefusedCall): string =>
  `Let ${describe(stray)} select labels that the pods have: ${labelsInWords(target.labels)}.`;
