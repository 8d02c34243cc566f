import type { Chart } from '../../model/index.ts';
import { filled, get, isOneSlipAway, isRecord, record, text } from '../../model/index.ts';

const NAMES: Readonly<Record<string, Chart>> = {
  istiod: 'istiod',
  pilot: 'istiod',
  istio: 'istiod',
  'istio-discovery': 'istiod',
  'istio-control': 'istiod',
  'istiod-remote': 'istiod-remote',
  'istio-remote': 'istiod-remote',
  base: 'base',
  'istio-base': 'base',
  gateway: 'gateway',
  'istio-gateway': 'gateway',
  'istio-ingress': 'gateway',
  'istio-egress': 'gateway',
  cni: 'cni',
  'istio-cni': 'cni',
  ztunnel: 'ztunnel',
  'cert-manager-istio-csr': 'istio-csr',
  'istio-csr': 'istio-csr',
  cilium: 'cilium',
};

/** Charts whose name alone does not say that they are Istio's. */
const AMBIGUOUS = new Set(['base', 'gateway', 'cni', 'pilot']);

/** The chart of that name (`istiod`, `istio/istiod`, `oci://…/charts/gateway`). */
export const chartByName = (name: string, repository?: string): Chart | undefined => {
  const last = name.slice(name.lastIndexOf('/') + 1).toLowerCase();
  const found = Object.hasOwn(NAMES, last) ? NAMES[last] : undefined;
  if (found === undefined || !AMBIGUOUS.has(last)) return found;
  return repository === undefined || /istio|tetrate|tis\.|solo\.io|file:|^$/i.test(`${repository}${name}`)
    ? found
    : undefined;
};

const ISTIOD_GLOBALS = [
  'multiCluster',
  'meshID',
  'istioNamespace',
  'remotePilotAddress',
  'meshNetworks',
  'configCluster',
  'externalIstiod',
  'istioRemote',
  'caAddress',
  'pilotCertProvider',
  'trustBundleName',
  'controlPlaneSecurityEnabled',
  'meshExpansion',
  'configValidation',
  'istiod',
] as const;

const GATEWAY_KEYS = new Set([
  'name',
  'revision',
  'rbac',
  'serviceAccount',
  'podAnnotations',
  'podLabels',
  'securityContext',
  'containerSecurityContext',
  'service',
  'resources',
  'autoscaling',
  'env',
  'labels',
  'annotations',
  'nodeSelector',
  'tolerations',
  'affinity',
  'networkGateway',
  'imagePullSecrets',
  'imagePullPolicy',
  'podDisruptionBudget',
  'terminationGracePeriodSeconds',
  'kind',
  'replicaCount',
  'volumes',
  'volumeMounts',
  'platform',
  'profile',
  'priorityClassName',
  'topologySpreadConstraints',
  'strategy',
  'minReadySeconds',
  'readinessProbe',
  'unprivilegedPort',
  'enabled',
  'additionalContainers',
  'initContainers',
]);

const CILIUM_KEYS = [
  'clustermesh',
  'hubble',
  'kubeProxyReplacement',
  'tunnel',
  'routingMode',
  'tunnelProtocol',
  'k8sServiceHost',
  'ipv4NativeRoutingCIDR',
  'encryption',
  'cni',
  'operator',
  'autoDirectNodeRoutes',
  'l2announcements',
  'bpf',
];

/** Whether a `global` map holds keys that only Istio's charts know. */
export const isIstioGlobal = (value: unknown): boolean => {
  const found = record(value);
  return (
    ISTIOD_GLOBALS.some((key) => Object.hasOwn(found, key)) ||
    (typeof found.network === 'string' && found.network !== '')
  );
};

const hasMap = (values: unknown, key: string): boolean => isRecord(get(values, key));

/** By keys that no other chart has. */
const byStrongShape = (values: Readonly<Record<string, unknown>>): Chart | undefined => {
  if (text(values.networkGateway) !== undefined) return 'gateway';
  // A slip in that word says as much: no other chart has a key like it.
  if (Object.keys(values).some((key) => isOneSlipAway(key, 'networkGateway') && text(values[key]) !== undefined))
    return 'gateway';
  if (
    hasMap(values, 'app') &&
    (get(values, 'app', 'server', 'clusterID') !== undefined ||
      hasMap(values.app, 'certmanager') ||
      get(values, 'app', 'tls', 'istiodCertificateEnable') !== undefined)
  )
    return 'istio-csr';
  if (isIstioGlobal(values.global)) return record(values.global).istioRemote === true ? 'istiod-remote' : 'istiod';
  if (hasMap(values, 'istiodRemote') || hasMap(values, 'sidecarInjectorWebhook') || hasMap(values, 'istio_cni'))
    return 'istiod';
  if (hasMap(values, 'meshConfig') && !hasMap(values, 'multiCluster')) return 'istiod';
  if (filled(get(values, 'multiCluster', 'clusterName')) !== undefined) return 'ztunnel';
  const labels = record(values.labels);
  if (Object.hasOwn(labels, 'topology.istio.io/network')) return 'gateway';
  if (Object.keys(record(values.env)).some((key) => key.startsWith('ISTIO_META_'))) return 'gateway';
  const gateways = record(values.gateways);
  if (hasMap(gateways, 'istio-ingressgateway') || hasMap(gateways, 'istio-egressgateway'))
    return hasMap(values, 'pilot') ? 'istiod' : 'gateway';
  return undefined;
};

/** By keys that need a hint beside them: `hint` is the path, release or alias around the values. */
const byWeakShape = (values: Readonly<Record<string, unknown>>, hint: string): Chart | undefined => {
  const keys = Object.keys(values);
  if (/cilium/i.test(hint) && CILIUM_KEYS.some((key) => keys.includes(key))) return 'cilium';
  if (hasMap(values, 'ipam') && CILIUM_KEYS.filter((key) => keys.includes(key)).length >= 1) return 'cilium';
  if (/ztunnel/i.test(hint) && !/istiod/i.test(hint)) return 'ztunnel';
  const istio = /istio|mesh|pilot/i.test(hint);
  if (istio && hasMap(values, 'pilot')) return 'istiod';
  if (istio && /cni/i.test(hint) && hasMap(values, 'cni')) return 'cni';
  if (istio && /base/i.test(hint) && (Object.hasOwn(values, 'defaultRevision') || hasMap(values, 'base')))
    return 'base';
  const gateway = /gateway|gtw|(?:^|[^a-z])gw(?:[^a-z]|$)|ingress|egress|eastwest/i.test(hint);
  const isService = hasMap(values, 'service') && keys.every((key) => GATEWAY_KEYS.has(key) || key === 'global');
  if (gateway && istio && isService) return 'gateway';
  if (
    gateway &&
    (hasMap(values, 'labels') || hasMap(values, 'service')) &&
    filled(get(values, 'labels', 'istio')) !== undefined
  )
    return 'gateway';
  return undefined;
};

/** What chart of Istio a set of values without a name belongs to; undefined for values of other charts. */
export const chartByShape = (values: Readonly<Record<string, unknown>>, hint: string): Chart | undefined => {
  const strong = byStrongShape(values);
  if (strong === 'istiod' && /istiod-remote|istio-remote/i.test(hint)) return 'istiod-remote';
  if (strong === 'istiod' && /ztunnel/i.test(hint) && !/istiod/i.test(hint)) return 'ztunnel';
  if (strong === 'istiod' && !hasMap(values, 'pilot') && !hasMap(values, 'meshConfig')) {
    if (/istio[-_/]?base|(?:^|\/)base[-.]?values/i.test(hint) && !hasMap(get(values, 'global'), 'multiCluster'))
      return 'base';
    if (/istio-?cni|(?:^|\/)cni/i.test(hint)) return 'cni';
  }
  return strong ?? byWeakShape(values, hint);
};

export const isStrong = (values: Readonly<Record<string, unknown>>): boolean => byStrongShape(values) !== undefined;
