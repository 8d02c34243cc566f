// DestinationRules for hosts that no cluster has.
import type { Member, Mesh } from '../../facts/mesh.ts';
import { isTemplate } from '../../model/index.ts';
import type { DestinationRule } from '../destinationRules.ts';
import { destinationRulesOf, hasSubset } from '../destinationRules.ts';
import { isWildcard, serviceOf } from '../hosts.ts';
import { resolveHost } from '../resolve.ts';
import { clusterDomainOf, oncePerMember } from '../scope.ts';
import type { MeshService } from '../services.ts';
import { hostOfService, serviceTable } from '../services.ts';
import { seesAllHosts } from './destinations.ts';
import type { Misnomer } from './meantHosts.ts';
import { misnomerOf, nearestService } from './meantHosts.ts';
import type { SubsetFault } from './subsetFaults.ts';

/** A DestinationRule whose host is none of the mesh, and the Service that it was probably meant for. */
export interface MisnamedRule {
  readonly rule: DestinationRule;
  /** `partial`: `cart.shop`, which Istio takes as it stands; `amiss`: nearly the form of a Service's name. */
  readonly kind: 'unknown' | 'partial' | 'amiss';
  readonly misnomer: Misnomer | undefined;
  readonly meant: MeshService | undefined;
}

/** DestinationRules of a config cluster that no host obeys. */
export const misnamedRules = oncePerMember((mesh, config): readonly MisnamedRule[] =>
  destinationRulesOf(mesh, config).all.flatMap((rule) => misnamedRule(mesh, config, rule) ?? []),
);

const misnamedRule = (mesh: Mesh, config: Member, rule: DestinationRule): MisnamedRule | undefined => {
  const { host, namespace } = rule;
  if (isWildcard(host) || isTemplate(host)) return undefined;
  const found = resolveHost(mesh, config, host);
  if (found.state === 'here' || found.state === 'elsewhere') return undefined;
  if (found.state === 'nowhere') {
    const meant = nearestService(mesh, found.namespace, found.name);
    return { rule, kind: 'unknown', misnomer: undefined, meant };
  }
  const misnomer = misnomerOf(mesh, config, host, namespace);
  if (misnomer !== undefined) return { rule, kind: 'amiss', misnomer, meant: misnomer.meant };
  const partial = serviceOf(host, clusterDomainOf(config), true);
  const meant = partial === undefined ? undefined : serviceTable(mesh).find(partial.namespace, partial.name);
  if (meant !== undefined) return { rule, kind: 'partial', misnomer: undefined, meant };
  return seesAllHosts(mesh) ? { rule, kind: 'unknown', misnomer: undefined, meant: undefined } : undefined;
};

/** Whether a subset is missing because the rule that has it is for a host that is written amiss. */
export const isExplained = (config: Member, { rule, meant }: MisnamedRule, fault: SubsetFault): boolean =>
  meant !== undefined && hostOfService(meant, config) === fault.host && hasSubset(rule, fault.subset);
