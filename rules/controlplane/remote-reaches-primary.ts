import { isPrivateAddress } from '../../src/facts/cidr.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { CONTROL_PLANE, hidesKind, meshConfigSightings, valueSightings } from '../../src/facts/sources.ts';
import type { Place, Related } from '../../src/model/index.ts';
import { comparePlaces, compareText, describe, get, placeIn } from '../../src/model/index.ts';
import { endpointsOf, writesEndpoints } from '../../src/rule/controlPlane/endpoints.ts';
import {
  handMadeServices,
  hasService,
  knownServices,
  planeNamespaces,
} from '../../src/rule/controlPlane/planeServices.ts';
import type { Pointer } from '../../src/rule/controlPlane/pointers.ts';
import { isPilot, pointersOf, toldIn } from '../../src/rule/controlPlane/pointers.ts';
import { isCalled, portGap } from '../../src/rule/controlPlane/ports.ts';
import type { Entrance, Remote } from '../../src/rule/controlPlane/remotes.ts';
import { addressesFor, entrancesTo, injectionUrls, isIpv4, remotesOf } from '../../src/rule/controlPlane/remotes.ts';
import { controlPlanes } from '../../src/rule/controlPlane/roles.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { networksCompare } from '../../src/rule/networks.ts';
import { inWords } from '../../src/rule/scope.ts';

const messages = {
  endpoints:
    '{cluster}: {services} for the control plane of {primary} {lead} nowhere: without selector, and without Endpoints or EndpointSlice of that name',
  port: '{cluster}: {object} for the control plane of {primary} lacks {ports}, which proxies and webhooks of {cluster} call',
  unequal: '{cluster}: {service} points at {address}, {others} at {expected}{whose}',
  stranger: '{cluster}: the control plane is looked for at {address}, {primary} offers it at {expected}',
  discovery: '{cluster}: proxies are told{source} to ask {host}, a Service that {cluster} does not have ({found})',
  nowhere: '{cluster} has no control plane, and no file says where the one of its mesh is',
} as const;

export default defineRule({
  id: 'controlplane/remote-reaches-primary',
  severity: 'error',
  istio: 'all',
  summary: 'A remote cluster knows the address and ports of its control plane, in all places the same.',
  why: 'Proxies and webhooks of a remote cluster find the control plane by a Service without selector, whose endpoints are written by hand. With a missing or stale one, no proxy of the cluster gets its configuration.',
  fix: 'Let the Endpoints (or EndpointSlice) of each control plane Service hold the gateway address of the primary and all its ports.',
  reads: ['controlPlaneRole', 'Service', 'Endpoints', 'EndpointSlice', 'meshConfig', 'values', 'revisions'],
  models: ['shared-control-plane', 'primary-remote-one-network', 'primary-remote-networks', 'external-control-plane'],
  messages,
  check(mesh, report) {
    for (const remote of remotesOf(mesh)) {
      checkEndpoints(mesh, remote, report);
      if (!checkEqual(remote, report)) checkKnown(remote, report);
      checkDiscovery(mesh, remote, report);
      checkNowhere(mesh, remote, report);
    }
  },
});

const primaryInWords = ({ primaries }: Remote): string =>
  primaries.length === 0 ? 'another cluster' : inWords(primaries.map((primary) => primary.name));

// ---- Services with endpoints written by hand ----

const checkEndpoints = (mesh: Mesh, remote: Remote, report: Report<typeof messages>): void => {
  const { member } = remote;
  if (hidesKind(member.cluster, ['Endpoints', 'EndpointSlice'])) return;
  const services = handMadeServices(member).filter(isCalled);
  const also = relatedToPrimary(remote);
  const lost = services.filter((service) => endpointsOf(member, service).length === 0);
  const first = lost[0];
  if (first !== undefined)
    report(
      'endpoints',
      {
        at: placeIn(first, 'spec'),
        cluster: member.name,
        resource: first,
        // Who never writes them may make them of an address that is known at run time only.
        severity: mesh.members.some(writesEndpoints) ? 'error' : 'warning',
        also: [
          ...lost.slice(1).map((service) => ({
            place: placeIn(service, 'spec'),
            cluster: member.name,
            message: describe(service),
          })),
          ...also,
        ],
      },
      {
        cluster: member.name,
        services: `Service${lost.length === 1 ? '' : 's'} ${inWords(lost.map((service) => service.name))}`,
        lead: lost.length === 1 ? 'leads' : 'lead',
        primary: primaryInWords(remote),
      },
    );
  const { minors } = mesh.versionOf(remote.primaries[0] ?? member);
  for (const service of services) {
    const gap = portGap(member, service, minors);
    if (gap !== undefined)
      report(
        'port',
        { at: gap.at, cluster: member.name, resource: gap.resource, also },
        {
          cluster: member.name,
          object: describe(gap.resource),
          primary: primaryInWords(remote),
          ports: `port${gap.ports.length === 1 ? '' : 's'} ${inWords(gap.ports.map(String))}`,
        },
      );
  }
};

const relatedToPrimary = ({ primaries }: Remote): readonly Related[] =>
  primaries.flatMap((primary) => {
    const sighting = primary.controlPlaneRole.sightings[0];
    return sighting === undefined
      ? []
      : [{ place: sighting.place, cluster: primary.name, message: `control plane of ${primary.name}` }];
  });

// ---- addresses ----

/** True where it said something. */
const checkEqual = (remote: Remote, report: Report<typeof messages>): boolean => {
  const { member, primaries } = remote;
  const known = new Map(
    primaries.flatMap(entrancesTo).flatMap((entrance) => entrance.addresses.map((address) => [address, entrance])),
  );
  const said: Place[] = [];
  for (const pointers of pointersOf(member)) {
    const right = rightAddress(remote, pointers, known);
    // Each part of a control plane has a pod address of its own: within one network that is how it is meant.
    if (right === undefined) continue;
    const entrance = known.get(right);
    const agreeing = pointers.filter(({ address }) => address === right);
    for (const pointer of pointers) {
      const isKnown = pointer.address === right || known.has(pointer.address);
      if (isKnown || said.some((place) => comparePlaces(place, pointer.place) === 0)) continue;
      said.push(pointer.place);
      report(
        'unequal',
        {
          at: pointer.place,
          cluster: member.name,
          fix: pointer.name.startsWith('global.')
            ? `Set ${pointer.name} to ${right}${gatewayInWords(entrance)}.`
            : `Let the Endpoints (or EndpointSlice) of Service ${pointer.name} hold ${right}${gatewayInWords(entrance)}.`,
          also: [
            ...agreeing.map(({ name, place }) => ({ place, cluster: member.name, message: `${name}: ${right}` })),
            ...(entrance === undefined
              ? []
              : [{ place: entrance.place, cluster: entrance.member.name, message: `gateway ${entrance.name}` }]),
          ],
        },
        {
          cluster: member.name,
          service: pointer.name,
          address: pointer.address,
          others: inWords(agreeing.map(({ name }) => name)),
          expected: right,
          whose: entrance === undefined ? '' : ` (${entrance.name} of ${entrance.member.name})`,
        },
      );
    }
  }
  return said.length > 0;
};

/** The address that pointers of one group should have; undefined where they agree or each may be right. */
const rightAddress = (
  { member, primaries }: Remote,
  pointers: readonly Pointer[],
  known: ReadonlyMap<string, Entrance>,
): string | undefined => {
  const counts = new Map<string, number>();
  for (const { address } of pointers) counts.set(address, (counts.get(address) ?? 0) + 1);
  if (counts.size < 2) return undefined;
  const open = pointers.find(({ address }) => known.has(address));
  if (open !== undefined) return open.address;
  const most = [...counts].find(([, count]) => count > 1);
  if (most !== undefined) return most[0];
  const isBehindGateway = primaries.some((primary) => networksCompare(member, primary) === 'different');
  return isBehindGateway || pointers.every(({ name }) => isPilot(name))
    ? pointers.find(({ name }) => isPilot(name))?.address
    : undefined;
};

/** Only where every way in has an address in the files, and a remote of another network has to take one of them. */
const checkKnown = (remote: Remote, report: Report<typeof messages>): void => {
  const { member, primaries } = remote;
  const entrances = primaries.flatMap(entrancesTo);
  const isClosed = entrances.length > 0 && entrances.every(({ addresses }) => addresses.length > 0);
  if (!isClosed || primaries.some((primary) => hidesKind(primary.cluster, ['Service']))) return;
  const known = entrances.flatMap(({ addresses }) => addresses);
  // An address and a name cannot be compared.
  const found = addressesFor(member).filter(({ value }) => known.some((address) => isIpv4(address) === isIpv4(value)));
  const first = found[0];
  if (first === undefined || found.some(({ value }) => known.includes(value)) || isInside(first.value, primaries))
    return;
  // In one network the address of a pod or of a Service works as well.
  if (primaries.some((primary) => networksCompare(member, primary) === 'same') && isPrivateAddress(first.value)) return;
  report(
    'stranger',
    {
      at: first.place,
      cluster: member.name,
      severity: 'warning',
      fix: `Set ${settingInWords(first)} to ${inWords([...new Set(known)].toSorted())}${gatewayInWords(entrances[0])}.`,
      also: entrances.map(({ name, place, member: primary, addresses }) => ({
        place,
        cluster: primary.name,
        message: `gateway ${name}: ${addresses.join(', ')}`,
      })),
    },
    {
      cluster: member.name,
      address: first.value,
      primary: primaryInWords(remote),
      expected: inWords([...new Set(known)].toSorted()),
    },
  );
};

/** `, the address of gateway istio-eastwestgateway of east`. */
const gatewayInWords = (entrance: Entrance | undefined): string =>
  entrance === undefined ? '' : `, the address of ${entrance.name} of ${entrance.member.name}`;

/** The key to change, as its owner knows it. */
const settingInWords = ({ place, source }: { readonly place: Place; readonly source: string }): string =>
  place.path.at(-1) === 'remotePilotAddress' ? 'global.remotePilotAddress' : source;

const isInside = (address: string, primaries: readonly Member[]): boolean =>
  primaries.some((primary) =>
    primary.resources
      .ofKind('Service', '')
      .some((service) =>
        [get(service.value, 'spec', 'clusterIP'), get(service.value, 'spec', 'externalName')].includes(address),
      ),
  );

// ---- what proxies are told ----

const checkDiscovery = (mesh: Mesh, remote: Remote, report: Report<typeof messages>): void => {
  const { member } = remote;
  const told = toldIn(mesh, remote);
  const [name, namespace, ...rest] = told?.host.split('.') ?? [];
  if (told === undefined || name === undefined || !/^(istiod|istio-pilot)(-|$)/.test(name)) return;
  if (rest.length > 0 && rest[0] !== 'svc') return;
  // A name of DNS, or the namespaces differ, of which controlplane/leader-named speaks.
  if (namespace !== undefined && !planeNamespaces(member).has(namespace)) return;
  if (name.startsWith('istio-pilot') ? hasPilot(member) : hasService(member, namespace, name) !== 'no') return;
  const found = name.startsWith('istio-pilot')
    ? handMadeServices(member).map((service) => service.name)
    : [...knownServices(member).names].filter((known) => !known.endsWith('-remote'));
  const near = member.revisions.all[0]?.place ?? member.controlPlaneRole.sightings[0]?.place;
  const isElsewhere = told.of !== member;
  report(
    'discovery',
    {
      at: isElsewhere && near !== undefined ? near : told.at,
      cluster: member.name,
      also: isElsewhere ? [{ place: told.at, cluster: told.of.name, message: told.host }] : [],
      fix: 'Install the remote cluster with the revision of its primary, or add a Service of that name with the same endpoints.',
    },
    {
      cluster: member.name,
      host: told.host,
      found: found.length === 0 ? 'it has none' : `it has ${inWords(found.toSorted(compareText))}`,
      source: isElsewhere ? ` by the istiod of ${told.of.name}` : '',
    },
  );
};

/** Services of pilot are told apart only where the files hold any part of the control plane. */
const hasPilot = (member: Member): boolean => {
  const made = handMadeServices(member);
  return made.length === 0 || made.some((service) => service.name === 'istio-pilot');
};

// ---- no address at all ----

const checkNowhere = (mesh: Mesh, { member, primaries }: Remote, report: Report<typeof messages>): void => {
  if (primaries.length > 0 || mesh.members.length < 2) return;
  const hasAddress =
    handMadeServices(member).length > 0 ||
    injectionUrls(member).length > 0 ||
    valueSightings(member.cluster, CONTROL_PLANE, ['global', 'remotePilotAddress']).length > 0 ||
    meshConfigSightings(member.cluster, ['defaultConfig', 'discoveryAddress']).length > 0;
  const isPlaneElsewhere = controlPlanes(mesh).length > 0;
  const install = member.controlPlaneRole.sightings[0];
  if (hasAddress || isPlaneElsewhere || install === undefined || member.cluster.settings.role !== undefined) return;
  if (member.cluster.values.length === 0) return;
  report(
    'nowhere',
    {
      at: install.place,
      cluster: member.name,
      severity: 'warning',
      fix: 'Set global.remotePilotAddress to the gateway address of the primary, or load the primary too.',
    },
    { cluster: member.name },
  );
};
