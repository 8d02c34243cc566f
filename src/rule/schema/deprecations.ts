// Fields that Istio calls deprecated and still reads (from the comments of the API, 1.5 to 1.30).
import type { Path, Resource } from '../../model/index.ts';
import { get, list } from '../../model/index.ts';

export interface Deprecation {
  /** `[]` stands for the items of a list. */
  readonly path: string;
  /** First minor that calls it deprecated. */
  readonly since: number;
  /** What takes its place; undefined where nothing does. */
  readonly instead: string | undefined;
  /** Only this value is deprecated. */
  readonly value?: string | undefined;
}

const POLICIES = [
  'spec.trafficPolicy',
  'spec.trafficPolicy.portLevelSettings[]',
  'spec.subsets[].trafficPolicy',
  'spec.subsets[].trafficPolicy.portLevelSettings[]',
];

const inPolicies = (path: string, since: number, instead: string, value?: string): readonly Deprecation[] =>
  POLICIES.map((policy) => ({ path: `${policy}.${path}`, since, instead, value }));

const targetRef: Deprecation = { path: 'spec.targetRef', since: 22, instead: 'targetRefs' };

/** By `group/Kind`. */
export const DEPRECATIONS: ReadonlyMap<string, readonly Deprecation[]> = new Map(
  Object.entries({
    'networking.istio.io/VirtualService': [
      { path: 'spec.http[].fault.delay.percent', since: 1, instead: 'percentage' },
      { path: 'spec.http[].mirrorPercent', since: 6, instead: 'mirrorPercentage' },
      { path: 'spec.http[].mirror_percent', since: 6, instead: 'mirrorPercentage' },
      { path: 'spec.http[].corsPolicy.allowOrigin', since: 6, instead: 'allowOrigins' },
    ],
    'networking.istio.io/DestinationRule': [
      ...inPolicies('outlierDetection.consecutiveErrors', 6, 'consecutive5xxErrors or consecutiveGatewayErrors'),
      ...inPolicies('loadBalancer.simple', 14, 'LEAST_REQUEST', 'LEAST_CONN'),
      ...inPolicies('loadBalancer.consistentHash.minimumRingSize', 16, 'ringHash.minimumRingSize'),
      ...inPolicies('loadBalancer.warmupDurationSecs', 24, 'warmup.duration'),
    ],
    'networking.istio.io/Sidecar': [{ path: 'spec.outboundTrafficPolicy.egressProxy', since: 1, instead: undefined }],
    'networking.istio.io/EnvoyFilter': [
      { path: 'spec.workloadLabels', since: 3, instead: 'workloadSelector' },
      { path: 'spec.filters', since: 3, instead: 'configPatches' },
    ],
    'security.istio.io/AuthorizationPolicy': [targetRef],
    'security.istio.io/RequestAuthentication': [targetRef],
    'telemetry.istio.io/Telemetry': [targetRef],
    'extensions.istio.io/WasmPlugin': [targetRef],
  }),
);

/** The deprecated fields that an object sets, with their places. */
export const deprecatedIn = (
  resource: Resource,
  deprecations: readonly Deprecation[],
): readonly { readonly deprecation: Deprecation; readonly path: Path }[] => {
  const found: { readonly deprecation: Deprecation; readonly path: Path }[] = [];
  for (const deprecation of deprecations)
    for (const path of pathsOf(resource, deprecation)) found.push({ deprecation, path });
  return found;
};

interface Step {
  readonly name: string;
  readonly isList: boolean;
}

const STEPS: ReadonlyMap<Deprecation, readonly Step[]> = new Map(
  [...DEPRECATIONS.values()]
    .flat()
    .map((deprecation) => [
      deprecation,
      deprecation.path.split('.').map((step) => ({ name: step.replace('[]', ''), isList: step.endsWith('[]') })),
    ]),
);

/** The places of an object in which a deprecated field is set. */
const pathsOf = (resource: Resource, deprecation: Deprecation): readonly Path[] => {
  const steps = STEPS.get(deprecation) ?? [];
  const found: Path[] = [];
  const path: (string | number)[] = [];
  const visit = (here: unknown, at: number): void => {
    const step = steps[at];
    if (step === undefined) {
      if (deprecation.value === undefined || deprecation.value === here) found.push([...path]);
      return;
    }
    const inner = get(here, step.name);
    if (inner === undefined || inner === null) return;
    path.push(step.name);
    if (!step.isList) visit(inner, at + 1);
    else
      list(inner).forEach((item, index) => {
        path.push(index);
        visit(item, at + 1);
        path.pop();
      });
    path.pop();
  };
  visit(resource.value, 0);
  return found;
};
