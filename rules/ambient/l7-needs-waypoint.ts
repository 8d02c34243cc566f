import type { Member } from '../../src/facts/mesh.ts';
import type { Path, Resource } from '../../src/model/index.ts';
import { describe, filled, get, isTemplate, list, placeIn } from '../../src/model/index.ts';
import { usedWaypoint } from '../../src/rule/ambient/waypoints.ts';
import { defineRule } from '../../src/rule/define.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import { realmsOf, rootNamespaceOf } from '../../src/rule/scope.ts';
import { selectionsOf } from '../../src/rule/selections.ts';

/** Kinds, with Kiali's codes for a target without waypoint and for no target at all. */
const KINDS = {
  AuthorizationPolicy: { waypoint: 'KIA0109', target: 'KIA0110' },
  RequestAuthentication: { waypoint: 'KIA1110', target: 'KIA1115' },
  WasmPlugin: { waypoint: 'KIA1111', target: 'KIA1116' },
  Telemetry: { waypoint: 'KIA1112', target: 'KIA1117' },
} as const;

export default defineRule({
  id: 'ambient/l7-needs-waypoint',
  severity: 'warning',
  istio: '1.22+',
  summary: 'A policy that looks into HTTP calls hangs, in an ambient namespace, on a Service with a waypoint.',
  why: 'ztunnel sees connections and no requests. It leaves a RequestAuthentication or WasmPlugin out, and an AuthorizationPolicy with methods, paths or hosts denies more than it says; only a waypoint reads them, and only those with targetRefs.',
  fix: 'Give the policy targetRefs with the Service or the waypoint, and the Service (or namespace) a waypoint by the label istio.io/use-waypoint.',
  reads: [
    'AuthorizationPolicy',
    'RequestAuthentication',
    'WasmPlugin',
    'Telemetry',
    'Namespace',
    'Service',
    'workloads',
  ],
  models: ['ambient-networks'],
  aliases: Object.values(KINDS).flatMap(({ waypoint, target }) => [waypoint, target]),
  messages: {
    target:
      '{policy} in {cluster} looks into HTTP calls ({field}) and has no targetRefs; {namespace} is ambient, and ztunnel does not read them',
    waypoint: '{policy} in {cluster} looks into HTTP calls ({field}) of Service {service}, which has no waypoint',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh)) {
      const ambient = new Set(
        config.resources
          .ofKind('Namespace', '')
          .filter(({ labels }) => labels['istio.io/dataplane-mode'] === 'ambient')
          .map(({ name }) => name),
      );
      if (ambient.size === 0) continue;
      for (const kind of Object.keys(KINDS) as (keyof typeof KINDS)[])
        for (const { resource, ambiguous } of statementsOf(config.resources.ofKind(kind))) {
          const { namespace, group } = resource;
          if (ambiguous || namespace === undefined || !ambient.has(namespace) || !group.endsWith('istio.io')) continue;
          const field = fieldOf(resource);
          if (field === undefined || namespace === rootNamespaceOf(config)) continue;
          const where = { cluster: config.name, resource };
          const slots = { policy: describe(resource), cluster: config.name, field: field.name };
          const targets = targetsOf(resource);
          // Telemetry of a namespace reaches its waypoints without targetRefs.
          if (targets.length === 0 && kind !== 'Telemetry') {
            const chosen =
              selectionsOf(mesh, kind).find((selection) => selection.resource === resource)?.workloads ?? [];
            if (chosen.some(({ workload }) => workload.injected !== 'no' || workload.gateway)) continue;
            report(
              'target',
              { ...where, at: placeIn(resource, ...field.path), aliases: [KINDS[kind].target] },
              { ...slots, namespace },
            );
          }
          for (const { value, path } of targets) {
            const service = serviceOf(config, namespace, value);
            const used = service === undefined ? undefined : usedWaypoint(config, service);
            if (service === undefined || used === undefined || used.name !== undefined) continue;
            report(
              'waypoint',
              {
                ...where,
                at: placeIn(resource, ...path, 'name'),
                aliases: [KINDS[kind].waypoint],
                also: [{ place: service.place, cluster: config.name, message: describe(service) }],
              },
              { ...slots, service: `${namespace}/${service.name}` },
            );
          }
        }
    }
  },
});

const targetsOf = ({ value }: Resource): readonly { readonly value: unknown; readonly path: Path }[] => {
  const single = get(value, 'spec', 'targetRef');
  return [
    ...(single === undefined ? [] : [{ value: single, path: ['spec', 'targetRef'] }]),
    ...list(get(value, 'spec', 'targetRefs')).map((entry, index): { value: unknown; path: Path } => ({
      value: entry,
      path: ['spec', 'targetRefs', index],
    })),
  ];
};

const serviceOf = (config: Member, namespace: string, target: unknown): Resource | undefined => {
  const name = filled(get(target, 'name'));
  if (get(target, 'kind') !== 'Service' || name === undefined || isTemplate(name)) return undefined;
  return config.resources.find('Service', namespace, name, '')[0];
};

/** The first field that needs the HTTP request. */
const fieldOf = ({ kind, value }: Resource): { readonly name: string; readonly path: Path } | undefined => {
  if (kind === 'WasmPlugin') return { name: 'a plugin', path: ['spec'] };
  if (kind === 'RequestAuthentication') {
    return list(get(value, 'spec', 'jwtRules')).length === 0
      ? undefined
      : { name: 'jwtRules', path: ['spec', 'jwtRules'] };
  }
  if (kind === 'Telemetry') {
    const name = ['tracing', 'accessLogging'].find((key) => list(get(value, 'spec', key)).length > 0);
    return name === undefined ? undefined : { name, path: ['spec', name] };
  }
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
