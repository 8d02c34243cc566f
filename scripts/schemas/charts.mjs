// What the charts of Istio take beside what the type of its values names, in the form of the upstream tables. Fields
// of all releases that have them are written as one set; `since` only where a release matters.
const FIRST = '1.5';

const message = (fields) =>
  Object.fromEntries(
    Object.entries(fields).map(([name, type]) => [name, typeof type === 'string' ? { type, since: FIRST } : type]),
  );

/** Keys that every chart takes, and keys by which an umbrella chart turns a chart on. */
const COMMON = {
  global: '@GlobalConfig',
  revision: 'string',
  defaultRevision: 'string',
  compatibilityVersion: 'string',
  profile: 'string',
  platform: 'string',
  enabled: 'bool',
  defaults: 'object',
  _internal_defaults_do_not_set: 'object',
};

/** Settings of pods, by the names that the charts share. */
const PODS = {
  affinity: 'object',
  nodeSelector: 'object',
  tolerations: 'any[]',
  topologySpreadConstraints: 'any[]',
  podAnnotations: 'object',
  podLabels: 'object',
  labels: 'object',
  annotations: 'object',
  resources: '@ContainerResources',
  env: 'object',
  envVarFrom: 'any[]',
  volumes: 'any[]',
  volumeMounts: 'any[]',
  imagePullSecrets: 'any[]',
  imagePullPolicy: 'string',
  priorityClassName: 'string',
  terminationGracePeriodSeconds: 'int64',
  dnsPolicy: 'string',
  dnsConfig: 'object',
  hostNetwork: 'bool',
};

const ContainerResources = { limits: 'object', requests: 'object', claims: 'any[]' };

const GatewayChart = {
  ...COMMON,
  ...PODS,
  // Charts around it put keys of their own there.
  global: 'object',
  name: 'string',
  kind: 'string',
  replicaCount: 'int64',
  rbac: '@GatewayRbac',
  serviceAccount: '@GatewayServiceAccount',
  securityContext: 'object',
  containerSecurityContext: 'object',
  service: '@GatewayService',
  autoscaling: '@GatewayAutoscaling',
  podDisruptionBudget: '@GatewayDisruptionBudget',
  strategy: 'object',
  minReadySeconds: 'int64',
  readinessProbe: 'object',
  livenessProbe: 'object',
  startupProbe: 'object',
  lifecycle: 'object',
  unprivilegedPort: 'any',
  runAsRoot: 'bool',
  networkGateway: 'string',
  networkGatewayPorts: { type: 'any', since: '1.30' },
  initContainers: 'any[]',
  additionalContainers: 'any[]',
  // Charts of single gateways before the chart gateway, and profiles.
  gateways: '@GatewaysConfig',
  meshConfig: 'any',
  pilot: 'object',
  ownerName: 'string',
  hub: 'string',
  tag: 'any',
};

const GatewayService = {
  type: 'string',
  ports: '@GatewayPort[]',
  annotations: 'object',
  labels: 'object',
  selectorLabels: 'object',
  clusterIP: 'string',
  clusterIPs: 'any[]',
  externalIPs: 'any[]',
  externalName: 'string',
  externalTrafficPolicy: 'string',
  internalTrafficPolicy: 'string',
  trafficDistribution: 'string',
  healthCheckNodePort: 'int64',
  ipFamilies: 'any[]',
  ipFamilyPolicy: 'string',
  loadBalancerClass: 'string',
  loadBalancerIP: 'string',
  loadBalancerSourceRanges: 'any[]',
  allocateLoadBalancerNodePorts: 'bool',
  publishNotReadyAddresses: 'bool',
  sessionAffinity: 'string',
  sessionAffinityConfig: 'object',
};

const GatewayPort = {
  name: 'string',
  port: 'any',
  targetPort: 'any',
  nodePort: 'any',
  protocol: 'string',
  appProtocol: 'string',
};

const GatewayAutoscaling = {
  enabled: 'bool',
  minReplicas: 'int64',
  maxReplicas: 'int64',
  targetCPUUtilizationPercentage: 'int64',
  targetMemoryUtilizationPercentage: 'int64',
  autoscaleBehavior: 'object',
  behavior: 'object',
};

const ZtunnelChart = {
  ...COMMON,
  ...PODS,
  ztunnel: 'object',
  hub: 'string',
  tag: 'any',
  image: 'string',
  variant: 'string',
  resourceName: 'string',
  network: 'string',
  networkPolicy: 'object',
  meshConfig: 'any',
  multiCluster: '@MultiClusterConfig',
  istioNamespace: 'string',
  caAddress: 'string',
  xdsAddress: 'string',
  logLevel: 'string',
  logAsJson: 'bool',
  logging: '@GlobalLoggingConfig',
  resourceQuotas: '@ResourceQuotas',
  seLinuxOptions: 'object',
  updateStrategy: 'object',
  peerCaCrl: 'object',
  daemonSetLabels: 'object',
};

const CniChart = {
  ...COMMON,
  ...PODS,
  cni: '@CNIConfig',
  meshConfig: 'any',
  istio_cni: 'object',
  resourceName: 'string',
  updateStrategy: 'object',
};

const IstiodChart = { ...COMMON, ...PODS, istio_cni: 'object', serviceAccountAnnotations: 'object' };

/** Fields of any type: values without a name may be those of a chart around, which uses the word for something else. */
const known = (fields) =>
  Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [
      name,
      typeof field === 'string' ? 'any' : { ...field, type: 'any' },
    ]),
  );

/** The messages with those of the charts; charts that take the keys of a message without its name above them get them too. */
export const withCharts = (messages) => {
  const { Values, PilotConfig, BaseConfig, CNIConfig } = messages;
  const charts = {
    ContainerResources,
    GatewayChart,
    GatewayService,
    GatewayPort,
    GatewayAutoscaling,
    GatewayRbac: { enabled: 'bool' },
    GatewayServiceAccount: { create: 'bool', name: 'string', annotations: 'object' },
    GatewayDisruptionBudget: { minAvailable: 'any', maxUnavailable: 'any', unhealthyPodEvictionPolicy: 'string' },
    ZtunnelChart,
    CniChart: { ...known(CniChart), ...CNIConfig, global: COMMON.global, cni: CniChart.cni },
    IstiodChart: { ...known(IstiodChart), ...known(PilotConfig), ...Values },
    BaseChart: { ...known(COMMON), ...known(BaseConfig), ...Values },
  };
  return {
    ...messages,
    ...Object.fromEntries(Object.entries(charts).map(([name, fields]) => [name, message(fields)])),
  };
};

/** Roots of the table of values: what an installer takes, and what each chart takes. */
export const VALUES_ROOTS = ['Values', 'IstiodChart', 'BaseChart', 'CniChart', 'ZtunnelChart', 'GatewayChart'];
