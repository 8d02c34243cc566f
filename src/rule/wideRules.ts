// DestinationRules for all Services of a namespace, or of the mesh.
import type { Member } from '../facts/mesh.ts';
import type { ClientMode } from './clientTls.ts';
import type { DestinationRule } from './destinationRules.ts';
import { isWithin } from './hosts.ts';
import type { EffectiveMtls } from './mtls.ts';
import { clusterDomainOf } from './scope.ts';

/** Whether a rule is for the whole mesh, or for its own namespace as a whole; undefined for any other. */
export const widthOf = (config: Member, { host, namespace }: DestinationRule): 'mesh' | 'namespace' | undefined => {
  const domain = clusterDomainOf(config);
  if (isWithin(`*.svc.${domain}`, host)) return 'mesh';
  return host === `*.${namespace}.svc.${domain}` ? 'namespace' : undefined;
};

/** Codes of Kiali for a wide rule that sends plaintext to servers which a policy of some level makes STRICT. */
export const plaintextCodes = (
  config: Member,
  rule: DestinationRule,
  mode: ClientMode,
  level: EffectiveMtls['level'],
): readonly string[] => {
  const width = widthOf(config, rule);
  if (mode !== 'DISABLE' || width === undefined) return [];
  if (level === 'mesh') return ['KIA0208'];
  return width === 'namespace' && level === 'namespace' ? ['KIA0207'] : [];
};
