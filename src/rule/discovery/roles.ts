// Which clusters have a control plane that discovers clusters for itself.
import type { Member, Mesh } from '../../facts/mesh.ts';
import type { Role } from '../../facts/role.ts';
import { servedClusterId } from '../../facts/role.ts';
import { filled, sightingsOf } from '../../model/index.ts';
import { oncePerMember } from '../scope.ts';

/**
 * The role of a cluster for discovery. A primary that also serves remote clusters may say externalIstiod; it is
 * external here only where it reads the configuration of another cluster.
 */
export const planeRole = oncePerMember((mesh, member): Role => {
  const role = mesh.roleOf(member);
  return role === 'external' && !servesAnother(mesh, member) ? 'primary' : role;
});

const servesAnother = (mesh: Mesh, member: Member): boolean => {
  const served = servedClusterId(member.cluster).flatMap(({ value }) => filled(value) ?? []);
  const own = new Set([member.name, ...sightingsOf(member.clusterId).map(({ value }) => value)]);
  if (served.some((id) => !own.has(id))) return true;
  return mesh.members.some((other) => mesh.roleOf(other) === 'config');
};
