// Which rule stands at which path of which kind, and since which minor of Istio.
import type { CelRule } from './rules.ts';
import * as rules from './rules.ts';

/** `[]` stands for the items of a list, `{}` for the values of a map. All served versions of a kind are alike. */
export interface Constraint {
  readonly path: string;
  readonly rule: CelRule;
  /** First minor of Istio 1.x whose CRD carries the rule. */
  readonly since: number;
}

const on = (rule: CelRule, since: number, ...paths: readonly string[]): readonly Constraint[] =>
  paths.map((path) => ({ path, rule, since }));

const selector = (path: string, since?: number): readonly Constraint[] => [
  ...on(rules.labelKeyWithoutWildcard, since ?? 23, path),
  ...on(rules.labelKeyFilled, since ?? 23, path),
  ...on(rules.labelValueWithoutWildcard, since ?? 23, `${path}{}`),
];

const targets = (since: number, ...keys: readonly string[]): readonly Constraint[] =>
  on(rules.sameNamespace, since, ...keys.map((key) => `spec.${key}.namespace`));

const oneTarget = (since: number): readonly Constraint[] => [
  ...selector('spec.selector.matchLabels'),
  ...targets(23, 'targetRef', 'targetRefs[]'),
  ...on(rules.atMostOneOf('selector', 'targetRef', 'targetRefs'), since, 'spec'),
];

const connectionPool = (path: string): readonly Constraint[] =>
  on(
    rules.leastDuration,
    23,
    `${path}.http.idleTimeout`,
    ...['connectTimeout', 'maxConnectionDuration', 'tcpKeepalive.interval', 'tcpKeepalive.time'].map(
      (key) => `${path}.tcp.${key}`,
    ),
  );

const trafficPolicy = (path: string): readonly Constraint[] => [
  ...connectionPool(`${path}.connectionPool`),
  ...on(
    rules.leastDuration,
    23,
    ...['loadBalancer.warmupDurationSecs', 'outlierDetection.baseEjectionTime', 'outlierDetection.interval'].map(
      (key) => `${path}.${key}`,
    ),
  ),
  ...on(rules.leastDuration, 24, `${path}.loadBalancer.warmup.duration`),
];

const serverTls = (path: string): readonly Constraint[] => [
  ...on(rules.atMostOneOf('credentialNames', 'tlsCertificates'), 26, path),
  ...on(rules.atMostOneOf('credentialName', 'credentialNames'), 26, path),
];

const workload = (path: string): readonly Constraint[] => [
  ...on(rules.noPortsOfSocket, 23, path),
  ...on(rules.absoluteSocket, 23, `${path}.address`),
  ...on(rules.portNames, 23, `${path}.ports`),
  ...on(rules.portNumber, 23, `${path}.ports{}`),
];

const policies = ['spec.trafficPolicy', 'spec.subsets[].trafficPolicy'];

/** By `group/kind`. */
export const CONSTRAINTS: ReadonlyMap<string, readonly Constraint[]> = new Map(
  Object.entries({
    'extensions.istio.io/TrafficExtension': [
      ...selector('spec.selector.matchLabels', 30),
      ...targets(30, 'targetRefs[]'),
      ...on(rules.atMostOneOf('selector', 'targetRefs'), 30, 'spec'),
      ...on(rules.wasmOrLua, 30, 'spec'),
      ...on(rules.wasmUrl, 30, 'spec.wasm.url'),
      ...on(rules.valueOnlyInline, 30, 'spec.wasm.vmConfig.env[]'),
    ],
    'extensions.istio.io/WasmPlugin': [
      ...oneTarget(24),
      ...on(rules.wasmUrl, 20, 'spec.url'),
      ...on(rules.valueOnlyInline, 20, 'spec.vmConfig.env[]'),
    ],
    'networking.istio.io/DestinationRule': [
      ...selector('spec.workloadSelector.matchLabels'),
      ...policies.flatMap((path) => [...trafficPolicy(path), ...trafficPolicy(`${path}.portLevelSettings[]`)]),
    ],
    'networking.istio.io/EnvoyFilter': [
      ...on(rules.labelValueWithoutWildcard, 24, 'spec.workloadSelector.labels{}'),
      ...targets(23, 'targetRefs[]'),
      ...on(rules.atMostOneOf('workloadSelector', 'targetRefs'), 24, 'spec'),
      ...on(rules.waypointMatchByContext, 29, 'spec.configPatches[].match'),
      ...on(rules.portNumber, 29, 'spec.configPatches[].match.waypoint.portNumber'),
    ],
    'networking.istio.io/Gateway': serverTls('spec.servers[].tls'),
    'networking.istio.io/ProxyConfig': selector('spec.selector.matchLabels'),
    'networking.istio.io/ServiceEntry': [
      ...on(rules.labelValueWithoutWildcard, 24, 'spec.workloadSelector.labels{}'),
      ...on(rules.atMostOneOf('workloadSelector', 'endpoints'), 24, 'spec'),
      ...on(rules.noCidrWithDns, 24, 'spec'),
      ...on(rules.noEndpointsWithoutResolution, 24, 'spec'),
      ...on(rules.oneRoundRobinEndpoint, 24, 'spec'),
      ...on(rules.addressOrNetwork, 23, 'spec.endpoints[]'),
      ...workload('spec.endpoints[]'),
      ...on(rules.noFullWildcard, 24, 'spec.hosts[]'),
      ...on(rules.uniquePortNumbers, 24, 'spec.ports'),
      ...on(rules.portNumber, 24, 'spec.ports[].number', 'spec.ports[].targetPort'),
    ],
    'networking.istio.io/Sidecar': [
      ...on(rules.labelValueWithoutWildcard, 24, 'spec.workloadSelector.labels{}'),
      ...connectionPool('spec.inboundConnectionPool'),
      ...connectionPool('spec.ingress[].connectionPool'),
      ...serverTls('spec.ingress[].tls'),
    ],
    'networking.istio.io/VirtualService': [
      ...on(
        rules.leastDuration,
        23,
        'spec.http[].corsPolicy.maxAge',
        'spec.http[].fault.delay.exponentialDelay',
        'spec.http[].fault.delay.fixedDelay',
        'spec.http[].retries.perTryTimeout',
        'spec.http[].timeout',
      ),
      ...on(rules.leastDuration, 26, 'spec.http[].retries.backoff'),
    ],
    'networking.istio.io/WorkloadEntry': [...on(rules.addressOrNetwork, 23, 'spec'), ...workload('spec')],
    'networking.istio.io/WorkloadGroup': [
      ...workload('spec.template'),
      ...on(rules.portNumber, 25, 'spec.probe.grpc.port'),
      ...on(rules.portNumber, 24, 'spec.probe.httpGet.port', 'spec.probe.tcpSocket.port'),
      ...on(rules.probeScheme, 24, 'spec.probe.httpGet.scheme'),
    ],
    'security.istio.io/AuthorizationPolicy': [
      ...oneTarget(24),
      ...on(rules.serviceAccountsAlone, 25, 'spec.rules[].from[].source'),
    ],
    'security.istio.io/PeerAuthentication': [
      ...selector('spec.selector.matchLabels'),
      ...on(rules.portMtlsNeedsSelector, 23, 'spec'),
      ...on(rules.portKeys, 23, 'spec.portLevelMtls'),
    ],
    'security.istio.io/RequestAuthentication': [
      ...oneTarget(23),
      ...on(rules.atMostOneOf('jwksUri', 'jwks_uri', 'jwks'), 23, 'spec.jwtRules[]'),
      ...on(rules.webUrl, 23, 'spec.jwtRules[].jwksUri', 'spec.jwtRules[].jwks_uri'),
      ...on(rules.leastDuration, 23, 'spec.jwtRules[].timeout'),
    ],
    'telemetry.istio.io/Telemetry': [
      ...oneTarget(24),
      ...on(rules.leastDuration, 23, 'spec.metrics[].reportingInterval'),
      ...on(rules.upsertHasValue, 21, 'spec.metrics[].overrides[].tagOverrides{}'),
      ...on(rules.removeHasNoValue, 21, 'spec.metrics[].overrides[].tagOverrides{}'),
    ],
  }),
);
