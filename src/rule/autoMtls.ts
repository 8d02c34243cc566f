import { autoMtlsAt } from '../facts/mtlsSettings.ts';
import type { Member, Mesh } from '../facts/mesh.ts';
import type { Related } from '../model/index.ts';
import { sightingsOf, valueOf } from '../model/index.ts';

/** Where auto mTLS of a config cluster is switched off; empty where a default leaves it off, undefined where it is on or not known. */
export const autoMtlsOff = (mesh: Mesh, config: Member): readonly Related[] | undefined => {
  const fact = autoMtlsAt(config.cluster, mesh.versionOf(config).minors);
  if (valueOf(fact) !== false) return undefined;
  return sightingsOf(fact).map(({ place, source }) => ({
    place,
    cluster: config.name,
    message: `${source}: auto mTLS is off`,
  }));
};
