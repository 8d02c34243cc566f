// Clusters whose istiod signs with a root of its own, because nothing brings it another CA.
import { cacertsOf } from '../facts/cacerts.ts';
import type { Member, Mesh } from '../facts/mesh.ts';
import { FORMS, caNamespace, formOf, plainCacerts } from '../facts/roots.ts';
import { controlPlaneWorkloads, envSightings } from '../facts/sources.ts';
import type { Place, Resource } from '../model/index.ts';
import { flag, sameNamespace } from '../model/index.ts';
import { installOf } from './controlPlane/install.ts';
import { runsControlPlane } from './controlPlane/roles.ts';

/** A cluster whose istiod (up to 1.4: citadel) makes a root of its own. */
export interface SelfSigned {
  readonly member: Member;
  /** cacerts, or what installs istiod where there is none. */
  readonly at: Place;
  readonly resource: Resource | undefined;
  /** What is wrong with cacerts, as the tail of "has cacerts …"; undefined where there is none. */
  readonly gap: string | undefined;
}

/** Undefined where the cluster does not sign, or has a CA, or may have one that the files do not show. */
export const selfSigned = (mesh: Mesh, member: Member): SelfSigned | undefined => {
  if (!signs(mesh, member)) return undefined;
  if (member.roots.fact.state === 'absent' && mesh.absent(member, 'ca') === 'yes') {
    const install = installOf(member);
    return install === undefined ? undefined : { member, ...install, gap: undefined };
  }
  const secret = plainCacerts(member.cluster, member);
  const gap = secret?.keys === undefined ? undefined : gapOf(mesh, member, secret.keys);
  return secret === undefined || gap === undefined
    ? undefined
    : { member, at: secret.place, resource: secret.resource, gap };
};

/** Whether the files bring a CA to the cluster. Loose PEM files and copies of a root do not tell that. */
export const bringsCa = (mesh: Mesh, member: Member): boolean => {
  const { origin } = member.roots;
  const external = origin === 'issuer' || origin === 'signer' || origin === 'config';
  if (external && mesh.roleOf(member) !== 'remote') return true;
  return cacertsOf(member.cluster).some((statement) => sameNamespace(statement.namespace, caNamespace(member)));
};

/** Up to 1.25 istiod goes its own way without a key; with USE_CACERTS_FOR_SELF_SIGNED_CA it wrote the Secret itself. */
const gapOf = (mesh: Mesh, member: Member, keys: ReadonlySet<string>): string | undefined => {
  const { minors, assumed } = mesh.versionOf(member);
  const { key } = FORMS[formOf(keys, member)];
  if (!assumed && minors.low >= 5 && minors.high <= 25 && !keys.has(key)) return `without ${key}`;
  const own = envSightings(member.cluster, 'istiod', 'USE_CACERTS_FOR_SELF_SIGNED_CA');
  return keys.has('istio-generated') && minors.high >= 19 && own.some((sighting) => flag(sighting.value) === true)
    ? 'made by istiod itself (istio-generated)'
    : undefined;
};

const isCitadel = ({ name }: Resource): boolean => name.startsWith('istio-citadel');

/** Up to 1.4 a remote may run a citadel of its own; later its primary signs for it. */
const signs = (mesh: Mesh, member: Member): boolean => {
  const role = mesh.roleOf(member);
  const { minors, assumed } = mesh.versionOf(member);
  if (runsControlPlane(mesh, member)) return true;
  return (
    role === 'remote' && !assumed && minors.high <= 4 && controlPlaneWorkloads(member.cluster, true).some(isCitadel)
  );
};
