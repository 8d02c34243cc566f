// Pods that no workload of the files shows: of control planes and gateways that charts and operators install, and of Gateways.
import { installedGateways } from '../facts/installedGateways.ts';
import type { Member, Mesh } from '../facts/mesh.ts';
import type { Resource } from '../model/index.ts';
import { filled, flag, get, isRecord, isTemplate, list, record, textMap } from '../model/index.ts';
import { istioNamespaceOf, oncePerMember } from './scope.ts';
import type { Labels } from './selectors.ts';

interface BroughtPods {
  /** Undefined where it may be any. */
  readonly namespace: string | undefined;
  readonly labels: Labels;
}

/** Whether a selector (undefined is all) may choose pods that a cluster gets in a namespace (undefined is any). */
export const mayBeBrought = (
  mesh: Mesh,
  member: Member,
  namespace: string | undefined,
  selector: Labels | undefined,
): boolean =>
  broughtPods(mesh, member).some(
    (pods) =>
      (namespace === undefined || pods.namespace === undefined || pods.namespace === namespace) &&
      Object.entries(selector ?? {}).every(
        ([key, value]) =>
          isTemplate(value) || (pods.labels[key] ?? (MAY_BE_SET.test(key) ? value : undefined)) === value,
      ),
  );

/** Labels that charts and istiod set beside those that are known here. */
const MAY_BE_SET = /(?:^|\.)(?:istio\.io|kubernetes\.io|k8s\.io|helm\.sh)\/|^(?:chart|heritage|release)$/;

const broughtPods = oncePerMember((_mesh, member): readonly BroughtPods[] => [
  ...installedGateways(member.cluster).map(({ namespace, podLabels }) => ({
    namespace: namespace ?? istioNamespaceOf(member),
    labels: podLabels ?? {},
  })),
  ...member.resources.ofKind('IstioOperator', 'install.istio.io').flatMap((operator) => ofOperator(member, operator)),
  ...member.resources.ofKind('ServiceMeshControlPlane').flatMap(({ namespace }) => [
    { namespace, labels: ISTIOD },
    { namespace, labels: gatewayLabels('istio-ingressgateway') },
    { namespace, labels: gatewayLabels('istio-egressgateway') },
  ]),
  ...['Istio', 'IstioRevision']
    .flatMap((kind) => member.resources.ofKind(kind, 'sailoperator.io'))
    .map((resource) => ({ namespace: ofSpec(resource) ?? 'istio-system', labels: ISTIOD })),
  ...member.cluster.values.flatMap(({ chart, namespace, values }): readonly BroughtPods[] => {
    const labels = CHART_PODS[chart];
    return labels === undefined
      ? []
      : [{ namespace, labels }, ...gatewaysInValues(values).map((own) => ({ namespace, labels: own }))];
  }),
  ...member.resources.ofKind('Gateway', 'gateway.networking.k8s.io').flatMap(ofGateway),
]);

const ISTIOD: Labels = { app: 'istiod', istio: 'pilot' };

const CHART_PODS: Readonly<Record<string, Labels>> = {
  istiod: ISTIOD,
  cni: { 'k8s-app': 'istio-cni-node' },
  ztunnel: { app: 'ztunnel' },
};

const gatewayLabels = (name: string): Labels => ({ app: name, istio: name.replace(/^istio-/, '') });

const ofSpec = ({ value }: Resource): string | undefined => filled(get(value, 'spec', 'namespace'));

/** `gateways.istio-ingressgateway` of charts that hold gateways and control plane, and of operators. */
const gatewaysInValues = (values: unknown): readonly Labels[] =>
  Object.entries(record(get(values, 'gateways'))).flatMap(([name, settings]) =>
    isRecord(settings) && flag(settings['enabled']) !== false
      ? [{ ...gatewayLabels(filled(settings['name']) ?? name), ...textMap(settings['labels']) }]
      : [],
  );

/** Profiles without an ingress gateway; those without a control plane are some of them. */
const WITHOUT_GATEWAY = ['minimal', 'empty', 'remote', 'external'];
const WITHOUT_PLANE = ['empty', 'remote', 'external'];

/** What the profile of an IstioOperator brings beside the gateways that it lists. */
const ofOperator = (member: Member, operator: Resource): readonly BroughtPods[] => {
  const spec = operator.value['spec'];
  const namespace = istioNamespaceOf(member);
  const profile = filled(get(spec, 'profile')) ?? 'default';
  const isOpen = isTemplate(profile) || profile.includes('/');
  const listed = (key: string, name: string): unknown =>
    list(get(spec, 'components', key)).find((gateway) => (filled(get(gateway, 'name')) ?? name) === name);
  const isOff = (key: string, name: string): boolean => flag(get(listed(key, name), 'enabled')) === false;
  const plane = flag(get(spec, 'components', 'pilot', 'enabled')) ?? !WITHOUT_PLANE.includes(profile);
  const ingress = !WITHOUT_GATEWAY.includes(profile) && !isOff('ingressGateways', 'istio-ingressgateway');
  const egress = (isOpen || profile.startsWith('demo')) && !isOff('egressGateways', 'istio-egressgateway');
  return [
    ...(plane ? [ISTIOD, { 'k8s-app': 'istio-cni-node' }, { app: 'ztunnel' }] : []),
    ...(ingress ? [gatewayLabels('istio-ingressgateway')] : []),
    ...(egress ? [gatewayLabels('istio-egressgateway')] : []),
    ...(ingress ? gatewaysInValues(get(spec, 'values')) : []),
  ].map((labels) => ({ namespace, labels }));
};

/** Labels of the Gateway go to the pods that are made for it, those of `infrastructure` before them. */
const ofGateway = (gateway: Resource): readonly BroughtPods[] =>
  // With an address it stands for pods that were deployed by hand.
  list(get(gateway.value, 'spec', 'addresses')).length > 0
    ? []
    : [
        {
          namespace: gateway.namespace,
          labels: {
            ...gateway.labels,
            ...textMap(get(gateway.value, 'spec', 'infrastructure', 'labels')),
            'gateway.networking.k8s.io/gateway-name': gateway.name,
            'istio.io/gateway-name': gateway.name,
          },
        },
      ];
