import type { Member, Mesh } from '../../src/facts/mesh.ts';
import type { Related } from '../../src/model/index.ts';
import { installPlace } from '../../src/rule/controlPlane/install.ts';
import { defineRule } from '../../src/rule/define.ts';
import { missingReads } from '../../src/rule/discovery/keys.ts';
import { externalPlanes, namePlace, readersOf } from '../../src/rule/discovery/readers.ts';
import { heldSecrets } from '../../src/rule/discovery/targets.ts';
import { inWords } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'discovery/remote-secret-present',
  severity: 'error',
  istio: 'all',
  summary: 'Each control plane holds a remote secret for every other cluster of the mesh that it has to read.',
  why: 'istiod learns Services and pods of another cluster from its API server only. Without the secret that leads there, calls never reach that cluster, and nothing reports it: the local endpoints still answer.',
  fix: 'Run istioctl create-remote-secret against the cluster that is not read and apply the result in the namespace of istiod. If the secrets are not kept in these files, say `remoteSecrets: elsewhere` of the cluster in mesh-lint.yaml.',
  reads: ['remoteSecrets', 'controlPlaneRole', 'clusterId'],
  models: [
    'shared-control-plane',
    'multi-primary-one-network',
    'multi-primary-networks',
    'primary-remote-one-network',
    'primary-remote-networks',
    'external-control-plane',
    'ambient-networks',
    'hybrid-cloud',
    'locality-three-clusters',
  ],
  messages: {
    'one-way': '{back} {hold} a remote secret for {cluster}, {cluster} holds none for {missing}: {cluster} sees {seen}',
    remote: '{cluster} serves {missing} but holds no remote secret for {it}: its istiod sees nothing of {it}',
    external:
      '{cluster} holds no remote secret for {missing}: the control plane in {planes} serves {missing} and looks for it in {cluster}, so it sees nothing of {it}',
    missing: '{cluster} holds no remote secret for {missing}{others}: {cluster} sees {seen}',
  },
  check(mesh, report) {
    for (const reader of mesh.members) {
      const unread = missingReads(mesh, reader);
      if (unread.length === 0) continue;
      const planes = externalPlanes(mesh, reader);
      const served = unread.filter(
        (other) => mesh.roleOf(other) === 'remote' && mesh.primariesOf(other).includes(reader),
      );
      const back = unread.filter((other) => reads(mesh, other, reader));
      const [first] = unread;
      const where = {
        at: installPlace(reader),
        cluster: reader.name,
        also: unread.flatMap((other) => evidenceOf(mesh, reader, other)),
      };
      const names = inWords(unread.map((other) => other.name));
      const slots = { cluster: reader.name, missing: names, seen: seenBy(mesh, reader, unread) };
      const it = unread.length === 1 ? first!.name : 'them';
      if (planes.length > 0)
        report('external', where, { ...slots, it, planes: inWords(planes.map((plane) => plane.name)) });
      else if (served.length === unread.length) report('remote', where, { ...slots, it });
      else if (back.length === unread.length)
        report('one-way', where, { ...slots, back: names, hold: back.length === 1 ? 'holds' : 'hold' });
      else report('missing', where, { ...slots, others: othersInWords(mesh, reader, unread) });
    }
  },
});

const reads = (mesh: Mesh, holder: Member, target: Member): boolean =>
  heldSecrets(mesh, holder).some((entry) => entry.target === target);

const seenBy = (mesh: Mesh, reader: Member, unread: readonly Member[]): string => {
  const seesOthers = heldSecrets(mesh, reader).some((entry) => entry.target !== undefined && entry.target !== reader);
  return seesOthers ? `no endpoints of ${inWords(unread.map((other) => other.name))}` : 'only its own endpoints';
};

const othersInWords = (mesh: Mesh, reader: Member, unread: readonly Member[]): string => {
  const own = [
    ...new Set(heldSecrets(mesh, reader).flatMap((entry) => (entry.target === undefined ? [] : [entry.target.name]))),
  ].filter((name) => name !== reader.name);
  if (own.length > 0) return ` beside ${own.length === 1 ? 'that' : 'those'} for ${inWords(own)}`;
  const holders = mesh.members.filter(
    (member) => member !== reader && unread.some((other) => reads(mesh, member, other)),
  );
  return holders.length === 0
    ? ''
    : `, ${inWords(holders.map((holder) => holder.name))} ${holders.length === 1 ? 'does' : 'do'}`;
};

/** The reverse secret, else one that another cluster holds for it, else what names the cluster. */
const evidenceOf = (mesh: Mesh, reader: Member, other: Member): readonly Related[] => {
  const reverse = heldSecrets(mesh, other).find((entry) => entry.target === reader);
  if (reverse !== undefined)
    return [{ place: reverse.secret.place, cluster: other.name, message: `remote secret for ${reader.name}` }];
  const [read] = readersOf(mesh).get(other) ?? [];
  if (read !== undefined)
    return [{ place: read.secret.place, cluster: read.holder.name, message: `remote secret for ${other.name}` }];
  return [{ place: namePlace(mesh, other), cluster: other.name, message: `cluster ${other.name}` }];
};
