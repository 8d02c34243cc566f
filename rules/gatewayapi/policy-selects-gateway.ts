import type { Member } from '../../src/facts/mesh.ts';
import type { Place, Resource } from '../../src/model/index.ts';
import { describe, get, isRecord, list, placeIn, text, textMap } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import type { Realm } from '../../src/rule/scope.ts';
import { realmsOf, rootNamespaceOf } from '../../src/rule/scope.ts';
import type { Labels } from '../../src/rule/selectors.ts';
import { matchLabels, selects } from '../../src/rule/selectors.ts';

const LABEL = 'gateway.networking.k8s.io/gateway-name';

export default defineRule({
  id: 'gatewayapi/policy-selects-gateway',
  severity: 'warning',
  istio: '1.22+',
  summary: 'A policy for the pods of a Gateway API Gateway names the Gateway, not the labels of its pods.',
  why: 'Policies that select pods by labels do not act on waypoints, and on other gateways of the Gateway API only as long as an old behaviour is kept.',
  fix: 'Put targetRefs with the Gateway in place of the selector.',
  reads: ['AuthorizationPolicy', 'RequestAuthentication', 'Telemetry', 'WasmPlugin', 'Gateway', 'workloads'],
  aliases: ['IST0166'],
  messages: {
    waypoint:
      '{policy} in {cluster} selects the pods of waypoint {gateway} by labels: waypoints obey only what names them in targetRefs',
    selector: '{policy} in {cluster} selects the pods of Gateway {gateway} by labels, where targetRefs is the way',
  },
  check(mesh, report) {
    for (const realm of realmsOf(mesh)) {
      // Before, there is no targetRefs.
      if (mesh.versionOf(realm.config).minors.high < 22) continue;
      const policies = KINDS.flatMap(([kind, group, key]) =>
        statementsOf(realm.config.resources.ofKind(kind, group)).flatMap(({ resource }) => {
          const spec = resource.value['spec'];
          const selector = matchLabels(spec, key);
          const isTargeted = isRecord(get(spec, 'targetRef')) || list(get(spec, 'targetRefs')).length > 0;
          return selector === undefined || isTargeted ? [] : [{ resource, selector, key }];
        }),
      );
      if (policies.length === 0) continue;
      const pods = gatewayPodsOf(realm);
      for (const { resource, selector, key } of policies) {
        const isRoot = resource.namespace === rootNamespaceOf(realm.config);
        const pod = pods.find(
          (held) => (isRoot || held.namespace === resource.namespace) && selects(selector, held.labels) === 'yes',
        );
        if (pod === undefined) continue;
        report(
          pod.isWaypoint ? 'waypoint' : 'selector',
          {
            at: placeIn(resource, 'spec', key),
            cluster: realm.config.name,
            resource,
            severity: pod.isWaypoint ? 'warning' : 'info',
            also: [{ place: pod.place, cluster: pod.member.name, message: pod.title }],
          },
          { policy: describe(resource), cluster: realm.config.name, gateway: pod.gateway },
        );
      }
    }
  },
});

const KINDS = [
  ['AuthorizationPolicy', 'security.istio.io', 'selector'],
  ['RequestAuthentication', 'security.istio.io', 'selector'],
  ['Telemetry', 'telemetry.istio.io', 'selector'],
  ['WasmPlugin', 'extensions.istio.io', 'selector'],
] as const;

interface GatewayPod {
  readonly member: Member;
  readonly namespace: string | undefined;
  readonly labels: Labels;
  readonly gateway: string;
  readonly isWaypoint: boolean;
  readonly place: Place;
  readonly title: string;
}

/** Pods that istiod makes for Gateways of the Gateway API, and those among the files that carry their label. */
const gatewayPodsOf = ({ members }: Realm): readonly GatewayPod[] =>
  members.flatMap((member) => [
    ...member.resources.ofKind('Gateway', 'gateway.networking.k8s.io').flatMap((gateway): readonly GatewayPod[] => {
      const gatewayClass = text(get(gateway.value, 'spec', 'gatewayClassName'));
      if (gatewayClass !== 'istio' && gatewayClass !== 'istio-waypoint') return [];
      // With an address it stands for pods that were deployed by hand.
      if (list(get(gateway.value, 'spec', 'addresses')).length > 0) return [];
      return [
        {
          member,
          namespace: gateway.namespace,
          labels: { ...labelsOf(gateway), [LABEL]: gateway.name, 'istio.io/gateway-name': gateway.name },
          gateway: gateway.name,
          isWaypoint: gatewayClass === 'istio-waypoint',
          place: gateway.place,
          title: describe(gateway),
        },
      ];
    }),
    ...member.workloads.flatMap((workload): readonly GatewayPod[] => {
      const gateway = workload.labels[LABEL];
      if (gateway === undefined) return [];
      return [
        {
          member,
          namespace: workload.namespace,
          labels: workload.labels,
          gateway,
          isWaypoint: workload.labels['gateway.istio.io/managed'] === 'istio.io-mesh-controller',
          place: workload.resource.place,
          title: describe(workload.resource),
        },
      ];
    }),
  ]);

/** Labels of the Gateway go to its pods, those of `infrastructure` before them. */
const labelsOf = (gateway: Resource): Labels => ({
  ...gateway.labels,
  ...textMap(get(gateway.value, 'spec', 'infrastructure', 'labels')),
});
