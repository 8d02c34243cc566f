import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import type { Related } from '../../src/model/index.ts';
import { placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { AccessFault } from '../../src/rule/discovery/readerAccess.ts';
import { accessFault, READER, readingSecrets, usesReader } from '../../src/rule/discovery/readerAccess.ts';
import type { HeldSecret } from '../../src/rule/discovery/targets.ts';
import { inWords } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'discovery/reader-access',
  severity: 'error',
  istio: '1.5+',
  summary: 'A cluster that others read has the account istio-reader-service-account, with a role that lets it watch.',
  why: 'Remote secrets carry a token of that account. Without it, or without its role, the API server refuses istiod of the other clusters, and this cluster loses its place in the mesh.',
  fix: 'Install the base chart (account) and the istiod chart with its values for a remote (role and binding) in the cluster, or apply what another cluster has.',
  reads: ['remoteSecrets', 'ServiceAccount', 'ClusterRole', 'ClusterRoleBinding', 'HelmRelease', 'IstioOperator'],
  models: [
    'shared-control-plane',
    'multi-primary-one-network',
    'multi-primary-networks',
    'primary-remote-one-network',
    'primary-remote-networks',
    'ambient-networks',
    'hybrid-cloud',
    'locality-three-clusters',
  ],
  messages: {
    account:
      '{cluster} is read by {readers} but has no ServiceAccount istio-reader-service-account; {peer} has one{suffix}',
    binding:
      '{cluster} is read by {readers}, no ClusterRoleBinding of {cluster} names ServiceAccount istio-reader-service-account; {peer} has one{suffix}',
    off: '{cluster} is read by {readers} but enableReaderRBAC is false: istio-reader-service-account has no role{suffix}',
    rights:
      '{cluster} is read by {readers}, ClusterRole {role} does not let istio-reader-service-account watch {lacking}{suffix}',
  },
  check(mesh, report) {
    for (const member of mesh.members) {
      const secrets = readingSecrets(mesh, member);
      const fault = secrets.length === 0 ? undefined : accessFault(mesh, member);
      if (fault === undefined) continue;
      // Without its token nobody knows whose account the secret carries.
      const isSure = secrets.some(({ secret }) => usesReader(secret) === 'yes');
      const severity = fault.what === 'rights' ? fault.severity : 'error';
      const range = fault.what === 'off' ? '1.30+' : '1.5+';
      const speaks = speaksFor(mesh.versionOf(member).minors, range, isSure ? severity : 'warning');
      if (speaks === undefined) continue;
      const where = {
        at: fault.at,
        cluster: member.name,
        severity: speaks.severity,
        also: [...relatedOf(mesh, fault), ...secrets.map(secretOf)],
      };
      const readers = inWords([...new Set(secrets.map(({ holder }) => holder.name))]);
      const slots = { cluster: member.name, readers, suffix: speaks.suffix };
      if (fault.what === 'rights') report('rights', where, { ...slots, role: fault.role.name, lacking: fault.lacking });
      else if (fault.what === 'off') report('off', where, slots);
      else report(fault.what, where, { ...slots, peer: fault.peer?.name ?? '' });
    }
  },
});

const secretOf = ({ holder, secret, target }: HeldSecret): Related => ({
  place: secret.place,
  cluster: holder.name,
  message: `remote secret for ${target?.name ?? ''}`,
});

/** The account in the peer that has it. */
const relatedOf = (_mesh: Mesh, fault: AccessFault): readonly Related[] => {
  if (fault.what !== 'account' && fault.what !== 'binding') return [];
  const { peer } = fault;
  const held = peer === undefined ? undefined : accountOf(peer);
  return held === undefined || peer === undefined
    ? []
    : [{ place: placeIn(held, 'metadata', 'name'), cluster: peer.name, message: `${held.kind} ${held.name}` }];
};

const accountOf = (member: Member): ReturnType<Member['resources']['ofKind']>[number] | undefined =>
  member.resources.ofKind('ServiceAccount', '').find(({ name }) => name === READER);
