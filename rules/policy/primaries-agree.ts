import type { Mesh } from '../../src/facts/mesh.ts';
import { within } from '../../src/facts/minors.ts';
import { describe, placeIn } from '../../src/model/index.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { driftOption, isAllowed } from '../../src/rule/drift/allowed.ts';
import { absencesOf, deviationsOf, inFields } from '../../src/rule/drift/compare.ts';
import type { ComparedKind } from '../../src/rule/drift/objects.ts';
import { meshObjects } from '../../src/rule/drift/objects.ts';
import type { Gap, Policy } from '../../src/rule/drift/policies.ts';
import { policyGaps } from '../../src/rule/drift/policies.ts';
import { principalFault, principalsIn } from '../../src/rule/principalFaults.ts';
import { trustDomainsOf } from '../../src/rule/principals.ts';
import { inWords, realmsOf } from '../../src/rule/scope.ts';

const ID = 'policy/primaries-agree';

const messages = {
  missing: '{policy} exists in {holder}, not in {cluster}, where {workload} runs {state}',
  differs: '{policy}: {cluster} differs from {peers} in {fields}',
  mode: '{object}: {cluster} has mode {mode}, {peers} {expected}',
  absent: '{object} exists in {holder}, not in {cluster}, where {client}',
} as const;

export default defineRule({
  id: ID,
  severity: 'warning',
  istio: 'all',
  summary: 'A workload is protected by the same policies in every cluster that runs it.',
  why: 'Policies are read from the config cluster of each control plane only. A workload that runs in two clusters with a policy in one is open, or closed, depending on where a call lands.',
  fix: 'Apply the same policy in every primary, or list it under options → policy/primaries-agree → drift where it differs on purpose.',
  reads: ['AuthorizationPolicy', 'RequestAuthentication', 'ClusterRbacConfig', 'ServiceRole', 'workloads'],
  models: [
    'multi-primary-one-network',
    'multi-primary-networks',
    'replicated-control-planes',
    'external-control-plane',
    'ambient-networks',
    'hybrid-cloud',
    'locality-three-clusters',
  ],
  options: { drift: driftOption },
  messages,
  check(mesh, report) {
    if (realmsOf(mesh).length < 2) return;
    for (const gap of policyGaps(mesh)) {
      const held = [gap.holder, ...(gap.twin === undefined ? [] : [gap.twin])];
      if (isOfNobody(mesh, held)) continue;
      if (!held.some((policy) => isAllowed(mesh, ID, { resource: policy.resource, hosts: [] }))) tell(gap, report);
    }
    checkRbac(mesh, report);
  },
});

/** One of the policies names callers that nobody is: policy/principal-known says so. */
const isOfNobody = (mesh: Mesh, held: readonly Policy[]): boolean =>
  held.length > 1 &&
  held.some(({ realm, resource }) =>
    principalsIn(resource).some(
      (named) =>
        principalFault(mesh, trustDomainsOf(mesh, realm.config), named, named.together)?.matchesNobody === true,
    ),
  );

const tell = (gap: Gap, report: Report<typeof messages>): void => {
  const { holder, lacking, workload, twin, differences } = gap;
  const [first] = differences;
  if (twin !== undefined && first !== undefined) {
    report(
      'differs',
      {
        at: placeIn(holder.resource, 'spec', ...first.onePath),
        cluster: holder.realm.config.name,
        resource: holder.resource,
        also: [
          {
            place: placeIn(twin.resource, 'spec', ...first.otherPath),
            cluster: lacking.config.name,
            message: `${first.field} ${first.other ?? 'is not there'}`,
          },
        ],
      },
      {
        policy: describe(holder.resource),
        cluster: holder.realm.config.name,
        peers: lacking.config.name,
        fields: inFields(differences),
      },
    );
    return;
  }
  report(
    'missing',
    {
      at: workload.place,
      cluster: lacking.config.name,
      resource: workload.resource,
      also: gap.holders.map(({ resource, realm }) => ({
        place: placeIn(resource, 'metadata', 'name'),
        cluster: realm.config.name,
        message: describe(resource),
      })),
    },
    {
      policy: describe(holder.resource),
      holder: inWords(gap.holders.map(({ realm }) => realm.config.name)),
      cluster: lacking.config.name,
      workload: workload.words,
      state: gap.isOpen ? 'without any such policy' : 'under other rules',
    },
  );
};

const RBAC = 'rbac.istio.io';
const MODES: readonly ComparedKind[] = [
  { kind: 'ClusterRbacConfig', group: RBAC },
  { kind: 'RbacConfig', group: RBAC },
];
const ROLES: readonly ComparedKind[] = [
  { kind: 'ServiceRole', group: RBAC },
  { kind: 'ServiceRoleBinding', group: RBAC },
];

/** YAML 1.1 reads OFF and ON as booleans. */
const modeOf = (written: string | undefined): string =>
  written === undefined ? 'none' : written === 'false' ? 'OFF' : written === 'true' ? 'ON' : written;

/** Istio up to 1.5 reads rbac.istio.io. */
const checkRbac = (mesh: Mesh, report: Report<typeof messages>): void => {
  const reads = realmsOf(mesh).some(({ config }) => within(mesh.versionOf(config).minors, '<=1.5') !== 'outside');
  if (!reads) return;
  for (const object of meshObjects(mesh, [...MODES, ...ROLES])) {
    if (object.held.some((one) => isAllowed(mesh, ID, one))) continue;
    for (const { realm, client } of absencesOf(mesh, object)) {
      const [holder] = object.held;
      if (holder === undefined) continue;
      report(
        'absent',
        {
          at: client.place,
          cluster: realm.config.name,
          resource: client.resource,
          also: object.held.map((one) => ({
            place: placeIn(one.resource, 'metadata', 'name'),
            cluster: one.realm.config.name,
            message: describe(one.resource),
          })),
        },
        {
          object: describe(holder.resource),
          holder: inWords(object.held.map((one) => one.realm.config.name)),
          cluster: realm.config.name,
          client: client.words,
        },
      );
    }
    for (const { odd, others, differences } of deviationsOf(object)) {
      const [first] = differences;
      if (first === undefined) continue;
      const where = {
        at: placeIn(odd.resource, 'spec', ...first.onePath),
        cluster: odd.realm.config.name,
        resource: odd.resource,
        also: others.map(({ realm, resource }) => ({
          place: placeIn(resource, 'spec', ...first.otherPath),
          cluster: realm.config.name,
          message: `${first.field} ${first.other ?? 'is not there'}`,
        })),
      };
      const peers = inWords(others.map(({ realm }) => realm.config.name));
      const slots = { cluster: odd.realm.config.name, peers };
      if (first.field === 'mode')
        report('mode', where, {
          ...slots,
          object: describe(odd.resource),
          mode: modeOf(first.one),
          expected: modeOf(first.other),
        });
      else report('differs', where, { ...slots, policy: describe(odd.resource), fields: inFields(differences) });
    }
  }
};
