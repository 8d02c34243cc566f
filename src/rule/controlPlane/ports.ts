// The ports on which a remote cluster has to find its control plane.
import { DISCOVERY_PORT, WEBHOOK_PORT } from '../../facts/gateways.ts';
import type { Member } from '../../facts/mesh.ts';
import type { Minors } from '../../facts/minors.ts';
import type { Place, Resource } from '../../model/index.ts';
import { get, integer, list, placeIn } from '../../model/index.ts';
import { endpointsOf } from './endpoints.ts';
import { meshAuthPolicy, MIXER_PORTS, PILOT_PORTS } from './legacy.ts';
import { hasLocalIstiod, injectionUrls } from './remotes.ts';

/** Parts of the control plane that proxies call, or (istiod) webhooks. */
export const isCalled = (service: Resource): boolean =>
  /^(istiod(-|$)|istio-(pilot|policy|telemetry)$)/.test(service.name);

/** Ports that neither proxies nor webhooks may miss, with the place that should list them. */
export interface PortGap {
  readonly resource: Resource;
  readonly at: Place;
  readonly ports: readonly number[];
}

/** What a Service with endpoints lacks in a remote cluster whose control plane is of these versions. */
export const portGap = (member: Member, service: Resource, minors: Minors): PortGap | undefined => {
  const endpoints = endpointsOf(member, service);
  if (endpoints.length === 0 || endpoints.some((held) => held.isOpen)) return undefined;
  const open = new Set(endpoints.flatMap((held) => held.ports));
  const first = endpoints[0]!;
  const missing = wantedPorts(member, service, minors).filter((ports) => !ports.some((port) => open.has(port)));
  if (missing.length > 0)
    return { resource: first.resource, at: first.portsPlace, ports: missing.map((ports) => ports[0]!) };
  // Names of headless Services resolve to the endpoints themselves.
  if (get(service.value, 'spec', 'clusterIP') === 'None' || !service.name.startsWith('istiod')) return undefined;
  const offered = new Set(list(get(service.value, 'spec', 'ports')).map((port) => integer(get(port, 'port'))));
  const wanted = [DISCOVERY_PORT, ...(callsService(member, minors) ? [443] : [])].filter((port) => !offered.has(port));
  return wanted.length === 0 ? undefined : { resource: service, at: placeIn(service, 'spec', 'ports'), ports: wanted };
};

/** For each thing that is called, the ports of which one has to be there. */
const wantedPorts = (member: Member, service: Resource, minors: Minors): readonly (readonly number[])[] => {
  if (service.name.startsWith('istiod'))
    return minors.low < 5 ? [] : [[DISCOVERY_PORT], ...(callsService(member, minors) ? [[WEBHOOK_PORT]] : [])];
  if (minors.high > 5) return [];
  const policy = meshAuthPolicy(member)?.value;
  const ports = service.name === 'istio-pilot' ? PILOT_PORTS : MIXER_PORTS;
  return [policy === undefined ? [ports.NONE, ports.MUTUAL_TLS] : [ports[policy]]];
};

/** Webhooks come by the Service, not by URL or to an istiod beside them. */
const callsService = (member: Member, minors: Minors): boolean =>
  minors.low >= 15 && injectionUrls(member).length === 0 && !hasLocalIstiod(member);
