// What istiod and the injector read from ConfigMaps, and cannot.
import { CORE_SCHEMA, load, YAMLException } from 'js-yaml';
import type { Member } from '../../facts/mesh.ts';
import type { Place, Resource } from '../../model/index.ts';
import { get, isTemplate, placeIn, placeKey, text } from '../../model/index.ts';

/** A key of a ConfigMap whose text is no map. */
export interface Unreadable {
  readonly resource: Resource;
  /** `data.mesh` */
  readonly key: string;
  readonly at: Place;
  /** Tail of a sentence that begins with the key. */
  readonly problem: string;
}

export const unreadableDocuments = ({ cluster, resources }: Member): readonly Unreadable[] => {
  const broken = cluster.unread.flatMap(({ why, place }) =>
    why === 'broken' && place.path.at(-2) === 'data' ? [placeKey(place)] : [],
  );
  const configs =
    broken.length === 0
      ? []
      : resources.ofKind('ConfigMap', '').flatMap((resource) =>
          ['mesh', 'meshNetworks'].flatMap((key) => {
            const at = placeIn(resource, 'data', key);
            return broken.includes(placeKey(at)) ? [unreadable(resource, key, at)] : [];
          }),
        );
  const injectors = cluster.injectors.flatMap(({ object, values }) => {
    const written = text(get(object.value, 'data', 'values')) ?? '';
    if (values !== undefined || written.trim() === '' || isTemplate(written)) return [];
    return [unreadable(object, 'values', placeIn(object, 'data', 'values'))];
  });
  return [...configs, ...injectors];
};

const unreadable = (resource: Resource, key: string, at: Place): Unreadable => ({
  resource,
  key: `data.${key}`,
  at,
  problem: problemOf(text(get(resource.value, 'data', key)) ?? ''),
});

const problemOf = (content: string): string => {
  try {
    load(content, { schema: CORE_SCHEMA });
    return 'it is no map of settings';
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    return `it is no YAML (${error.reason}${error.mark === undefined ? '' : `, in its line ${error.mark.line + 1}`})`;
  }
};
