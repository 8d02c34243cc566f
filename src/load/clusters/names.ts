const ARCHIVE = /^(?:_?archived?[^/]*|old|_old|backups?[^/]*|bak|deprecated|obsolete)$/i;
const ALTERNATIVE = /^(?:archive.*|old|backup.*|example.*|sample.*)$/i;
const SHARED =
  /^(?:_?(?:common|base|bases|shared|global|all|default|defaults|generic|library|libs?|template|templates|packages?|charts?|modules?|components?|infrastructure|infra|core|platform|crds?))$|[-_](?:common|base|shared)$|^(?:common|base|shared)[-_]/i;
const CLUSTERS =
  /^(?:(?:k8s|kube|kubernetes)[-_]?)?(?:clusters?|fleets?|sites|regions?|datacenters?|dcs|environments|envs|overlays|mesh(?:es)?)$|[-_]clusters?$|^clusters?[-_]/i;
const CLUSTER_WORD =
  /^(?:.*[-_.])?(?:cluster|kind|k3s|k3d|minikube|eks|gke|aks|dc|region|zone|site|member|spoke|hub|primary|secondary|remote|external|east|west|north|south|central)(?:[-_]?(?:\d+|[a-z]))?(?:[-_.](?:cluster|manifests|config|\d+))?$/i;
const COMPONENT =
  /kiali|prometheus|grafana|jaeger|monitor|observab|logging|metallb|cilium|calico|cert-?manager|argo-?cd|flux|secrets?$|vault|istio|gateway|policy|policies|apps?$|workloads?$|docs?$|scripts?$|tests?$|terraform|helm|manifests?$/i;

const STRICTLY_SHARED = /^_?(?:common|bases?|shared|global|all|defaults?)$/i;
const ENVIRONMENT =
  /^(?:dev(?:elopment)?|test(?:ing)?|int(?:egration)?|qa|uat|stag(?:e|ing)|pre-?prod|prod(?:uction)?|sandbox)$/i;

/** A directory of copies that nobody applies any more. */
export const isArchive = (segment: string): boolean => ARCHIVE.test(segment);
/** A directory whose objects are alternatives to others of the same name. */
export const isAlternative = (segment: string): boolean => ALTERNATIVE.test(segment);
/** A directory that several clusters build on, by its name. */
export const isSharedName = (segment: string): boolean => SHARED.test(segment);
/** The same, with no other meaning that the name could have. */
export const isStrictlyShared = (segment: string): boolean => STRICTLY_SHARED.test(segment);
/** A stage on the way to production: stages are never one mesh. */
export const isEnvironment = (segment: string): boolean => ENVIRONMENT.test(segment);
/** A directory whose children are clusters, by its name. */
export const isClustersName = (segment: string): boolean => CLUSTERS.test(segment);
/** A name as people give to a cluster. */
export const isClusterWord = (segment: string): boolean => CLUSTER_WORD.test(segment) && !isSharedName(segment);
/** A name as people give to a part of an installation. */
export const isComponentName = (segment: string): boolean => COMPONENT.test(segment);

/** Words of a file or directory name: `tid-cluster1.k8s.local` has tid, cluster1, k8s and local. */
export const tokensOf = (name: string): readonly string[] =>
  name
    .toLowerCase()
    // An east-west gateway names a direction, not two clusters.
    .replace(/east[-_]?west/g, 'eastwest')
    .split(/[-_.\s]+/)
    .filter((token) => token !== '');

/** Whether the words of `label` stand in `tokens` in a row. */
export const holdsTokens = (tokens: readonly string[], label: readonly string[]): boolean =>
  label.length > 0 && tokens.some((_, start) => label.every((token, offset) => tokens[start + offset] === token));

/** Two names that differ in their number only, or in one word of several. */
export const sameShape = (a: string, b: string): boolean => {
  if (a.replace(/\d+/g, '#') === b.replace(/\d+/g, '#')) return true;
  const [left, right] = [tokensOf(a), tokensOf(b)];
  return (
    left.length > 1 &&
    left.length === right.length &&
    left.filter((token, index) => token !== right[index]).length === 1
  );
};

/** Words that tell sibling files apart: `cluster1-operator` and `cluster2-operator` give cluster1 and cluster2. */
export const distinguishingTokens = (stem: string, others: readonly string[]): readonly string[] => {
  const elsewhere = new Set(others.flatMap(tokensOf));
  return tokensOf(stem).filter((token) => !elsewhere.has(token));
};
