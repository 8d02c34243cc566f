import { AUTO_PASSTHROUGH_PORT, gatewayClass, HBONE_PORT } from '../../src/facts/gateways.ts';
import { NETWORK_LABEL } from '../../src/facts/network.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import type { Place, Related, Resource } from '../../src/model/index.ts';
import { get, integer, isTemplate, list, placeIn, scalar } from '../../src/model/index.ts';
import { eastWestGateways, isOfWrongClass, tunnelGateways } from '../../src/rule/ambient/dataPlane.ts';
import { defineRule } from '../../src/rule/define.ts';
import { hidesTemplates } from '../../src/rule/ambient/templates.ts';

const OPTION = 'gateway.istio.io/tls-terminate-mode';

export default defineRule({
  id: 'ambient/gateway-shape',
  severity: 'error',
  istio: '1.27+',
  summary: 'A gateway of class istio-east-west names its network and ends HBONE tunnels on port 15008.',
  why: 'istiod takes it for a gateway between networks only with the network label on the Gateway itself and a listener on 15008 of protocol HBONE that terminates with ISTIO_MUTUAL. Otherwise clusters of other networks are told of no gateway.',
  fix: 'Label the Gateway with topology.istio.io/network, and give it a listener with port 15008, protocol HBONE, tls.mode Terminate and option gateway.istio.io/tls-terminate-mode: ISTIO_MUTUAL.',
  reads: ['Gateway'],
  models: ['ambient-networks'],
  messages: {
    label: '{cluster}: gateway {gateway} has no label topology.istio.io/network{peer}{suffix}',
    listener: '{cluster}: gateway {gateway} has no HBONE listener on 15008{found}{peer}{suffix}',
    protocol:
      '{cluster}: the listener of gateway {gateway} on 15008 has protocol {protocol} instead of HBONE{peer}{suffix}',
    mode: '{cluster}: the HBONE listener of gateway {gateway} needs tls.mode Terminate and has {mode}{peer}{suffix}',
    option:
      '{cluster}: the HBONE listener of gateway {gateway} needs option gateway.istio.io/tls-terminate-mode: ISTIO_MUTUAL and has {option}{peer}{suffix}',
    class:
      '{cluster}: gateway {gateway} names its network and listens for HBONE, but its class is {found} instead of istio-east-west{peer}{suffix}',
    passthrough:
      '{cluster}: the listener of gateway {gateway} on 15443 needs tls.mode Passthrough and has {mode}{suffix}',
  },
  check(mesh, report) {
    for (const member of mesh.members) {
      const speaks = speaksFor(mesh.versionOf(member).minors, '1.27+', 'error');
      if (speaks === undefined) continue;
      for (const gateway of tunnelGateways(member))
        for (const fault of faultsOf(gateway)) {
          const peers = fault.message === 'passthrough' ? [] : goodPeers(mesh, member);
          report(
            fault.message,
            {
              at: fault.at,
              cluster: member.name,
              resource: gateway,
              severity: speaks.severity,
              fix: fault.message === 'class' ? 'Write gatewayClassName: istio-east-west.' : undefined,
              also: peers.slice(0, 1).map((peer): Related => ({
                place: peer.gateway.place,
                cluster: peer.member.name,
                message: `gateway of ${peer.member.name}`,
              })),
            },
            {
              cluster: member.name,
              gateway: gateway.name,
              protocol: fault.value,
              mode: fault.value,
              option: fault.value,
              found: fault.value,
              peer: peers[0] === undefined ? '' : `; that of ${peers[0].member.name} has it`,
              suffix: speaks.suffix,
            },
          );
        }
    }
  },
});

interface ShapeFault {
  readonly message: 'class' | 'label' | 'listener' | 'protocol' | 'mode' | 'option' | 'passthrough';
  readonly at: Place;
  readonly value: string;
}

const faultsOf = (gateway: Resource): readonly ShapeFault[] => {
  if (hidesTemplates(gateway)) return [];
  if (isOfWrongClass(gateway))
    return [
      { message: 'class', at: placeIn(gateway, 'spec', 'gatewayClassName'), value: gatewayClass(gateway) ?? 'none' },
    ];
  const faults: ShapeFault[] = [];
  if ((gateway.labels[NETWORK_LABEL] ?? '') === '')
    faults.push({ message: 'label', at: placeIn(gateway, 'metadata', 'name'), value: '' });
  const listeners = list(get(gateway.value, 'spec', 'listeners'));
  const placeOf = (index: number, ...path: string[]): Place => placeIn(gateway, 'spec', 'listeners', index, ...path);
  const index = listeners.findIndex((listener) => integer(get(listener, 'port')) === HBONE_PORT);
  if (index < 0) {
    const ports = listeners.flatMap((listener) => scalar(get(listener, 'port')) ?? []);
    faults.push({
      message: 'listener',
      at: placeIn(gateway, 'spec', 'listeners'),
      value: ports.length === 0 ? '' : ` (only ${ports.join(', ')})`,
    });
  } else faults.push(...tunnelFaults(listeners[index], (...path) => placeOf(index, ...path)));
  listeners.forEach((listener, at) => {
    const mode = get(listener, 'tls', 'mode');
    if (integer(get(listener, 'port')) !== AUTO_PASSTHROUGH_PORT || mode === 'Passthrough') return;
    faults.push({ message: 'passthrough', at: placeOf(at, 'tls', 'mode'), value: modeInWords(mode) });
  });
  return faults;
};

const modeInWords = (mode: unknown): string => (scalar(mode) === undefined ? 'none' : `${scalar(mode)}`);

const tunnelFaults = (listener: unknown, placeOf: (...path: string[]) => Place): readonly ShapeFault[] => {
  const protocol = get(listener, 'protocol');
  if (protocol !== 'HBONE')
    return [{ message: 'protocol', at: placeOf('protocol'), value: scalar(protocol) ?? 'none' }];
  const mode = get(listener, 'tls', 'mode');
  if (mode !== 'Terminate') return [{ message: 'mode', at: placeOf('tls', 'mode'), value: modeInWords(mode) }];
  const option = get(listener, 'tls', 'options', OPTION);
  if (option === 'ISTIO_MUTUAL') return [];
  return [
    {
      message: 'option',
      at: placeOf('tls', 'options', OPTION),
      value: scalar(option) === undefined ? 'none' : `${scalar(option)}`,
    },
  ];
};

const goodPeers = (mesh: Mesh, member: Member): readonly { readonly member: Member; readonly gateway: Resource }[] =>
  mesh.members
    .filter((other) => other !== member)
    .flatMap((other) => eastWestGateways(other).map((gateway) => ({ member: other, gateway })))
    .filter(({ gateway }) => !isTemplate(gateway.name) && faultsOf(gateway).length === 0);
