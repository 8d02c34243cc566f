import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import type { Related } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { KeyFault } from '../../src/rule/discovery/keys.ts';
import { keyFaults } from '../../src/rule/discovery/keys.ts';
import { idInWords, namePlace, takenName } from '../../src/rule/discovery/readers.ts';
import type { HeldSecret } from '../../src/rule/discovery/targets.ts';
import { isDefaultId } from '../../src/rule/discovery/targets.ts';
import { inWords } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'discovery/remote-secret-key-known',
  severity: 'error',
  istio: 'all',
  summary: 'The key of a remote secret is the id by which that cluster knows itself, and no other secret has it.',
  why: 'istiod registers a cluster under the key. Proxies that call themselves otherwise are refused, labels topology.istio.io/cluster match nothing, a key that is its own id is skipped, and of two equal keys one is ignored.',
  fix: 'Write the cluster name (global.multiCluster.clusterName, CLUSTER_ID) of that cluster as the key, the way istioctl create-remote-secret --name does it.',
  reads: ['remoteSecrets', 'clusterId', 'controlPlaneRole', 'DestinationRule', 'VirtualService'],
  messages: {
    strange:
      '{secret} in {cluster} has key "{key}"; the cluster it belongs to{proof} calls itself "{id}"{unset}{suffix}',
    alike:
      '{secret} in {cluster} has key "{key}", which no loaded cluster calls itself, and {cluster} holds none for {owner} ("{id}"){suffix}',
    unowned: '{secret} in {cluster} has key "{key}", no cluster of the mesh calls itself so: {ids}{suffix}',
    own: '{secret} in {cluster} is for {owner}{proof} but its key "{key}" is the name of {cluster} itself: istiod takes it for its own cluster, and {cluster} loses the endpoints of {owner}',
    self: '{secret} in {cluster} leads to {cluster} itself (key "{key}"): {effect}',
    double:
      '{secret} in {cluster} has key "{key}" as {other} has: istiod takes one of them and ignores the other{differs}',
  },
  check(mesh, report) {
    for (const reader of mesh.members) {
      const { minors } = mesh.versionOf(reader);
      for (const fault of keyFaults(mesh, reader)) {
        // An overlay took its name away: config/unresolved-value tells.
        if (fault.what === 'strange' && takenName(fault.owner) !== undefined) continue;
        const isStrange = fault.what === 'strange' || fault.what === 'unowned';
        const speaks = isStrange ? speaksFor(minors, '1.5+', fault.severity) : { severity: fault.severity, suffix: '' };
        if (speaks === undefined) continue;
        const { secret } = fault.entry;
        const where = {
          at: secret.place,
          cluster: reader.name,
          resource: secret.resource,
          severity: speaks.severity,
          also: relatedOf(mesh, fault),
        };
        const slots = {
          secret: nameOf(fault.entry),
          cluster: reader.name,
          key: secret.key ?? '',
          suffix: speaks.suffix,
        };
        switch (fault.what) {
          case 'strange': {
            const { owner, by } = fault;
            const unset = isDefaultId(mesh, owner) ? ' (clusterName unset)' : '';
            const named = { ...slots, owner: owner.name, id: idInWords(mesh, owner), unset };
            if (by === 'likeness') report('alike', where, named);
            else report('strange', where, { ...named, proof: proofOf(fault.entry, by, owner) });
            break;
          }
          case 'unowned':
            report('unowned', where, { ...slots, ids: inWords(mesh.members.map((member) => idInWords(mesh, member))) });
            break;
          case 'own': {
            const by = fault.entry.pointedBy ?? 'name';
            report('own', where, { ...slots, owner: fault.owner.name, proof: proofOf(fault.entry, by, fault.owner) });
            break;
          }
          case 'self': {
            const skips = speaks.severity === 'info';
            const effect = skips ? 'istiod skips it' : 'up to Istio 1.11 istiod reads its own cluster twice';
            report('self', where, { ...slots, effect });
            break;
          }
          case 'double': {
            const differs = speaks.severity === 'error' ? ', and they differ' : '';
            report('double', where, { ...slots, other: nameOf(fault.first), differs });
            break;
          }
        }
      }
    }
  },
});

const nameOf = ({ secret }: HeldSecret): string => `${secret.resource.kind} ${secret.resource.name}`;

const proofOf = (entry: HeldSecret, by: 'server' | 'name', owner: Member): string =>
  by === 'server' && entry.secret.server !== undefined ? ` (server ${entry.secret.server}, that of ${owner.name})` : '';

const relatedOf = (mesh: Mesh, fault: KeyFault): readonly Related[] => {
  if (fault.what === 'double')
    return [
      {
        place: fault.first.secret.place,
        cluster: fault.first.holder.name,
        message: `key ${fault.first.secret.key ?? ''}`,
      },
    ];
  const named = fault.what === 'strange' || fault.what === 'own' ? fault.owner : fault.entry.holder;
  if (fault.what === 'unowned') return [];
  return [{ place: namePlace(mesh, named), cluster: named.name, message: `cluster ${idInWords(mesh, named)}` }];
};
