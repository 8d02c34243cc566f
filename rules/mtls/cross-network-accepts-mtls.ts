import type { Related } from '../../src/model/index.ts';
import { compareText, placeKey, SEVERITIES } from '../../src/model/index.ts';
import type { Refusal } from '../../src/rule/crossNetwork.ts';
import { refusals } from '../../src/rule/crossNetwork.ts';
import { defineRule } from '../../src/rule/define.ts';
import { inWords, networkOf, someInWords } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'mtls/cross-network-accepts-mtls',
  severity: 'error',
  istio: '1.8+, sidecars 1.7+',
  summary: 'A Service that is called from another network takes mTLS there.',
  why: 'The gateway between two networks passes mTLS of Istio only. istiod drops endpoints without it from the lists of callers in other networks and of the gateway, without a word; calls go to what is left, or nowhere.',
  fix: 'Let the pods take mTLS: give them a sidecar, or set the PeerAuthentication to PERMISSIVE; else make the Service cluster-local.',
  reads: ['PeerAuthentication', 'Service', 'workloads', 'Namespace', 'network', 'eastWestGateways', 'VirtualService'],
  yieldsTo: ['injection/label-known'],
  models: [
    'multi-primary-networks',
    'primary-remote-networks',
    'external-control-plane',
    'hybrid-cloud',
    'locality-three-clusters',
  ],
  messages: {
    refuses:
      '{services} in {cluster} ({network}) {takes} no mTLS ({reason}): {callers} no endpoints of {cluster}{suffix}',
    caller:
      '{config} counts {services} in {cluster} ({network}) as plaintext ({reason}): {callers} no endpoints of {cluster}{suffix}',
  },
  check(mesh, report) {
    const found = new Map<string, Refusal[]>();
    for (const refusal of refusals(mesh)) {
      const key = keyOf(refusal);
      const held = found.get(key);
      if (held === undefined) found.set(key, [refusal]);
      else held.push(refusal);
    }
    for (const [, group] of [...found].toSorted(([a], [b]) => compareText(a, b))) {
      const severity = SEVERITIES.find((rank) => group.some((refusal) => refusal.severity === rank)) ?? 'info';
      // What a policy does in its own cluster comes before what it makes of others.
      const first =
        group.find((refusal) => refusal.severity === severity && refusal.cause !== 'caller') ??
        group.find((refusal) => refusal.severity === severity)!;
      const told = group.filter((refusal) => refusal.cause === first.cause);
      const where = {
        at: first.place,
        cluster: first.cluster.name,
        resource: first.server.workload?.resource,
        also: relatedOf(told),
        severity,
      };
      const common = {
        services: someInWords(unique(told.map((refusal) => refusal.target.name))),
        cluster: inWords(unique(told.map((refusal) => refusal.server.member.name))),
        network: inWords(unique(told.map((refusal) => networkOf(refusal.server.member) ?? ''))),
        reason: first.reason,
        callers: callersInWords(told),
        suffix: ownInWords(told) + first.suffix,
      };
      const isOne = told.every((refusal) => refusal.target === first.target);
      if (first.cause === 'caller') report('caller', where, { ...common, config: first.cluster.name });
      else report('refuses', where, { ...common, takes: isOne ? 'takes' : 'take' });
    }
  },
});

/** One field, or one namespace without sidecars, is one cause. */
const keyOf = ({ cause, place, cluster, server, also }: Refusal): string =>
  cause === 'pod' && also.length > 0
    ? [cluster.name, 'namespace', server.namespace ?? ''].join('\0')
    : [cluster.name, placeKey(place)].join('\0');

const unique = (names: readonly string[]): readonly string[] => [...new Set(names)].toSorted(compareText);

/** `east (net-1) gets`, `east and north (net-1) get`. */
const callersInWords = (group: readonly Refusal[]): string => {
  const members = unique(group.map(({ user }) => user.member.name));
  const networks = unique(group.map(({ user }) => networkOf(user.member) ?? '').filter((name) => name !== ''));
  const words = networks.length === 0 ? '' : ` (${inWords(networks)})`;
  return `${inWords(members)}${words} ${members.length === 1 ? 'gets' : 'get'}`;
};

/** ` and is left with its own pods`: what comes of it where a policy is told mildly. */
const ownInWords = (group: readonly Refusal[]): string => {
  if (!group.every(({ hasOwn }) => hasOwn)) return '';
  return unique(group.map(({ user }) => user.member.name)).length === 1
    ? ' and is left with its own pods'
    : ' and are left with their own pods';
};

/** The causes beside the main one, then one call of each cluster. */
const relatedOf = (group: readonly Refusal[]): readonly Related[] => {
  const found = new Map<string, Related>();
  for (const { also } of group)
    for (const related of also) found.set(`0\0${related.cluster ?? ''}\0${placeKey(related.place)}`, related);
  const callers = new Set<string>();
  for (const { user, target } of group) {
    if (callers.has(user.member.name)) continue;
    callers.add(user.member.name);
    found.set(`1\0${user.member.name}\0${placeKey(user.use.place)}`, {
      place: user.use.place,
      cluster: user.member.name,
      message: `${user.use.source} calls ${target.name}`,
    });
  }
  return [...found].toSorted(([a], [b]) => compareText(a, b)).map(([, related]) => related);
};
