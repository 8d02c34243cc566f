import { speaksFor } from '../../src/facts/minors.ts';
import { defineRule } from '../../src/rule/define.ts';
import { idDisagreement } from '../../src/rule/discovery/clusterIds.ts';
import { namePlace } from '../../src/rule/discovery/readers.ts';
import { distinctPlaces, sayings, toldApart } from '../../src/rule/networkNames.ts';
import { inWords } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'discovery/cluster-id-agrees',
  severity: 'error',
  istio: '1.5+',
  summary: 'All places of a cluster that say its id say the same one.',
  why: 'istiod knows a cluster by CLUSTER_ID or the key of a remote secret, a proxy names itself by ISTIO_META_CLUSTER_ID. Proxies under another name are refused, or get endpoints as if they ran in that other cluster.',
  fix: 'Write one name in global.multiCluster.clusterName, CLUSTER_ID, the gateways and the path of the injection webhook of the cluster.',
  reads: ['clusterId', 'remoteSecrets', 'istioVersion'],
  messages: {
    differs: '{cluster}: {source} is {id}, {others}{keys}{suffix}',
    copied: '{cluster}: {source} is {id} (the id of cluster {peer}), {others}{keys}{suffix}',
  },
  check(mesh, report) {
    for (const member of mesh.members) {
      const found = idDisagreement(mesh, member);
      const speaks = found && speaksFor(mesh.versionOf(member).minors, '1.5+', found.severity);
      if (found === undefined || speaks === undefined) continue;
      const { odd, copies, others, peer, keys } = found;
      const cluster = member.name;
      const places = [...distinctPlaces(copies, 4), ...distinctPlaces(others, 8)].map((sighting) => ({
        place: sighting.place,
        cluster,
        message: `${sighting.source} ${sighting.value}`,
      }));
      const secrets = keys.map(({ holder, secret }) => ({
        place: secret.place,
        cluster: holder.name,
        message: `remote secret with key ${secret.key ?? ''}`,
      }));
      const owner =
        peer === undefined
          ? []
          : [{ place: namePlace(mesh, peer), cluster: peer.name, message: `cluster ${odd.value}` }];
      const where = { at: odd.place, cluster, severity: speaks.severity, also: [...places, ...secrets, ...owner] };
      const told = toldApart(odd, others);
      const slots = {
        cluster,
        source: told.source,
        id: odd.value,
        others: sayings(told.others),
        keys: keysInWords(keys),
        suffix: speaks.suffix,
      };
      if (peer === undefined) report('differs', where, slots);
      else report('copied', where, { ...slots, peer: peer.name });
    }
  },
});

/** `; the remote secret in east has key west`. */
const keysInWords = (keys: readonly { holder: { name: string }; secret: { key: string | undefined } }[]): string => {
  const byKey = new Map<string, Set<string>>();
  for (const { holder, secret } of keys)
    if (secret.key !== undefined) byKey.set(secret.key, (byKey.get(secret.key) ?? new Set()).add(holder.name));
  return [...byKey]
    .map(([key, holders]) =>
      holders.size === 1
        ? `; the remote secret in ${[...holders][0] ?? ''} has key ${key}`
        : `; the remote secrets in ${inWords([...holders])} have key ${key}`,
    )
    .join('');
};
