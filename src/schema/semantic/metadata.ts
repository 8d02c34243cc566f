import type { Field, Refuse } from '../violation.ts';
import { at, shown, written } from '../violation.ts';

const LABEL = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;

/** What Kubernetes asks of the names of objects, stricter than Istio with those of hosts. */
export const checkMetadata = (metadata: Field, refuse: Refuse): void => {
  const [name, namespace] = [written(at(metadata, 'name')), written(at(metadata, 'namespace'))];
  if (name !== undefined && name !== '' && !isObjectName(name))
    refuse(
      at(metadata, 'name'),
      `is ${shown(name)}, but the name of an object has small letters, digits, inner dashes and dots only, up to 253`,
    );
  if (namespace !== undefined && namespace !== '' && !(namespace.length <= 63 && LABEL.test(namespace)))
    refuse(
      at(metadata, 'namespace'),
      `is ${shown(namespace)}, but the name of a namespace has small letters, digits and inner dashes only, up to 63`,
    );
};

const isObjectName = (name: string): boolean =>
  name.length <= 253 && name.split('.').every((label) => LABEL.test(label));
