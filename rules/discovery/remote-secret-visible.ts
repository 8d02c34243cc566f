import type { Member, Mesh } from '../../src/facts/mesh.ts';
import type { RemoteSecret } from '../../src/facts/remoteSecrets.ts';
import { lowered } from '../../src/facts/minors.ts';
import type { Resource, Severity } from '../../src/model/index.ts';
import { describe } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { planeRole } from '../../src/rule/discovery/roles.ts';
import type { HeldSecret } from '../../src/rule/discovery/targets.ts';
import { heldSecrets } from '../../src/rule/discovery/targets.ts';
import type { Hidden } from '../../src/rule/discovery/visible.ts';
import { hiddenBecause } from '../../src/rule/discovery/visible.ts';
import { inWords } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'discovery/remote-secret-visible',
  severity: 'error',
  istio: 'all',
  summary:
    'Remote secrets lie where an istiod looks for them: in its namespace, with label istio/multiCluster: "true".',
  why: 'istiod watches Secrets of its own namespace with that label. Any other is never read, the cluster behind it stays unknown, and no log tells of it.',
  fix: 'Give the Secret the namespace of istiod and the label istio/multiCluster: "true" (in quotes).',
  reads: ['remoteSecrets', 'istioNamespace', 'controlPlaneRole'],
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
    namespace:
      '{secret} of {cluster}, a remote secret{forTarget}, lies in namespace {namespace}; istiod of {cluster} reads {expected} only{suffix}',
    label:
      '{secret} of {cluster}, a remote secret{forTarget}: label istio/multiCluster is {found}, istiod reads only those with "true"',
    'no-control-plane':
      '{secret}, a remote secret{forTarget}, lies in {cluster}, which has no control plane of its own{primary}',
  },
  check(mesh, report) {
    for (const member of mesh.members)
      for (const [resource, entries] of byResource(heldSecrets(mesh, member))) {
        const [first] = entries;
        if (first === undefined) continue;
        const targets = [
          ...new Set(entries.map(({ target, secret }) => target?.name ?? secret.key ?? '').filter(Boolean)),
        ];
        for (const fault of hiddenBecause(mesh, member, first.secret)) {
          const severity = severityOf(mesh, member, entries, fault);
          if (severity === undefined) continue;
          const where = {
            at: fault.at,
            cluster: member.name,
            resource,
            severity,
            also: relatedOf(mesh, member, fault),
          };
          const slots = { secret: describe(resource), cluster: member.name };
          const forTarget = targets.length === 0 ? '' : ` for ${inWords(targets)}`;
          if (fault.what === 'namespace')
            report('namespace', where, {
              ...slots,
              forTarget,
              namespace: fault.namespace,
              expected: inWords(fault.expected),
              suffix: readsAll(member) ? ' (Istio 1.19.0 to 1.19.3 read every namespace by mistake)' : '',
            });
          else if (fault.what === 'label') report('label', where, { ...slots, forTarget, found: fault.found });
          else
            report('no-control-plane', where, {
              ...slots,
              forTarget,
              primary: primariesInWords(mesh, member),
            });
        }
      }
  },
});

const byResource = (entries: readonly HeldSecret[]): ReadonlyMap<Resource, readonly HeldSecret[]> => {
  const found = new Map<Resource, HeldSecret[]>();
  for (const entry of entries) {
    const held = found.get(entry.secret.resource);
    if (held === undefined) found.set(entry.secret.resource, [entry]);
    else held.push(entry);
  }
  return found;
};

/** Milder where the fault rests on a default, where a controller makes the Secret, or where another copy is read. */
const severityOf = (
  mesh: Mesh,
  member: Member,
  entries: readonly HeldSecret[],
  fault: Hidden,
): Severity | undefined => {
  const [first] = entries;
  if (first === undefined) return undefined;
  if (fault.what === 'no-control-plane') return hasReadCopy(mesh, mesh.primariesOf(member), entries) ? 'info' : 'error';
  if (hasReadCopy(mesh, [member], entries)) return first.secret.evidence === 'kubeconfig' ? undefined : 'info';
  const isGuess =
    fault.what === 'namespace'
      ? planeRole(mesh, member) === 'unknown' || readsAll(member)
      : first.secret.resource.kind === 'ExternalSecret' || first.secret.evidence === 'kubeconfig';
  return isGuess ? lowered('error') : 'error';
};

/** Whether one of the control planes reads another secret for the same clusters. */
const hasReadCopy = (mesh: Mesh, readers: readonly Member[], entries: readonly HeldSecret[]): boolean =>
  entries.every((entry) =>
    readers.some((reader) =>
      heldSecrets(mesh, reader).some(
        (other) =>
          other.secret.resource !== entry.secret.resource &&
          other.target !== undefined &&
          other.target === entry.target &&
          hiddenBecause(mesh, reader, other.secret).length === 0,
      ),
    ),
  );

const readsAll = (member: Member): boolean =>
  member.istioVersion.places.some(({ written }) => /(^|[^\d.])1\.19\.[0-3](?!\d)/.test(` ${written}`));

const primariesInWords = (mesh: Mesh, member: Member): string => {
  const names = mesh
    .primariesOf(member)
    .filter((primary) => primary !== member)
    .map((primary) => primary.name);
  return names.length === 0 ? '' : `; istiod of ${inWords(names)} looks in its own cluster`;
};

const relatedOf = (
  mesh: Mesh,
  member: Member,
  fault: Hidden,
): { place: Hidden['at']; cluster: string; message: string }[] => {
  const better = otherSecret(mesh, member, fault);
  if (better === undefined) return [];
  const { holder, secret } = better;
  const message =
    fault.what === 'namespace'
      ? `namespace ${secret.resource.namespace ?? ''}`
      : `remote secret ${secret.resource.name}`;
  return [{ place: secret.place, cluster: holder.name, message }];
};

/** A remote secret of another cluster that its istiod reads, to compare. */
const otherSecret = (mesh: Mesh, member: Member, fault: Hidden): HeldSecret | undefined => {
  if (fault.what === 'no-control-plane') return undefined;
  const isSeen = (holder: Member, secret: RemoteSecret): boolean =>
    secret.resource.namespace !== undefined && hiddenBecause(mesh, holder, secret).length === 0;
  return mesh.members
    .filter((holder) => holder !== member)
    .flatMap((holder) => heldSecrets(mesh, holder))
    .find(({ holder, secret }) => isSeen(holder, secret));
};
