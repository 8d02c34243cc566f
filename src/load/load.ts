// Stand-in until discovery lands: every directory given is one cluster.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { CORE_SCHEMA, loadAll, mergeTag } from 'js-yaml';
import type { Cluster, Fleet, Resource, SourceFile } from '../model/index.ts';
import { indexResources, isRecord, text, textMap, get } from '../model/index.ts';

export const loadFleet = (paths: readonly string[]): Fleet => {
  const clusters = paths.map((path): Cluster => {
    const resources: Resource[] = [];
    const files: SourceFile[] = [];
    for (const entry of readdirSync(path, { recursive: true }) as string[]) {
      const absolute = join(path, entry);
      if (!statSync(absolute).isFile() || !/\.ya?ml$/.test(absolute)) continue;
      const file: SourceFile = { path: relative(process.cwd(), absolute), absolute, bytes: 0 };
      files.push(file);
      loadAll(readFileSync(absolute, 'utf8'), { schema: CORE_SCHEMA.withTags(mergeTag) }).forEach((value, document) => {
        if (!isRecord(value) || text(value.kind) === undefined) return;
        const apiVersion = text(value.apiVersion) ?? 'v1';
        resources.push({
          apiVersion,
          group: apiVersion.includes('/') ? apiVersion.split('/')[0]! : '',
          version: apiVersion.split('/').at(-1)!,
          kind: text(value.kind)!,
          name: text(get(value, 'metadata', 'name')) ?? '',
          namespace: text(get(value, 'metadata', 'namespace')),
          labels: textMap(get(value, 'metadata', 'labels')),
          annotations: textMap(get(value, 'metadata', 'annotations')),
          value,
          place: { file, document, path: [] },
          shared: false,
        });
      });
    }
    return {
      name: basename(path),
      because: 'given',
      scenario: '',
      files,
      resources: indexResources(resources),
      values: [],
      meshConfigs: [],
      meshNetworks: [],
      injectors: [],
      pemFiles: [],
      looseConfigs: [],
      unread: [],
      settings: {},
    };
  });
  return { clusters, files: clusters.flatMap((cluster) => cluster.files), documents: 0, problems: [], notes: [], suppressions: [] };
};
