// Which clusters run a control plane, and which use that of another.
import type { Member, Mesh } from '../../facts/mesh.ts';

/** Whether a cluster runs a control plane, its own or one for others. */
export const runsControlPlane = (mesh: Mesh, member: Member): boolean => {
  const role = mesh.roleOf(member);
  return role === 'primary' || role === 'external';
};

/** Whether a cluster uses the control plane of another; the config cluster of an external one is such a remote too. */
export const isRemote = (mesh: Mesh, member: Member): boolean => {
  const role = mesh.roleOf(member);
  return role === 'remote' || role === 'config';
};

/** Clusters that run a control plane, by name: each rules its own realm. */
export const controlPlanes = (mesh: Mesh): readonly Member[] =>
  mesh.members.filter((member) => runsControlPlane(mesh, member));

/** The same with clusters of which nothing tells the role: they may run one. */
export const possibleControlPlanes = (mesh: Mesh): readonly Member[] =>
  mesh.members.filter((member) => !isRemote(mesh, member));
