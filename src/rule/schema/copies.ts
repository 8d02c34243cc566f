// Clusters of a mesh hold many copies of the same objects, whose text is parsed once: their specifications are one value.
import type { Resource } from '../../model/index.ts';
import { isRecord } from '../../model/index.ts';

/**
 * Keeps what `make` finds in the content of an object, for it and all its copies. `make` may look at the value and the
 * apiVersion, kind, namespace and name of the object, not at other metadata.
 */
export const oncePerContent = <T>(make: (resource: Resource) => T): ((resource: Resource) => T) => {
  const held = new WeakMap<object, Map<string, T>>();
  return (resource) => {
    const content = contentOf(resource);
    let answers = held.get(content);
    if (answers === undefined) held.set(content, (answers = new Map<string, T>()));
    const { apiVersion, kind, namespace, name } = resource;
    const key = `${apiVersion} ${kind} ${namespace ?? ''}/${name}`;
    // What was made may be undefined.
    if (!answers.has(key)) answers.set(key, make(resource));
    return answers.get(key) as T;
  };
};

/** The `spec`, where the object holds nothing else that may be at fault. */
const contentOf = ({ value }: Resource): object => {
  for (const key in value) if (!WELL_KNOWN.has(key)) return value;
  return isRecord(value['spec']) ? value['spec'] : value;
};

const WELL_KNOWN: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata', 'spec', 'status']);
