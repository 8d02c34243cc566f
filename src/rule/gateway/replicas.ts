// Secrets that a controller copies into other namespaces, as annotations tell it.
import type { Resource } from '../../model/index.ts';
import { filled, get, textMap } from '../../model/index.ts';

const MITTWALD = 'replicator.v1.mittwald.de/replicate-to';
const REFLECTOR = 'reflector.v1.k8s.emberstack.com/reflection';
const SYNCERS = ['kubed.appscode.com/sync', 'config-syncer.appscode.com/sync'];

/**
 * Whether kubernetes-replicator, Reflector or config-syncer (kubed) may copy a Secret, or the one that an object makes,
 * into a namespace. Labels of namespaces are not looked at: what is chosen by them may be any.
 */
export const isCopiedInto = (source: Resource, namespace: string): boolean => {
  const annotations = annotationsOfSecret(source);
  if (SYNCERS.some((key) => annotations[key] !== undefined)) return true;
  if (annotations[`${MITTWALD}-matching`] !== undefined) return true;
  const named = annotations[MITTWALD];
  if (named !== undefined && isAmong(named, namespace)) return true;
  return (
    annotations[`${REFLECTOR}-auto-enabled`] === 'true' &&
    ['auto', 'allowed'].every((key) => {
      const chosen = filled(annotations[`${REFLECTOR}-${key}-namespaces`]);
      return chosen === undefined || isAmong(chosen, namespace);
    })
  );
};

/** Annotations of a Secret, and those that cert-manager, External Secrets and Sealed Secrets give to theirs. */
const annotationsOfSecret = ({ annotations, value }: Resource): Readonly<Record<string, string>> => ({
  ...annotations,
  ...textMap(get(value, 'spec', 'secretTemplate', 'annotations')),
  ...textMap(get(value, 'spec', 'target', 'template', 'metadata', 'annotations')),
  ...textMap(get(value, 'spec', 'template', 'metadata', 'annotations')),
});

/** `shop,team-.*`: names and patterns, of which only the letters before the first sign are held against the name. */
const isAmong = (written: string, namespace: string): boolean =>
  written.split(',').some((entry) => {
    const pattern = entry.trim().replace(/^\^/, '');
    if (/^[a-z0-9-]*\$?$/.test(pattern)) return pattern.replace('$', '') === namespace;
    if (pattern.includes('|')) return true;
    const start = /^[a-z0-9-]*/.exec(pattern)?.[0] ?? '';
    return namespace.startsWith(/^[?*{]/.test(pattern.slice(start.length)) ? start.slice(0, -1) : start);
  });
