// What proxies of 1.1-1.5 are told of their control plane: its ports and whether it wants mTLS.
import type { Member } from '../../facts/mesh.ts';
import { meshConfigSightings } from '../../facts/sources.ts';
import type { Sighting } from '../../model/index.ts';
import { filled, isTemplate } from '../../model/index.ts';

/** Pilot: plain or with mTLS. */
export const PILOT_PORTS = { NONE: 15010, MUTUAL_TLS: 15011 } as const;
/** Mixer: plain or with mTLS. */
export const MIXER_PORTS = { NONE: 9091, MUTUAL_TLS: 15004 } as const;

export type AuthPolicy = keyof typeof PILOT_PORTS;

export const isAuthPolicy = (value: unknown): value is AuthPolicy => value === 'NONE' || value === 'MUTUAL_TLS';

/** `controlPlaneAuthPolicy` of the mesh config. */
export const meshAuthPolicy = (member: Member): Sighting<AuthPolicy> | undefined =>
  meshConfigSightings(member.cluster, ['defaultConfig', 'controlPlaneAuthPolicy']).flatMap((sighting) =>
    isAuthPolicy(sighting.value) ? [{ ...sighting, value: sighting.value }] : [],
  )[0];

/** An address of the mesh config, `host:port`. */
export interface PlaneAddress {
  readonly key: string;
  readonly host: string;
  readonly port: number;
  readonly sighting: Sighting<string>;
}

export const discoveryAddress = (member: Member): PlaneAddress | undefined =>
  addressAt(member, 'discoveryAddress', ['defaultConfig', 'discoveryAddress']);

/** Where proxies find mixer; empty where it is switched off. */
export const mixerAddresses = (member: Member): readonly PlaneAddress[] =>
  ['mixerCheckServer', 'mixerReportServer'].flatMap((key) => addressAt(member, key, [key]) ?? []);

const addressAt = (member: Member, key: string, path: readonly string[]): PlaneAddress | undefined => {
  const sighting = meshConfigSightings(member.cluster, path).find(({ value }) => filled(value) !== undefined);
  const written = filled(sighting?.value);
  const parsed = written === undefined || isTemplate(written) ? undefined : parseAddress(written);
  return sighting === undefined || parsed === undefined || written === undefined
    ? undefined
    : { key, ...parsed, sighting: { ...sighting, value: written } };
};

/** `istio-pilot.istio-system:15011`: undefined where there is no port. */
export const parseAddress = (written: string): { readonly host: string; readonly port: number } | undefined => {
  const found = /^(.+):(\d{2,5})$/.exec(written.trim());
  return found === null ? undefined : { host: found[1]!, port: Number(found[2]) };
};
