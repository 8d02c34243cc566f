import type { Place, Resource } from '../../model/index.ts';
import { below, filled, isRecord, record, textMap } from '../../model/index.ts';
import { applicationSpecs } from './argo.ts';

/** A Namespace that a tool creates with these labels. */
export const namespaceOf = (name: string, metadata: Readonly<Record<string, unknown>>, place: Place): Resource => ({
  apiVersion: 'v1',
  group: '',
  version: 'v1',
  kind: 'Namespace',
  name,
  namespace: undefined,
  labels: textMap(metadata.labels),
  annotations: textMap(metadata.annotations),
  value: { apiVersion: 'v1', kind: 'Namespace', metadata: { name, ...metadata } },
  place,
  shared: false,
});

/** Namespaces that Argo CD creates for Applications with `managedNamespaceMetadata`. */
export const managedNamespaces = (object: Resource): readonly Resource[] =>
  applicationSpecs(object).flatMap(({ spec, place }) => {
    const metadata = record(spec.syncPolicy).managedNamespaceMetadata;
    const name = filled(record(spec.destination).namespace);
    return name === undefined || !isRecord(metadata)
      ? []
      : [namespaceOf(name, metadata, below(place, 'syncPolicy', 'managedNamespaceMetadata'))];
  });
