// Policies of ambient namespaces that look into HTTP calls, which only a waypoint sees.
import type { Member, Mesh } from '../../facts/mesh.ts';
import type { Workload } from '../../facts/workloads.ts';
import type { Path, Resource } from '../../model/index.ts';
import { filled, get, isRecord, list } from '../../model/index.ts';
import { statementsOf } from '../objects.ts';
import type { Realm } from '../scope.ts';
import { oncePerMesh, realmsOf, rootNamespaceOf } from '../scope.ts';
import { selectionsOf } from '../selections.ts';
import { ambientNamespaces } from './scopes.ts';

export type L7Kind = 'AuthorizationPolicy' | 'RequestAuthentication' | 'WasmPlugin' | 'Telemetry';

const KINDS: readonly L7Kind[] = ['AuthorizationPolicy', 'RequestAuthentication', 'WasmPlugin', 'Telemetry'];

export interface L7Policy {
  readonly realm: Realm;
  readonly resource: Resource;
  readonly kind: L7Kind;
  readonly namespace: string;
  /** The first field that needs the HTTP request. */
  readonly field: { readonly name: string; readonly path: Path };
  /** What it targets by reference. */
  readonly targets: readonly { readonly value: unknown; readonly path: Path }[];
  /** Pods in ambient mode that it selects; empty where it targets by reference. */
  readonly pods: readonly { readonly member: Member; readonly workload: Workload }[];
  /** All pods that it selects have sidecars, are gateways or outside of the mesh. */
  readonly isForOthers: boolean;
}

/** Those of namespaces that are ambient in some cluster of their realm, in the order of kinds and files. */
export const l7PoliciesOf = oncePerMesh((mesh): readonly L7Policy[] =>
  realmsOf(mesh)
    .filter(({ members }) => members.some((member) => ambientNamespaces(mesh, member).size > 0))
    .flatMap((realm) => KINDS.flatMap((kind) => policiesOf(mesh, realm, kind))),
);

const policiesOf = (mesh: Mesh, realm: Realm, kind: L7Kind): readonly L7Policy[] => {
  const { config, members } = realm;
  const found = statementsOf(config.resources.ofKind(kind)).flatMap(({ resource, ambiguous }): readonly L7Policy[] => {
    const { namespace, group } = resource;
    if (ambiguous || namespace === undefined || !group.endsWith('istio.io')) return [];
    if (
      namespace === rootNamespaceOf(config) ||
      !members.some((member) => ambientNamespaces(mesh, member).has(namespace))
    )
      return [];
    const field = fieldOf(resource);
    return field === undefined
      ? []
      : [{ realm, resource, kind, namespace, field, targets: targetsOf(resource), pods: [], isForOthers: false }];
  });
  if (found.every(({ targets }) => targets.length > 0)) return found;
  const selected = new Map(selectionsOf(mesh, kind).map(({ resource, workloads }) => [resource, workloads]));
  return found.map((policy) => {
    const chosen = policy.targets.length > 0 ? [] : (selected.get(policy.resource) ?? []);
    const pods = chosen.filter(({ workload }) => workload.ambient === 'yes' && !workload.gateway);
    return { ...policy, pods, isForOthers: chosen.length > 0 && pods.length === 0 };
  });
};

const targetsOf = ({ value }: Resource): L7Policy['targets'] => {
  const single = get(value, 'spec', 'targetRef');
  return [
    ...(single === undefined ? [] : [{ value: single, path: ['spec', 'targetRef'] }]),
    ...list(get(value, 'spec', 'targetRefs')).map((entry, index): { value: unknown; path: Path } => ({
      value: entry,
      path: ['spec', 'targetRefs', index],
    })),
  ];
};

const fieldOf = ({ kind, value }: Resource): L7Policy['field'] | undefined => {
  if (kind === 'WasmPlugin') return { name: 'a plugin', path: ['spec'] };
  if (kind === 'RequestAuthentication') {
    return list(get(value, 'spec', 'jwtRules')).length === 0
      ? undefined
      : { name: 'jwtRules', path: ['spec', 'jwtRules'] };
  }
  return kind === 'Telemetry' ? fieldOfTelemetry(value) : fieldOfPolicy(value);
};

const fieldOfTelemetry = (value: unknown): L7Policy['field'] | undefined => {
  const hasOverrides = list(get(value, 'spec', 'metrics')).some((entry) => list(get(entry, 'overrides')).length > 0);
  const name =
    ['tracing', 'accessLogging'].find((key) => list(get(value, 'spec', key)).some(isRecord)) ??
    (hasOverrides ? 'metrics' : undefined);
  return name === undefined ? undefined : { name, path: ['spec', name] };
};

const fieldOfPolicy = (value: unknown): L7Policy['field'] | undefined => {
  for (const [index, rule] of list(get(value, 'spec', 'rules')).entries()) {
    const path = ['spec', 'rules', index];
    for (const [at, from] of list(get(rule, 'from')).entries())
      for (const name of ['requestPrincipals', 'notRequestPrincipals'])
        if (list(get(from, 'source', name)).length > 0) return { name, path: [...path, 'from', at, 'source', name] };
    for (const [at, to] of list(get(rule, 'to')).entries())
      for (const name of ['methods', 'notMethods', 'paths', 'notPaths', 'hosts', 'notHosts'])
        if (list(get(to, 'operation', name)).length > 0) return { name, path: [...path, 'to', at, 'operation', name] };
    for (const [at, when] of list(get(rule, 'when')).entries()) {
      const key = filled(get(when, 'key')) ?? '';
      if (/^request\.(headers|auth\.)/.test(key)) return { name: key, path: [...path, 'when', at] };
    }
  }
  return undefined;
};
