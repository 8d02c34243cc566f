// What the patches of EnvoyFilters do, as far as their order and the part that they patch matter.
import type { Member, Mesh } from '../facts/mesh.ts';
import type { Place, Related, Resource } from '../model/index.ts';
import { describe, filled, get, integer, list, placeIn } from '../model/index.ts';
import type { Where } from './define.ts';
import { statementsOf } from './objects.ts';
import { oncePerMesh, realmsOf } from './scope.ts';

/** One entry of `configPatches`. */
export interface EnvoyPatch {
  readonly config: Member;
  readonly filter: Resource;
  readonly index: number;
  readonly applyTo: string;
  /** '' where none is written. */
  readonly operation: string;
  /** `match.proxy.proxyVersion`. */
  readonly proxyVersion: string | undefined;
  /** 0 where none is written. */
  readonly priority: number;
  /** `patch.operation`. */
  readonly place: Place;
}

/** All patches of the EnvoyFilters of all config clusters. */
export const envoyPatches = oncePerMesh((mesh: Mesh): readonly EnvoyPatch[] =>
  realmsOf(mesh).flatMap(({ config }) =>
    statementsOf(config.resources.ofKind('EnvoyFilter', 'networking.istio.io')).flatMap(
      ({ resource: filter, ambiguous }) =>
        ambiguous
          ? []
          : list(get(filter.value, 'spec', 'configPatches')).map((patch, index) => ({
              config,
              filter,
              index,
              applyTo: filled(get(patch, 'applyTo')) ?? '',
              operation: filled(get(patch, 'patch', 'operation')) ?? '',
              proxyVersion: filled(get(patch, 'match', 'proxy', 'proxyVersion')),
              priority: integer(get(filter.value, 'spec', 'priority')) ?? 0,
              place: placeIn(filter, 'spec', 'configPatches', index, 'patch', 'operation'),
            })),
    ),
  ),
);

/** Those of clusters whose Istio may know `priority` (1.11+): without it the order cannot be stated. */
export const orderedPatches = (mesh: Mesh): readonly EnvoyPatch[] =>
  envoyPatches(mesh).filter(({ config }) => mesh.versionOf(config).minors.high >= 11);

/** Parts of which routes are made: nothing can be added to them or taken out as a whole. */
const ROUTES = ['ROUTE_CONFIGURATION', 'HTTP_ROUTE'];
/** Parts of which one can stand in for another. */
const REPLACEABLE = ['HTTP_FILTER', 'NETWORK_FILTER', 'LISTENER_FILTER', 'VIRTUAL_HOST'];

/** Why Envoy's configuration stays as it is: the operation does not exist for that part. */
export const isIdle = ({ operation, applyTo }: EnvoyPatch): boolean => {
  if (operation === 'ADD' || operation === 'REMOVE') return ROUTES.includes(applyTo);
  return operation === 'REPLACE' && applyTo !== '' && !REPLACEABLE.includes(applyTo);
};

/** Whether what it does depends on the patches that were applied before it. */
export const isRelative = (patch: EnvoyPatch): boolean =>
  ['INSERT_BEFORE', 'INSERT_AFTER', 'REPLACE', 'REMOVE'].includes(patch.operation) &&
  patch.priority === 0 &&
  !isIdle(patch) &&
  !isOfIstio(patch.filter);

/** The telemetry filters that Istio's own charts brought up to 1.20, one for each version of the proxy. */
const isOfIstio = ({ name }: Resource): boolean => /^(tcp-)?(metadata-exchange|stats-filter)-1\./.test(name);

/** Patches by the object they stand in. */
export const byFilter = (patches: readonly EnvoyPatch[]): readonly (readonly EnvoyPatch[])[] => {
  const found = new Map<Resource, EnvoyPatch[]>();
  for (const patch of patches) {
    const held = found.get(patch.filter);
    if (held === undefined) found.set(patch.filter, [patch]);
    else held.push(patch);
  }
  return [...found.values()];
};

/** One finding: the place of the gravest patch of an EnvoyFilter, with the others beside it. */
interface IdlePatches {
  readonly where: Where;
  readonly slots: {
    readonly filter: string;
    readonly cluster: string;
    /** As people count. */
    readonly number: number;
    readonly part: string;
  };
}

/** Patches of one operation that leave Envoy's configuration as it is, by the object they stand in. */
export const idlePatches = (mesh: Mesh, operation: string): readonly IdlePatches[] =>
  byFilter(envoyPatches(mesh).filter((patch) => patch.operation === operation && isIdle(patch))).flatMap((patches) => {
    const [first, ...rest] = patches.toSorted(
      (a, b) => Number(isDisputed(a)) - Number(isDisputed(b)) || a.index - b.index,
    );
    if (first === undefined) return [];
    const { filter, config, index, applyTo, place } = first;
    return [
      {
        where: {
          at: place,
          cluster: config.name,
          resource: filter,
          severity: isDisputed(first) ? 'warning' : 'error',
          also: relatedPatches(rest),
        },
        slots: { filter: describe(filter), cluster: config.name, number: index + 1, part: applyTo },
      },
    ];
  });

/** The API says that single routes are neither added nor removed; istiod has code for it all the same. */
const isDisputed = ({ operation, applyTo }: EnvoyPatch): boolean => operation !== 'REPLACE' && applyTo === 'HTTP_ROUTE';

const relatedPatches = (patches: readonly EnvoyPatch[]): readonly Related[] =>
  patches.map(({ place, config, operation, applyTo, index }) => ({
    place,
    cluster: config.name,
    message: `${operation} on ${applyTo} by patch ${index + 1}`,
  }));
