import { DISCOVERY_PORT } from '../../src/facts/gateways.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { CONTROL_PLANE, valueSightings } from '../../src/facts/sources.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import type { Place, Related, Resource, Severity } from '../../src/model/index.ts';
import { below, flag, get, list, placeIn, scalar } from '../../src/model/index.ts';
import type { AuthPolicy } from '../../src/rule/controlPlane/legacy.ts';
import {
  discoveryAddress,
  isAuthPolicy,
  meshAuthPolicy,
  MIXER_PORTS,
  mixerAddresses,
  parseAddress,
  PILOT_PORTS,
} from '../../src/rule/controlPlane/legacy.ts';
import { servedBy } from '../../src/rule/controlPlane/remotes.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { serversOf } from '../../src/rule/gateways.ts';

const messages = {
  mixed: '{cluster}: controlPlaneAuthPolicy is {found} for {what}, {expected} in {source}{suffix}',
  port: '{cluster}: {what} asks pilot on port {port} with controlPlaneAuthPolicy {policy}, for which pilot listens on {expected}{suffix}',
  mixer:
    '{cluster}: {what} is on port {port} with controlPlaneAuthPolicy {policy}, for which mixer listens on {expected}{suffix}',
  differs: '{primary} has controlPlaneAuthPolicy {expected}, its remote {cluster} {found}{effect}{suffix}',
} as const;

export default defineRule({
  id: 'controlplane/auth-policy-agrees',
  severity: 'error',
  istio: '1.1-1.5',
  summary: 'All that asks the control plane of 1.1 to 1.5 uses the same authentication, and the port for it.',
  why: 'Pilot takes plain connections on 15010 and mTLS on 15011, mixer on 9091 and 15004. A proxy that uses the wrong one for its controlPlaneAuthPolicy never gets its configuration.',
  fix: 'Set controlPlaneAuthPolicy and the ports of discoveryAddress and mixer alike everywhere: NONE with 15010 and 9091, MUTUAL_TLS with 15011 and 15004.',
  reads: ['meshConfig', 'Deployment', 'values', 'controlPlaneRole', 'Gateway'],
  models: ['shared-control-plane', 'replicated-control-planes'],
  messages,
  check(mesh, report) {
    for (const member of mesh.members) checkInside(mesh, member, report);
    for (const [primary, remotes] of servedBy(mesh))
      for (const remote of remotes) checkPair(mesh, primary, remote, report);
  },
});

const RANGE = '1.1-1.5';

/** A place that says how the control plane is asked. */
interface Asking {
  readonly policy: AuthPolicy;
  readonly what: string;
  readonly at: Place;
  readonly resource: Resource | undefined;
  readonly discovery: { readonly port: number; readonly at: Place } | undefined;
}

const checkInside = (mesh: Mesh, member: Member, report: Report<typeof messages>): void => {
  const speaks = speaksFor(mesh.versionOf(member).minors, RANGE, 'error');
  if (speaks === undefined) return;
  const { suffix } = speaks;
  const address = discoveryAddress(member);
  const config = meshAuthPolicy(member);
  const flagged = securityFlag(member);
  const reference = config ?? flagged;
  const proxies = proxiesIn(member);
  const milder: Severity = speaks.severity === 'error' ? 'warning' : 'info';
  for (const { policy, what, at, resource, discovery } of proxies) {
    if (reference !== undefined && policy !== reference.value) {
      report(
        'mixed',
        {
          at,
          cluster: member.name,
          resource,
          severity: speaks.severity,
          also: [
            { place: reference.place, cluster: member.name, message: `controlPlaneAuthPolicy ${reference.value}` },
          ],
        },
        { cluster: member.name, found: policy, what, expected: reference.value, source: reference.source, suffix },
      );
      continue;
    }
    if (discovery === undefined || !isOther(discovery.port, policy, PILOT_PORTS)) continue;
    report(
      'port',
      { at: discovery.at, cluster: member.name, resource, severity: speaks.severity },
      { cluster: member.name, what, port: discovery.port, policy, expected: PILOT_PORTS[policy], suffix },
    );
  }
  if (config === undefined) return;
  if (flagged !== undefined && flagged.value !== config.value)
    report(
      'mixed',
      {
        at: flagged.place,
        cluster: member.name,
        severity: milder,
        also: [{ place: config.place, cluster: member.name, message: `controlPlaneAuthPolicy ${config.value}` }],
      },
      {
        cluster: member.name,
        found: flagged.value,
        what: 'what is rendered from global.controlPlaneSecurityEnabled',
        expected: config.value,
        source: config.source,
        suffix,
      },
    );
  const policy = config.value;
  if (address !== undefined && isOther(address.port, policy, PILOT_PORTS))
    report(
      'port',
      {
        at: address.sighting.place,
        cluster: member.name,
        severity: speaks.severity,
        also: [{ place: config.place, cluster: member.name, message: `controlPlaneAuthPolicy ${policy}` }],
      },
      {
        cluster: member.name,
        what: 'discoveryAddress',
        port: address.port,
        policy,
        expected: PILOT_PORTS[policy],
        suffix,
      },
    );
  for (const { key, port, sighting } of mixerAddresses(member))
    if (isOther(port, policy, MIXER_PORTS))
      report(
        'mixer',
        {
          at: sighting.place,
          cluster: member.name,
          severity: milder,
          also: [{ place: config.place, cluster: member.name, message: `controlPlaneAuthPolicy ${policy}` }],
        },
        { cluster: member.name, what: key, port, policy, expected: MIXER_PORTS[policy], suffix },
      );
};

/** The port is that of the other policy; ports of other kinds say nothing. */
const isOther = (port: number, policy: AuthPolicy, ports: Readonly<Record<AuthPolicy, number>>): boolean =>
  port === ports[policy === 'NONE' ? 'MUTUAL_TLS' : 'NONE'];

const securityFlag = (member: Member) =>
  valueSightings(member.cluster, CONTROL_PLANE, ['global', 'controlPlaneSecurityEnabled']).flatMap((sighting) => {
    const value = flag(sighting.value);
    const policy: AuthPolicy = value === true ? 'MUTUAL_TLS' : 'NONE';
    return value === undefined ? [] : [{ ...sighting, value: policy }];
  })[0];

/** Containers with argument `--controlPlaneAuthPolicy`: gateways and the sidecars of the control plane. */
const proxiesIn = (member: Member): readonly Asking[] =>
  member.workloads.flatMap((workload) =>
    list(workload.spec['containers']).flatMap((container, index): readonly Asking[] => {
      const place = below(workload.specPlace, 'containers', index, 'args');
      const args = list(get(container, 'args')).map(scalar);
      const policy = argument(args, '--controlPlaneAuthPolicy');
      if (policy === undefined || !isAuthPolicy(policy.value)) return [];
      const asked = argument(args, '--discoveryAddress');
      const address = asked === undefined ? undefined : parseAddress(asked.value);
      // Proxies of istiod (1.5) have TLS of their own there, whatever the policy says.
      if (address?.port === DISCOVERY_PORT) return [];
      return [
        {
          policy: policy.value,
          what: `${workload.resource.kind} ${workload.name}`,
          at: below(place, policy.index),
          resource: workload.resource,
          discovery:
            asked === undefined || address === undefined
              ? undefined
              : { port: address.port, at: below(place, asked.index) },
        },
      ];
    }),
  );

const argument = (
  args: readonly (string | undefined)[],
  name: string,
): { readonly value: string; readonly index: number } | undefined => {
  const index = args.findIndex((word) => word === name || word?.startsWith(`${name}=`) === true);
  if (index < 0) return undefined;
  const isJoined = args[index] !== name;
  const value = isJoined ? args[index]!.slice(name.length + 1) : args[index + 1];
  return value === undefined ? undefined : { value, index: isJoined ? index : index + 1 };
};

/** A remote that asks the other way than its primary. */
const checkPair = (mesh: Mesh, primary: Member, remote: Member, report: Report<typeof messages>): void => {
  const speaks = speaksFor(mesh.versionOf(primary).minors, RANGE, 'error');
  const [expected, found] = [meshAuthPolicy(primary), meshAuthPolicy(remote)];
  if (speaks === undefined || expected === undefined || found === undefined || expected.value === found.value) return;
  const port = PILOT_PORTS[found.value];
  const opened = openedPorts(primary);
  const isShut = opened.length > 0 && !opened.some((server) => server.port === port);
  const also: Related[] = [
    { place: expected.place, cluster: primary.name, message: `controlPlaneAuthPolicy ${expected.value}` },
    ...opened.slice(0, 1).map((server) => ({
      place: placeIn(server.gateway, 'spec', 'servers'),
      cluster: primary.name,
      message: `Gateway ${server.gateway.name} opens ${opened.map((held) => held.port).join(', ')}`,
    })),
  ];
  const milder: Severity = speaks.severity === 'error' ? 'warning' : 'info';
  report(
    'differs',
    { at: found.place, cluster: remote.name, severity: isShut ? speaks.severity : milder, also },
    {
      primary: primary.name,
      expected: expected.value,
      cluster: remote.name,
      found: found.value,
      effect: isShut ? `: its proxies call pilot on ${port}, which no Gateway of ${primary.name} opens` : '',
      suffix: speaks.suffix,
    },
  );
};

/** Servers through which a gateway lets others in to pilot. */
const openedPorts = (primary: Member) =>
  serversOf(primary).filter((server) => server.port === PILOT_PORTS.NONE || server.port === PILOT_PORTS.MUTUAL_TLS);
