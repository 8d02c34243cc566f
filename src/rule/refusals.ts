// What servers have against the tls of a DestinationRule, as a whole.
import type { Member, Mesh } from '../facts/mesh.ts';
import type { Related } from '../model/index.ts';
import { placeKey, SEVERITIES } from '../model/index.ts';
import type { ClientMode, ClientTls } from './clientTls.ts';
import { tlsOf } from './clientTls.ts';
import type { Contradiction } from './contradictions.ts';
import { contradiction } from './contradictions.ts';
import type { DestinationRule } from './destinationRules.ts';
import { covers } from './hosts.ts';
import type { EffectiveMtls } from './mtls.ts';
import type { Realm } from './scope.ts';
import { targetsOf } from './servers.ts';
import { plaintextCodes, widthOf } from './wideRules.ts';

/** What the servers of a rule's hosts have against it alone. */
export const refusals = (mesh: Mesh, realm: Realm, rule: DestinationRule): readonly Contradiction[] => {
  const { minors } = mesh.versionOf(realm.config);
  return targetsOf(mesh).flatMap((target) =>
    covers(rule.host, target.hostIn(realm.config))
      ? target.ports.flatMap((port) => {
          const found = contradiction(mesh, realm, target, port, tlsOf([rule], port, undefined, minors));
          return found?.severity === 'error' ? [found] : [];
        })
      : [],
  );
};

/** Codes of Kiali, which has some for rules of a whole namespace or mesh alone. */
export const codesOf = (
  config: Member,
  rule: DestinationRule,
  tls: ClientTls,
  refused: readonly Contradiction[],
): readonly string[] => {
  if (tls.ofSubset || tls.path?.includes('portLevelSettings') === true) return [];
  const levels = new Set(refused.flatMap(({ byPolicy }) => byPolicy.map(({ mtls }) => mtls.level)));
  return [...new Set([...levels].flatMap((level) => plaintextCodes(config, rule, tls.mode, level)))].toSorted();
};

/**
 * The policy of the rule's cluster that switches mTLS off for all that a wide rule makes clients call with it, where
 * nothing else is in the way: other clusters may hold the same one.
 */
export const switchedOff = (
  config: Member,
  rule: DestinationRule,
  mode: ClientMode,
  contradictions: readonly Contradiction[],
): EffectiveMtls | undefined => {
  if (mode !== 'ISTIO_MUTUAL' || widthOf(config, rule) === undefined) return undefined;
  const refusing = contradictions.flatMap(({ byPolicy }) => byPolicy);
  const own = refusing.find((server) => server.config === config)?.mtls;
  const isOne =
    own !== undefined &&
    ['namespace', 'mesh'].includes(own.level) &&
    refusing.every(({ mtls }) => mtls.level === own.level && mtls.source === own.source) &&
    contradictions.every(({ byPolicy }) => byPolicy.length > 0);
  return isOne ? own : undefined;
};

// ---- words ----

/** Each text once, the gravest first. */
export const textsOf = (contradictions: readonly Contradiction[]): readonly string[] => [
  ...new Set(
    contradictions
      .toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity))
      .map((contrary) => contrary.text),
  ),
];

/** Each place once, and not more than people read. */
export const relatedOf = (contradictions: readonly Contradiction[]): readonly Related[] => {
  const found = new Map<string, Related>();
  for (const related of contradictions.flatMap((contrary) => contrary.also))
    found.set(`${placeKey(related.place)}\0${related.message}`, related);
  return [...found.values()].slice(0, 8);
};

export const textsInWords = (texts: readonly string[]): string =>
  texts.length <= 2 ? texts.join('; ') : `${texts.slice(0, 2).join('; ')}; and ${texts.length - 2} more services`;
