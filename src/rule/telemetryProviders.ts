// What the mesh config offers Telemetry resources to send to.
import type { Member } from '../facts/mesh.ts';
import { hidesKind, hidesValues, meshConfigSightings } from '../facts/sources.ts';
import type { Place } from '../model/index.ts';
import { below, compareText, filled, get, isRecord, isTemplate, list, placeKey } from '../model/index.ts';

/** An entry of `meshConfig.extensionProviders`. */
export interface Provider {
  readonly name: string;
  readonly place: Place;
  /** Kind of the provider (`zipkin`, `opentelemetry` …) and the Service that it names, `namespace/` cut off. */
  readonly service: { readonly kind: string; readonly host: string; readonly place: Place } | undefined;
}

export interface Providers {
  /** In the order of their names; an entry of several files is there once for each. */
  readonly all: readonly Provider[];
  /** The files list all there are, those that Istio has by itself aside. */
  readonly complete: boolean;
}

/** Istio adds these to whatever list is written. */
export const OWN_PROVIDERS = ['prometheus', 'stackdriver', 'envoy'] as const;

export const providersOfMesh = ({ cluster }: Member): Providers => {
  const sightings = meshConfigSightings(cluster, ['extensionProviders']);
  const found = new Map<string, Provider>();
  let isOpen = hidesValues(cluster) || hidesKind(cluster, ['ConfigMap', 'IstioOperator', 'Istio']);
  for (const { value, place } of sightings) {
    if (!Array.isArray(value)) isOpen = true;
    for (const [index, entry] of list(value).entries()) {
      const name = filled(get(entry, 'name'));
      if (name === undefined || isTemplate(name)) isOpen = true;
      else found.set(placeKey(below(place, index)), providerOf(name, entry, below(place, index)));
    }
  }
  const all = [...found.values()].toSorted((a, b) => compareText(a.name, b.name));
  return { all, complete: all.length > 0 && !isOpen };
};

const providerOf = (name: string, entry: unknown, place: Place): Provider => {
  const kinds = isRecord(entry) ? Object.keys(entry).filter((key) => key !== 'name') : [];
  const named = kinds.flatMap((kind) => {
    const host = filled(get(entry, kind, 'service'));
    return host === undefined || isTemplate(host)
      ? []
      : [{ kind, host: host.slice(host.indexOf('/') + 1), place: below(place, kind, 'service') }];
  });
  return { name, place, service: named[0] };
};
