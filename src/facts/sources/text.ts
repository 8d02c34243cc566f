// From sightings to facts.
import type { Cluster, ClusterSettings, Fact, Place, Resource, Sighting } from '../../model/index.ts';
import { below, filled, isTemplate, settle, text } from '../../model/index.ts';

/** Sightings of filled scalars that are no templates, as text. */
export const concrete = (sightings: readonly Sighting<unknown>[]): readonly Sighting<string>[] =>
  sightings.flatMap((sighting) => {
    const value = filled(sighting.value);
    return value === undefined || isTemplate(value) ? [] : [{ ...sighting, value }];
  });

/** Sightings of text that a tool will fill in later. */
export const templated = (sightings: readonly Sighting<unknown>[]): readonly Sighting<string>[] =>
  sightings.flatMap((sighting) => {
    const value = text(sighting.value);
    return value === undefined || !isTemplate(value) ? [] : [{ ...sighting, value }];
  });

/** A text fact: templates are no values, '' is unset; unknown where only templates say it. */
export const settleText = (sightings: readonly Sighting<unknown>[], otherwise: Fact<string>): Fact<string> => {
  const said = concrete(sightings);
  if (said.length > 0) return settle(said, otherwise);
  const templates = templated(sightings);
  const first = templates[0];
  if (first === undefined) return otherwise;
  return {
    state: 'unknown',
    reason: `${first.source} is the template ${first.value}`,
    place: first.place,
    sightings: templates,
  };
};

/** Whether a document of the cluster is broken, a template or unrendered, so that what it would say is not known. */
export const hidesKind = (cluster: Cluster, kinds: readonly string[]): boolean =>
  cluster.unread.some((unread) => unread.kinds.length === 0 || unread.kinds.some((kind) => kinds.includes(kind)));

/** Where mesh-lint.yaml says something of the cluster; settings of library callers stand in no file. */
export const settingsPlace = (cluster: Cluster, key: keyof ClusterSettings): Place =>
  below(
    cluster.settings.place ?? {
      file: { path: 'mesh-lint.yaml', absolute: undefined, bytes: 0, text: '' },
      document: 0,
      path: ['clusters', cluster.name],
    },
    key,
  );

/** The Namespace objects of that name. */
export const namespacesNamed = (cluster: Cluster, name: string): readonly Resource[] =>
  cluster.resources.ofKind('Namespace', '').filter((namespace) => namespace.name === name);
