// Host names as Istio reads them: short names, wildcards, `namespace/host`.
import { isWildcard } from '../model/hosts.ts';

export { covers, isWildcard, isWithin } from '../model/hosts.ts';

/** Stands for the namespace of objects that state none: they are taken to lie together. */
export const UNSTATED = '?';

const IP = /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:.]*)$/i;

/** A host without a dot (not `*`, not an IP) is a Service in the object's namespace; anything else stands as it is. */
export const expandHost = (host: string, namespace: string | undefined, clusterDomain: string): string =>
  host === '' || host.includes('.') || host.startsWith('*') || IP.test(host)
    ? host
    : serviceHost(host, namespace ?? UNSTATED, clusterDomain);

/** The full name of a Service. */
export const serviceHost = (name: string, namespace: string, clusterDomain: string): string =>
  `${name}.${namespace}.svc.${clusterDomain}`;

/** Exact names come before wildcards, longer wildcards before shorter ones: for `toSorted`. */
export const bySpecificity = (a: string, b: string): number =>
  Number(isWildcard(a)) - Number(isWildcard(b)) || b.length - a.length;

/** `namespace/host` of Gateway servers and Sidecar egress; `namespace` is undefined where none is written. */
export const splitHost = (written: string): { readonly namespace: string | undefined; readonly host: string } => {
  const slash = written.indexOf('/');
  return slash < 0
    ? { namespace: undefined, host: written }
    : { namespace: written.slice(0, slash), host: written.slice(slash + 1) };
};

/** The Service that a host names: `svc.ns.svc.<domain>`, with `partly` also `svc.ns` and `svc.ns.svc`. */
export const serviceOf = (
  host: string,
  clusterDomain: string,
  partly = false,
): { readonly name: string; readonly namespace: string } | undefined => {
  const first = host.indexOf('.');
  if (first <= 0 || isWildcard(host)) return undefined;
  const second = host.indexOf('.', first + 1);
  const end = second < 0 ? host.length : second;
  if (end === first + 1) return undefined;
  const tail = second < 0 ? '' : host.slice(second + 1);
  const isFull = tail.length === clusterDomain.length + 4 && tail.startsWith('svc.') && tail.endsWith(clusterDomain);
  return isFull || (partly && (tail === '' || tail === 'svc'))
    ? { name: host.slice(0, first), namespace: host.slice(first + 1, end) }
    : undefined;
};

/** All patterns that could cover a host, the most specific first: itself, `*.b.c` …, `*`. */
export const patternsOf = (host: string): readonly string[] => {
  const found = [host];
  const rest = isWildcard(host) ? host.slice(1) : host;
  for (let dot = rest.indexOf('.'); dot >= 0; dot = rest.indexOf('.', dot + 1)) {
    const pattern = `*${rest.slice(dot)}`;
    if (pattern !== host) found.push(pattern);
  }
  if (host !== '*') found.push('*');
  return found;
};
