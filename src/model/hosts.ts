// Which hosts a pattern of Istio takes in. How short names become hosts is in src/rule/hosts.ts.

export const isWildcard = (host: string): boolean => host.startsWith('*');

/** Whether a pattern (`*`, `*.x`, or a plain name) covers a plain host. */
export const covers = (pattern: string, host: string): boolean =>
  isWildcard(pattern) ? host.endsWith(pattern.slice(1)) : pattern === host;

/** Whether every host that `inner` covers is covered by `outer`. */
export const isWithin = (inner: string, outer: string): boolean => {
  if (!isWildcard(outer)) return inner === outer;
  return (isWildcard(inner) ? inner.slice(1) : inner).endsWith(outer.slice(1));
};
