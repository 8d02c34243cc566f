import { readsMeshConfig } from '../../src/facts/identity.ts';
import { autoMtlsAt } from '../../src/facts/mtlsSettings.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { minorsInWords, speaksFor } from '../../src/facts/minors.ts';
import type { Place, Related, Sighting } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { everyServiceHasRule, meshRule } from '../../src/rule/meshClientRule.ts';
import { networksOf } from '../../src/rule/networks.ts';
import { deviations } from '../../src/rule/peers.ts';
import { inWords, realmsOf } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'mtls/auto-mtls-agrees',
  severity: 'warning',
  istio: '1.4+',
  summary: 'Clients of every cluster use mTLS by themselves wherever the server takes it.',
  why: 'Without auto mTLS a client sends plaintext unless a DestinationRule says ISTIO_MUTUAL. Servers that are STRICT refuse it, and so does the gateway of every other network.',
  fix: 'Set meshConfig.enableAutoMtls to true (or take it out, from Istio 1.6 that is the default) in every config cluster.',
  reads: ['autoMtls', 'network', 'DestinationRule'],
  messages: {
    differs: 'enableAutoMtls is {found} in {cluster}, {expected} in {peers}{suffix}',
    networks:
      'enableAutoMtls is false in {cluster}: its clients call the gateways of other networks ({networks}) with plaintext{peers}{suffix}',
  },
  check(mesh, report) {
    const all = realmsOf(mesh).flatMap(({ config }) => settingOf(mesh, config) ?? []);
    const off = all.filter((setting) => !setting.value && !isCovered(mesh, setting.config));
    const networks = [...networksOf(mesh).keys()];
    const told = new Set<Setting>();
    if (networks.length > 1)
      for (const setting of off) {
        const said = speaksFor(mesh.versionOf(setting.config).minors, '1.4+', 'error');
        if (said === undefined || setting.sighting === undefined) continue;
        told.add(setting);
        const peers = all.filter((other) => other.value);
        report(
          'networks',
          {
            at: setting.sighting.place,
            cluster: setting.config.name,
            also: relatedOf(peers),
            severity: said.severity,
          },
          {
            cluster: setting.config.name,
            networks: inWords(networks),
            peers: peers.length === 0 ? '' : `; it is ${inWords(settingsInWords(peers))}`,
            suffix: said.suffix,
          },
        );
      }
    for (const deviation of deviations(
      all.filter((setting) => setting.value || off.includes(setting)),
      (setting) => String(setting.value),
    )) {
      const { odd, peers } = sided(deviation);
      const said = speaksFor(mesh.versionOf(odd.config).minors, '1.4+', 'warning');
      const main = [odd, ...peers].find((setting) => setting.sighting !== undefined);
      if (said === undefined || main?.sighting === undefined || [odd, ...peers].some((setting) => told.has(setting)))
        continue;
      report(
        'differs',
        {
          at: main.sighting.place,
          cluster: main.config.name,
          also: relatedOf(peers.filter((peer) => peer !== main)),
          severity: said.severity,
        },
        {
          found: valueInWords(odd),
          cluster: odd.config.name,
          expected: valueInWords(peers[0]!),
          peers: inWords(peers.map((peer) => peer.config.name)),
          suffix: said.suffix,
        },
      );
    }
  },
});

/** Whether the clients of a config cluster use auto mTLS. */
interface Setting {
  readonly config: Member;
  readonly value: boolean;
  /** Where it is said; undefined where the default of the version holds. */
  readonly sighting: Sighting<boolean> | undefined;
  readonly version: string;
}

/** Places that contradict each other are the matter of config/facts-agree. */
const settingOf = (mesh: Mesh, config: Member): Setting | undefined => {
  const { minors } = mesh.versionOf(config);
  const fact = autoMtlsAt(config.cluster, minors);
  if (fact.state !== 'known' || (fact.isDefault === true && !readsMeshConfig(config.cluster))) return undefined;
  return { config, value: fact.value, sighting: fact.sightings[0], version: minorsInWords(minors) };
};

/** Rules with ISTIO_MUTUAL stand in for auto mTLS. */
const isCovered = (mesh: Mesh, config: Member): boolean =>
  meshRule(mesh, config) !== undefined || everyServiceHasRule(mesh, config, undefined);

/** Where no side has more clusters, the one that is off is the odd one. */
const sided = ({
  odd,
  peers,
  isOutvoted,
}: {
  readonly odd: Setting;
  readonly peers: readonly Setting[];
  readonly isOutvoted: boolean;
}): { readonly odd: Setting; readonly peers: readonly Setting[] } => {
  const swapped = peers[0];
  return isOutvoted || !odd.value || swapped === undefined ? { odd, peers } : { odd: swapped, peers: [odd] };
};

const valueInWords = ({ value, sighting, version }: Setting): string =>
  sighting === undefined ? `${value ? 'on' : 'off'} (default of ${version})` : String(value);

const settingsInWords = (settings: readonly Setting[]): readonly string[] =>
  settings.map((setting) => `${valueInWords(setting)} in ${setting.config.name}`);

const relatedOf = (settings: readonly Setting[]): readonly Related[] =>
  settings.flatMap((setting): readonly Related[] => {
    const place: Place | undefined = setting.sighting?.place;
    return place === undefined
      ? []
      : [{ place, cluster: setting.config.name, message: `${setting.sighting!.source}: ${setting.value}` }];
  });
