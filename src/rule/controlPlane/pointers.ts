// Where remote clusters look for their control plane, and what their proxies are told of it.
import type { Member, Mesh } from '../../facts/mesh.ts';
import { DEFAULT_REVISION } from '../../facts/revisions.ts';
import { CONTROL_PLANE, meshConfigSightings, valueSightings } from '../../facts/sources.ts';
import type { Place } from '../../model/index.ts';
import { compareText, filled, isTemplate } from '../../model/index.ts';
import { istioNamespaceOf } from '../scope.ts';
import { endpointsOf } from './endpoints.ts';
import { discoveryAddress, parseAddress } from './legacy.ts';
import { handMadeServices, serviceOfRevision } from './planeServices.ts';
import { isCalled } from './ports.ts';
import type { Remote } from './remotes.ts';
import { hasLocalIstiod, isIpv4, isIpv6 } from './remotes.ts';

/** Where a remote cluster looks for one part of its control plane. */
export interface Pointer {
  readonly name: string;
  readonly address: string;
  readonly place: Place;
}

/**
 * Where a remote cluster looks for the parts of its control plane, in groups that belong together: its Endpoints,
 * its Helm values, and what both say of pilot.
 */
export const pointersOf = (member: Member): readonly (readonly Pointer[])[] => {
  const made = handMadeServices(member)
    .filter(isCalled)
    .flatMap((service) =>
      endpointsOf(member, service).flatMap((held) =>
        held.addresses.slice(0, 1).map(({ address, place }) => ({ name: service.name, address, place })),
      ),
    )
    .toSorted((a, b) => compareText(a.name, b.name));
  const written = VALUES.flatMap((key) =>
    valueSightings(member.cluster, CONTROL_PLANE, ['global', key]).flatMap(({ value, place }): readonly Pointer[] => {
      const address = filled(value);
      // controlplane/remote-address-form speaks of names and URLs.
      return address === undefined || !isIp(address) ? [] : [{ name: `global.${key}`, address, place }];
    }),
  );
  const pilot = [...made, ...written].filter(({ name }) => isPilot(name));
  return [made, written, pilot];
};

const VALUES = ['remotePilotAddress', 'remotePolicyAddress', 'remoteTelemetryAddress'] as const;

const isIp = (address: string): boolean => isIpv4(address) || isIpv6(address);

/** Whether a pointer is for what proxies ask for configuration. */
export const isPilot = (name: string): boolean => /^istiod|^istio-pilot$|remotePilotAddress$/.test(name);

/** The host that proxies of a remote cluster are told to ask. */
export interface Told {
  readonly host: string;
  readonly at: Place;
  /** The cluster whose files say so. */
  readonly of: Member;
}

/** From 1.6 on the istiod that injects tells its own address, before, the mesh config of the cluster does. */
export const toldIn = (mesh: Mesh, { member, primaries }: Remote): Told | undefined => {
  const { minors } = mesh.versionOf(primaries[0] ?? member);
  if (minors.high <= 5 || hasLocalIstiod(member)) {
    const own = discoveryAddress(member);
    return own === undefined ? undefined : { host: own.host, at: own.sighting.place, of: member };
  }
  const primary = primaries.length === 1 ? primaries[0] : undefined;
  if (primary === undefined || minors.low < 6) return undefined;
  const said = meshConfigSightings(primary.cluster, ['defaultConfig', 'discoveryAddress'])[0];
  if (said !== undefined) {
    const written = filled(said.value);
    const parsed = written === undefined || isTemplate(written) ? undefined : parseAddress(written);
    return parsed === undefined ? undefined : { host: parsed.host, at: said.place, of: primary };
  }
  const planes = primary.revisions.all.filter((revision) => revision.kind === 'plane');
  const names = new Set(planes.map((revision) => revision.value));
  const only = planes[0];
  if (primary.revisions.open !== undefined || only === undefined || names.size > 1 || only.value === DEFAULT_REVISION)
    return undefined;
  return {
    host: `${serviceOfRevision(only.value)}.${istioNamespaceOf(primary)}.svc`,
    at: only.place,
    of: primary,
  };
};
