// Who reads VirtualServices and DestinationRules beside waypoints: sidecars and gateways.
import { gatewayClass } from '../../facts/gateways.ts';
import { installedGateways } from '../../facts/installedGateways.ts';
import type { Member } from '../../facts/mesh.ts';
import type { Workload } from '../../facts/workloads.ts';
import { filled } from '../../model/index.ts';
import { istioNamespaceOf, oncePerMember, realmsOf } from '../scope.ts';
import { profileOf } from './dataPlane.ts';

/** Proxies other than waypoints that may obey the objects of a config cluster, as far as its files tell. */
export interface Readers {
  /** Namespaces whose pods have (or may have) sidecars. */
  readonly sidecars: ReadonlySet<string>;
  readonly hasGateways: boolean;
}

export const readersOf = oncePerMember((mesh, config): Readers => {
  const members = realmsOf(mesh).find((realm) => realm.config === config)?.members ?? [config];
  return {
    sidecars: new Set(members.flatMap(sidecarNamespaces)),
    hasGateways: members.some(hasGateways),
  };
});

const sidecarNamespaces = (member: Member): readonly string[] => [
  ...member.resources
    .ofKind('Namespace', '')
    .filter(
      ({ labels }) =>
        labels['istio-injection'] === 'enabled' ||
        (labels['istio-injection'] !== 'disabled' && filled(labels['istio.io/rev']) !== undefined),
    )
    .map(({ name }) => name),
  ...member.workloads.filter((workload) => mayHaveSidecar(member, workload)).map(({ namespace }) => namespace ?? '?'),
];

/** The control plane and its helpers have none, also where no file holds the labels of their namespace. */
const mayHaveSidecar = (member: Member, { injected, gateway, namespace }: Workload): boolean =>
  !gateway &&
  (injected === 'yes' ||
    (injected === 'unknown' && namespace !== istioNamespaceOf(member) && namespace !== 'kube-system'));

/** Classes of the Gateway API that balance no calls of their own. */
const WITHOUT_ROUTES: ReadonlySet<string> = new Set([
  'istio-waypoint',
  'istio-agentgateway-waypoint',
  'istio-east-west',
  'istio-remote',
]);

const hasGateways = ({ cluster, resources, workloads }: Member): boolean =>
  workloads.some(({ gateway }) => gateway) ||
  resources.ofKind('Gateway', 'networking.istio.io').length > 0 ||
  resources
    .ofKind('Gateway', 'gateway.networking.k8s.io')
    .some((gateway) => !WITHOUT_ROUTES.has(gatewayClass(gateway) ?? '')) ||
  installedGateways(cluster).length > 0 ||
  // An IstioOperator installs an ingress gateway unless its profile says otherwise.
  (resources.ofKind('IstioOperator').length > 0 &&
    !/^(ambient|minimal|empty|remote)/.test(profileOf(cluster)?.value ?? 'default'));
