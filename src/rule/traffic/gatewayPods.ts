// Which pods of a mesh are gateways, as far as Gateways may select them.
import { installedGateways } from '../../facts/installedGateways.ts';
import type { Member } from '../../facts/mesh.ts';
import { hidesKind } from '../../facts/sources.ts';
import type { Place, Resource } from '../../model/index.ts';
import { describe, filled, get } from '../../model/index.ts';
import { oncePerMesh } from '../scope.ts';

/** Pods that a selector may find. */
export interface GatewayPods {
  readonly member: Member;
  readonly labels: Readonly<Record<string, string>>;
  readonly namespace: string | undefined;
  readonly isGateway: boolean;
  readonly place: Place;
  readonly title: string;
}

/** Pods of all gateways of the mesh; undefined where some may not be among the files. */
export const gatewayPods = oncePerMesh((mesh): readonly GatewayPods[] | undefined => {
  const found: GatewayPods[] = [];
  for (const member of mesh.members) {
    const { cluster } = member;
    if (hidesKind(cluster, ['Deployment', 'DaemonSet', 'IstioOperator', 'HelmRelease'])) return undefined;
    for (const operator of cluster.resources.ofKind('IstioOperator').filter(bringsGateways))
      for (const labels of PROFILE_GATEWAYS)
        found.push({
          member,
          labels,
          namespace: undefined,
          isGateway: true,
          place: operator.place,
          title: `the profile of ${describe(operator)}`,
        });
    // A chart without release name is a gateway that nobody can name.
    const installed = installedGateways(cluster);
    if (cluster.values.filter((source) => source.chart === 'gateway').length > installed.length) return undefined;
    for (const workload of member.workloads)
      found.push({
        member,
        labels: workload.labels,
        namespace: workload.namespace,
        isGateway: workload.gateway,
        place: workload.resource.place,
        title: describe(workload.resource),
      });
    for (const gateway of installed)
      if (gateway.podLabels !== undefined)
        found.push({
          member,
          labels: gateway.podLabels,
          namespace: gateway.namespace,
          isGateway: true,
          place: gateway.place,
          title: `gateway ${gateway.name}`,
        });
  }
  const isGateway = mesh.members.some(
    (member) =>
      member.workloads.some((workload) => workload.gateway) ||
      installedGateways(member.cluster).length > 0 ||
      member.cluster.resources.ofKind('IstioOperator').some(bringsGateways),
  );
  return isGateway ? found : undefined;
});

/** What the profiles default and demo bring without any file that names it. */
const PROFILE_GATEWAYS = [
  { app: 'istio-ingressgateway', istio: 'ingressgateway' },
  { app: 'istio-egressgateway', istio: 'egressgateway' },
];

const bringsGateways = (operator: Resource): boolean =>
  !['empty', 'minimal', 'remote', 'external', 'ambient'].includes(
    filled(get(operator.value, 'spec', 'profile')) ?? 'default',
  );
