import type { Member } from '../../src/facts/mesh.ts';
import type { Root } from '../../src/facts/roots.ts';
import { rootsIn } from '../../src/facts/rootSets.ts';
import {
  controlPlaneWorkloads,
  envSightings,
  injectorEnvSightings,
  meshConfigSightings,
} from '../../src/facts/sources.ts';
import { lowered, speaksFor } from '../../src/facts/minors.ts';
import type { Place, Resource, Tri } from '../../src/model/index.ts';
import { below, flag, get, list, text } from '../../src/model/index.ts';
import { possibleControlPlanes } from '../../src/rule/controlPlane/roles.ts';
import { defineRule } from '../../src/rule/define.ts';
import { resourceAt } from '../../src/rule/objects.ts';
import { inWords } from '../../src/rule/scope.ts';
import { describeRoots, distinctRoots, isSameAuthority, trusting } from '../../src/rule/trust.ts';

export default defineRule({
  id: 'trust/multi-root-enabled',
  severity: 'error',
  istio: '1.10+',
  summary: 'caCertificates of the mesh config are switched on, and the same in all clusters.',
  why: 'istiod hands extra roots to the proxies only with ISTIO_MULTIROOT_MESH, and proxies take them only with PROXY_CONFIG_XDS_AGENT. Without these the roots stand in the mesh config and nobody trusts them.',
  fix: 'Set ISTIO_MULTIROOT_MESH=true in the environment of istiod and PROXY_CONFIG_XDS_AGENT=true in defaultConfig.proxyMetadata.',
  reads: ['meshConfig.caCertificates', 'ISTIO_MULTIROOT_MESH', 'PROXY_CONFIG_XDS_AGENT', 'rootCertificates'],
  messages: {
    noFlag: '{cluster} has {roots} in caCertificates without ISTIO_MULTIROOT_MESH{peers}: nobody trusts them{suffix}',
    noAgent:
      '{cluster} has {roots} in caCertificates, and its proxies lack PROXY_CONFIG_XDS_AGENT=true{peers}: they do not take them{suffix}',
    lacksEntry:
      '{cluster} lacks {roots}, which {peers} {have} in caCertificates: what is signed below is refused in {cluster}{suffix}',
  },
  check(mesh, report) {
    const planes = possibleControlPlanes(mesh);
    const entries = new Map(planes.map((member) => [member, entriesOf(member)]));
    for (const member of planes) {
      const { minors } = mesh.versionOf(member);
      const speaks = speaksFor(minors, '1.10+', 'error');
      if (speaks === undefined) continue;
      const held = extra(member, entries.get(member) ?? []);
      const [first] = held;
      if (first === undefined) {
        const missing = missingIn(member, planes, entries);
        const where = configPlace(member);
        if (missing === undefined || where === undefined) continue;
        report(
          'lacksEntry',
          {
            ...where,
            cluster: member.name,
            severity: lowered(speaks.severity),
            also: missing.entries.map(({ entry, peer }) => ({
              place: entry.place,
              cluster: peer.name,
              message: describeRoots(entry.roots),
            })),
            fix: 'Add the same caCertificates to the mesh config of every cluster.',
          },
          {
            cluster: member.name,
            roots: describeRoots(missing.roots),
            peers: inWords(missing.peers),
            have: missing.peers.length === 1 ? 'has' : 'have',
            suffix: speaks.suffix,
          },
        );
        continue;
      }
      const roots = describeRoots(distinctRoots(held.flatMap((entry) => entry.roots)));
      const where = { at: first.place, cluster: member.name, resource: resourceAt(member, first.place) };
      if (multiRootOf(member) === 'no') {
        const peers = planes.filter((peer) => multiRootOf(peer) === 'yes');
        const also = peers.flatMap((peer) => placesOf(peer, istiodFlags(peer), 'ISTIO_MULTIROOT_MESH=true'));
        report(
          'noFlag',
          { ...where, severity: speaks.severity, also },
          {
            cluster: member.name,
            roots,
            peers:
              peers.length === 0
                ? ''
                : ` (${inWords(peers.map(({ name }) => name))} ${peers.length === 1 ? 'sets' : 'set'} it)`,
            suffix: speaks.suffix,
          },
        );
        continue;
      }
      if (multiRootOf(member) !== 'yes' || agentOf(member) !== 'no') continue;
      const peers = planes.filter((peer) => agentOf(peer) === 'yes');
      report(
        'noAgent',
        {
          ...where,
          severity: lowered(speaks.severity),
          also: peers.flatMap((peer) => placesOf(peer, agentFlags(peer), 'PROXY_CONFIG_XDS_AGENT=true')),
        },
        {
          cluster: member.name,
          roots,
          peers:
            peers.length === 0
              ? ''
              : ` (${inWords(peers.map(({ name }) => name))} ${peers.length === 1 ? 'sets' : 'set'} it)`,
          suffix: speaks.suffix,
        },
      );
    }
  },
});

/** An entry of caCertificates with a certificate. */
interface Entry {
  readonly roots: readonly Root[];
  readonly place: Place;
}

const entriesOf = ({ cluster }: Member): readonly Entry[] =>
  meshConfigSightings(cluster, ['caCertificates']).flatMap((sighting) =>
    list(sighting.value).flatMap((entry, index) => {
      const roots = rootsIn(text(get(entry, 'pem')) ?? '');
      return roots === undefined ? [] : [{ roots, place: below(sighting.place, index, 'pem') }];
    }),
  );

/** Entries that add something to the roots of cacerts. */
const extra = (member: Member, entries: readonly Entry[]): readonly Entry[] => {
  const own = trusting(member)?.roots ?? [];
  return entries.filter(({ roots }) => !roots.every((root) => own.some((held) => isSameAuthority(held, root))));
};

/** Roots in caCertificates of others that a cluster without such entries does not trust. */
const missingIn = (
  member: Member,
  planes: readonly Member[],
  all: ReadonlyMap<Member, readonly Entry[]>,
):
  | {
      readonly roots: readonly Root[];
      readonly peers: readonly string[];
      readonly entries: readonly { readonly entry: Entry; readonly peer: Member }[];
    }
  | undefined => {
  const own = trusting(member);
  if (own === undefined || own.open || member.cluster.meshConfigs.length === 0) return undefined;
  const entries = planes.flatMap((peer) =>
    peer === member || multiRootOf(peer) !== 'yes'
      ? []
      : extra(peer, all.get(peer) ?? [])
          .filter(({ roots }) => !roots.some((root) => own.accepted.some((held) => isSameAuthority(held, root))))
          .map((entry) => ({ entry, peer })),
  );
  if (entries.length === 0) return undefined;
  const peers = [...new Set(entries.map(({ peer }) => peer.name))];
  return { roots: distinctRoots(entries.flatMap(({ entry }) => entry.roots)), peers, entries };
};

const istiodFlags = ({ cluster }: Member): readonly { readonly value: unknown; readonly place: Place }[] =>
  envSightings(cluster, 'istiod', 'ISTIO_MULTIROOT_MESH');

/** Unknown where nothing that could set it is among the files. */
const multiRootOf = (member: Member): Tri => {
  const { cluster } = member;
  const flags = istiodFlags(member).map(({ value }) => flag(value));
  if (flags.includes(true)) return 'yes';
  if (flags.includes(undefined)) return 'unknown';
  const isShown =
    controlPlaneWorkloads(cluster).length > 0 ||
    cluster.values.some(({ chart }) => chart === 'operator' || chart === 'istiod');
  return isShown ? 'no' : 'unknown';
};

const AGENT = 'PROXY_CONFIG_XDS_AGENT';

const agentFlags = ({ cluster }: Member): readonly { readonly value: unknown; readonly place: Place }[] => [
  ...meshConfigSightings(cluster, ['defaultConfig', 'proxyMetadata', AGENT]),
  ...injectorEnvSightings(cluster, AGENT),
];

const agentOf = (member: Member): Tri => {
  const flags = agentFlags(member).map(({ value }) => flag(value));
  if (flags.includes(true)) return 'yes';
  // Without a word every proxy may still have it from its own annotation or a ProxyConfig.
  return flags.includes(undefined) || member.resources.ofKind('ProxyConfig').length > 0 ? 'unknown' : 'no';
};

const placesOf = (
  member: Member,
  flags: readonly { readonly value: unknown; readonly place: Place }[],
  message: string,
): readonly { place: Place; cluster: string; message: string }[] =>
  flags.slice(0, 1).map(({ place }) => ({ place, cluster: member.name, message }));

const configPlace = ({
  cluster,
}: Member): { readonly at: Place; readonly resource: Resource | undefined } | undefined => {
  const [config] = cluster.meshConfigs;
  return config === undefined ? undefined : { at: config.place, resource: config.object };
};
