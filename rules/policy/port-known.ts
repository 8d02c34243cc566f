import type { Mesh } from '../../src/facts/mesh.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import type { Path, Resource, Severity } from '../../src/model/index.ts';
import { describe, get, integer, list, placeIn, placeKey, record, scalar, text } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { effectiveMtls } from '../../src/rule/mtls.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import type { ServicePortNamed } from '../../src/rule/policyPorts.ts';
import { servicePortNamed } from '../../src/rule/policyPorts.ts';
import type { Selection } from '../../src/rule/selections.ts';
import { selectionsOf } from '../../src/rule/selections.ts';

export default defineRule({
  id: 'policy/port-known',
  severity: 'error',
  istio: '1.4+',
  summary: 'Ports of policies are ports that the selected workloads listen on.',
  why: 'A policy is enforced in front of the workload, which sees the port that it listens on (targetPort) and not that of the Service. With the port of the Service an ALLOW rule admits no call, a DENY rule keeps none out, and portLevelMtls changes nothing.',
  fix: 'Write the port that the workload listens on: the targetPort of the Service.',
  reads: ['AuthorizationPolicy', 'PeerAuthentication', 'Service', 'workloads'],
  messages: {
    port: '{policy} in {cluster} names port {port} of Service {service}; policies see the port of {workload} behind it, which is {target}{effect}',
    mtls: '{policy} in {cluster} sets {mode} for port {port} of Service {service}; policies see the port of {workload} behind it, which is {target}: there {stays}',
  },
  check(mesh, report) {
    const told = new Set<string>();
    for (const { selection, resource, severity, suffix, named } of namedPorts(mesh)) {
      const { port, path, fault, effect, mode } = named;
      const { config } = selection.realm;
      const at = placeIn(resource, ...path);
      if (told.has(placeKey(at))) continue;
      told.add(placeKey(at));
      const where = {
        at,
        cluster: config.name,
        resource,
        severity,
        also: [
          {
            place: fault.entry.place,
            cluster: fault.member.name,
            message: `${describe(fault.service)} maps ${port} to ${fault.entry.targetPort}`,
          },
          {
            place: fault.workload.resource.place,
            cluster: fault.member.name,
            message: describe(fault.workload.resource),
          },
        ],
        fix: `Write the port that the workload listens on: ${fault.target}.`,
      };
      const slots = {
        policy: describe(resource),
        cluster: config.name,
        port,
        service: `${fault.service.namespace ?? ''}/${fault.service.name}`,
        workload: `${fault.workload.resource.kind} ${fault.workload.name}`,
        target: fault.target,
      };
      if (mode === undefined) report('port', where, { ...slots, effect: `${effect}${suffix}` });
      else report('mtls', where, { ...slots, mode, stays: `${effect}${suffix}` });
    }
  },
});

interface NamedPort {
  readonly port: number;
  readonly path: Path;
  readonly fault: ServicePortNamed;
  readonly effect: string;
  /** Of PeerAuthentications. */
  readonly mode?: string | undefined;
  readonly severity: Severity;
}

interface Told {
  readonly selection: Selection;
  readonly resource: Resource;
  readonly severity: Severity;
  readonly suffix: string;
  readonly named: NamedPort;
}

const namedPorts = (mesh: Mesh): readonly Told[] =>
  [
    { kind: 'AuthorizationPolicy', istio: '1.4+', ports: portsOfRules },
    { kind: 'PeerAuthentication', istio: '1.5+', ports: portsOfMtls },
  ].flatMap(({ kind, istio, ports }) => {
    const all = selectionsOf(mesh, kind);
    const ambiguous = new Set(
      statementsOf(all.map(({ resource }) => resource)).flatMap((one) =>
        one.ambiguous ? [describe(one.resource)] : [],
      ),
    );
    return all.flatMap((selection): readonly Told[] => {
      const { resource, realm } = selection;
      if (ambiguous.has(describe(resource))) return [];
      const { minors } = mesh.versionOf(realm.config);
      return ports(mesh, selection).flatMap((named) => {
        const speaks = speaksFor(minors, istio, named.severity);
        return speaks === undefined ? [] : [{ selection, resource, named, ...speaks }];
      });
    });
  });

const portOf = (written: unknown): number | undefined => {
  const value = scalar(written) ?? '';
  return /^\d+$/.test(value) ? integer(Number(value)) : undefined;
};

const portsOfRules = (mesh: Mesh, selection: Selection): readonly NamedPort[] => {
  const spec = get(selection.resource.value, 'spec');
  const action = text(get(spec, 'action')) ?? 'ALLOW';
  const inList = (written: unknown, path: Path, isNegated: boolean): readonly NamedPort[] => {
    const ports = list(written).map(portOf);
    const beside = new Set(ports.filter((port) => port !== undefined));
    const faults = ports.map((port) =>
      port === undefined ? undefined : servicePortNamed(mesh, selection, port, beside),
    );
    const isDead = !isNegated && faults.every((fault) => fault !== undefined);
    return ports.flatMap((port, index) => {
      const fault = faults[index];
      if (port === undefined || fault === undefined) return [];
      const breaks = isDead && action in EFFECTS;
      return [
        {
          port,
          path: [...path, index],
          fault,
          effect: breaks ? (EFFECTS[action] ?? '') : '',
          severity: breaks ? 'error' : 'warning',
        },
      ];
    });
  };
  return list(get(spec, 'rules')).flatMap((rule, ruleIndex) => [
    ...list(get(rule, 'to')).flatMap((to, index) =>
      ['ports', 'notPorts'].flatMap((key) =>
        inList(
          get(to, 'operation', key),
          ['spec', 'rules', ruleIndex, 'to', index, 'operation', key],
          key === 'notPorts',
        ),
      ),
    ),
    ...list(get(rule, 'when')).flatMap((when, index) =>
      get(when, 'key') !== 'destination.port'
        ? []
        : ['values', 'notValues'].flatMap((key) =>
            inList(get(when, key), ['spec', 'rules', ruleIndex, 'when', index, key], key === 'notValues'),
          ),
    ),
  ]);
};

const EFFECTS: Readonly<Record<string, string>> = {
  ALLOW: ': the rule admits no call',
  DENY: ': the rule keeps no call out',
};

const portsOfMtls = (mesh: Mesh, selection: Selection): readonly NamedPort[] => {
  const { realm, resource, labels } = selection;
  const entries = Object.entries(record(get(resource.value, 'spec', 'portLevelMtls')));
  if (labels === undefined) return [];
  const beside = new Set(entries.flatMap(([key]) => portOf(key) ?? []));
  return entries.flatMap(([key, entry]): readonly NamedPort[] => {
    const [port, mode] = [portOf(key), text(get(entry, 'mode'))];
    if (port === undefined || mode === undefined || mode === 'UNSET') return [];
    const fault = servicePortNamed(mesh, selection, port, beside);
    if (fault === undefined) return [];
    const { namespace, labels: own } = fault.workload;
    const effective = effectiveMtls(mesh, realm.config, { namespace, labels: own }, fault.target).mode;
    if (effective === mode) return [];
    const stays = effective === 'unknown' ? 'nothing changes' : `${effective} stays`;
    const path = ['spec', 'portLevelMtls', key];
    return [{ port, path, fault, effect: stays, mode, severity: 'warning' }];
  });
};
