// Gateways for calls from outside, and the pods that each of them selects.
import { installedGateways } from '../../facts/installedGateways.ts';
import { isComplete } from '../../facts/mesh/tracks.ts';
import type { Member, Mesh } from '../../facts/mesh.ts';
import { hidesKind } from '../../facts/sources.ts';
import type { Workload } from '../../facts/workloads.ts';
import type { Place, Resource } from '../../model/index.ts';
import { describe, filled, get, isTemplate, list, sameNamespace, textMap } from '../../model/index.ts';
import type { GatewayServer } from '../gateways.ts';
import { scopesGateways, serversOf } from '../gateways.ts';
import { statementsOf } from '../objects.ts';
import type { Realm } from '../scope.ts';
import { oncePerMesh, realmsOf } from '../scope.ts';
import type { Labels } from '../selectors.ts';
import { selects } from '../selectors.ts';

/** Pods of one workload, or of a gateway that a chart installs. */
export interface SelectedPods {
  readonly member: Member;
  readonly namespace: string | undefined;
  readonly labels: Labels;
  /** Undefined where a chart or an IstioOperator makes the pods. */
  readonly workload: Workload | undefined;
  /** Ports of the Service that the chart makes; undefined where it says none. */
  readonly ports: readonly { readonly port: number; readonly targetPort?: number | string | undefined }[] | undefined;
  readonly place: Place;
  readonly title: string;
}

/** An Istio Gateway with its servers, and the pods that open them. */
export interface SelectedGateway {
  readonly realm: Realm;
  readonly gateway: Resource;
  readonly selector: Labels;
  readonly servers: readonly GatewayServer[];
  readonly pods: readonly SelectedPods[];
}

/** Gateways of all config clusters; those that several documents state differently, or that are templates, are left out. */
export const selectedGateways = oncePerMesh((mesh): readonly SelectedGateway[] =>
  realmsOf(mesh).flatMap((realm) => {
    const gateways = statementsOf(realm.config.resources.ofKind('Gateway', 'networking.istio.io'));
    if (gateways.length === 0) return [];
    const pods = realm.members.flatMap(podsOf);
    const servers = serversOf(realm.config);
    return gateways.flatMap(({ resource: gateway, ambiguous }) => {
      const selector = textMap(get(gateway.value, 'spec', 'selector'));
      if (ambiguous || Object.values(selector).some(isTemplate)) return [];
      return [
        {
          realm,
          gateway,
          selector,
          servers: servers.filter((server) => server.gateway === gateway),
          pods: pods.filter(
            (pod) =>
              selects(selector, pod.labels) === 'yes' &&
              (!scopesGateways(realm.config) || sameNamespace(gateway.namespace, pod.namespace)),
          ),
        },
      ];
    });
  }),
);

/** `workload` pods and those of charts. */
const podsOf = (member: Member): readonly SelectedPods[] => [
  ...member.workloads.map((workload) => ({
    member,
    namespace: workload.namespace,
    labels: workload.labels,
    workload,
    ports: undefined,
    place: workload.resource.place,
    title: describe(workload.resource),
  })),
  ...installedGateways(member.cluster).flatMap((gateway): readonly SelectedPods[] =>
    gateway.podLabels === undefined
      ? []
      : [
          {
            member,
            namespace: gateway.namespace,
            labels: gateway.podLabels,
            workload: undefined,
            ports: gateway.ports,
            place: gateway.place,
            title: `gateway ${gateway.name}`,
          },
        ],
  ),
];

/** Ports between clusters and of the control plane: rules of the family network speak of their servers. */
export const isBetweenClusters = (server: GatewayServer): boolean =>
  server.mode === 'AUTO_PASSTHROUGH' || [15012, 15017, 15443].includes(server.port ?? 0);

/** The server as it is written. */
export const serverValue = (server: GatewayServer): unknown =>
  list(get(server.gateway.value, 'spec', 'servers'))[server.index];

export const bindOf = (server: GatewayServer): string => filled(get(serverValue(server), 'bind')) ?? '';

export type ServerClass = 'HTTP' | 'TLS' | 'TCP';

/** How istiod joins servers of one port: HTTP with HTTP, TLS with TLS. */
export const classOf = (server: GatewayServer): ServerClass => {
  const protocol = server.protocol.toUpperCase();
  if (/^(HTTP|HTTP2|HTTP_PROXY|GRPC|GRPC-WEB)$/.test(protocol)) return 'HTTP';
  return /^(HTTPS|TLS)$/.test(protocol) ? 'TLS' : 'TCP';
};

/** Whether the files of the mesh hold every object of a kind, as mesh-lint.yaml says. */
export const holdsAll = (
  mesh: Mesh,
  kind: 'Gateway' | 'Secret' | 'Pod' | 'Service' | 'RequestAuthentication',
): boolean =>
  isComplete(mesh.settings.complete, ROLES[kind]) && !mesh.members.some((member) => hidesKind(member.cluster, [kind]));

const ROLES = {
  Gateway: 'config:Gateway',
  Secret: 'remote-secret',
  Pod: 'workload:',
  Service: 'service:',
  RequestAuthentication: 'config:RequestAuthentication',
} as const;

/** `istio: ingressgateway, app: shop`. */
export const selectorInWords = (selector: Labels): string =>
  Object.entries(selector)
    .map(([key, value]) => `${key}: ${value}`)
    .toSorted()
    .join(', ');

/** A Gateway that istiod makes from one of the Gateway API: gateway/internal-gateway-bound speaks of those who name it. */
export const isInternalGateway = (name: string): boolean => /(^|[-/])istio-autogenerated-k8s-gateway(-|$)/.test(name);
