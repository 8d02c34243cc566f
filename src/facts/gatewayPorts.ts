// What Services, charts and labels say of a gateway's network, class and ports.
import type { Place, Resource, Tri } from '../model/index.ts';
import { below, filled, get, integer, isTemplate, text } from '../model/index.ts';

export const PORT_LABEL = 'networking.istio.io/gatewayPort';

/** Port on which a network gateway takes Istio mTLS where nothing else is said. */
export const AUTO_PASSTHROUGH_PORT = 15443;
/** Port of ambient's HBONE tunnels. */
export const HBONE_PORT = 15008;
/** Port on which istiod serves proxies of other clusters: configuration and certificates. */
export const DISCOVERY_PORT = 15012;
/** Port of istiod's webhooks, which its Service offers as 443. */
export const WEBHOOK_PORT = 15017;
/** Port of the telemetry server of 1.1's meshexpansion gateway: AUTO_PASSTHROUGH, but no network gateway. */
export const MESH_EXPANSION_PORT = 15004;

/** Class of a Gateway of the Gateway API: istio, istio-east-west, istio-remote, istio-waypoint, … */
export const gatewayClass = (gateway: Resource | undefined): string | undefined =>
  text(get(gateway?.value, 'spec', 'gatewayClassName'));

export interface GatewayPort {
  readonly port: number;
  readonly targetPort: number | string;
  readonly nodePort?: number | undefined;
  readonly place: Place;
}

export interface Served {
  readonly network: string;
  readonly networkPlace: Place | undefined;
  readonly networkUnknown?: boolean;
}

export const servedNetwork = (label: unknown, place: Place): Served => {
  const value = filled(label);
  if (value === undefined) return { network: '', networkPlace: undefined };
  return isTemplate(value)
    ? { network: '', networkPlace: place, networkUnknown: true }
    : { network: value, networkPlace: place };
};

/** No number: 15443 is used. */
export const gatewayPortOf = (label: unknown): number => integer(label) ?? AUTO_PASSTHROUGH_PORT;

export const kinds = (
  ports: readonly GatewayPort[] | undefined,
  gatewayPort: number,
): { readonly sidecar: Tri; readonly hbone: Tri } => {
  if (ports === undefined) return { sidecar: 'unknown', hbone: 'unknown' };
  const has = (port: number): Tri => (ports.some((held) => held.port === port) ? 'yes' : 'no');
  return { sidecar: has(gatewayPort), hbone: has(HBONE_PORT) };
};

/** A list of Service ports; undefined where it is no list or a port is a template. */
export const portsOf = (ports: unknown, place: Place): readonly GatewayPort[] | undefined => {
  if (!Array.isArray(ports)) return undefined;
  const read = ports.map((entry: unknown, index) => {
    const port = integer(get(entry, 'port'));
    const target = get(entry, 'targetPort');
    const targetPort = integer(target) ?? text(target) ?? port;
    return port === undefined || targetPort === undefined
      ? undefined
      : { port, targetPort, nodePort: integer(get(entry, 'nodePort')), place: below(place, index) };
  });
  const known = read.filter((port) => port !== undefined);
  return known.length === read.length ? known : undefined;
};
