// Control planes of a mesh and what runs below them.
import type { Member, Mesh } from '../facts/mesh.ts';
import { envSightings, operatorSightings, valueSightings } from '../facts/sources.ts';
import type { Place, Resource } from '../model/index.ts';
import { flag, valueOf } from '../model/index.ts';
import { installOf } from './selfSigned.ts';

/** Members that run a control plane, or may run one; remotes obey that of another. */
export const planesOf = (mesh: Mesh): readonly Member[] =>
  mesh.members.filter((member) => !['remote', 'config'].includes(mesh.roleOf(member)));

/** Whether a cluster has an ambient data plane. */
export const isAmbient = ({ cluster, workloads }: Member): boolean =>
  cluster.values.some(({ chart }) => chart === 'ztunnel') ||
  operatorSightings(cluster, ['profile']).some(({ value }) => value === 'ambient') ||
  valueSightings(cluster, ['operator', 'istiod'], ['profile']).some(({ value }) => value === 'ambient') ||
  envSightings(cluster, 'istiod', 'PILOT_ENABLE_AMBIENT').some(({ value }) => flag(value) === true) ||
  workloads.some(({ ambient }) => ambient === 'yes');

/** The place that says the trust domain, or what installs the control plane where it is not said. */
export const trustDomainPlace = (
  member: Member,
): { readonly at: Place; readonly resource: Resource | undefined } | undefined => {
  const { trustDomain } = member;
  const said = trustDomain.state === 'known' || trustDomain.state === 'conflict' ? trustDomain.sightings[0] : undefined;
  if (said === undefined) return installOf(member);
  return {
    at: said.place,
    resource: member.resources.all.find(
      ({ place }) => place.file === said.place.file && place.document === said.place.document,
    ),
  };
};

/** The trust domain of a control plane; undefined where it is not known. */
export const trustDomainOf = (member: Member): string | undefined => valueOf(member.trustDomain);
