// Objects of kinds that an operator turns into Services, pods and accounts of its own.
import type { Resource, Resources } from '../model/index.ts';
import { isTemplate } from '../model/index.ts';

/** Groups of which no object makes a Service, pod or account beside it, or that are read for what they make. */
const INERT_GROUPS: readonly RegExp[] = [
  // Kubernetes itself, and what its projects add: of the x-k8s.io ones some make pods.
  /^[^.]*$/,
  /(?:^|\.)k8s\.io$/,
  /(?:^|\.)(?:cluster|multicluster|kind|kueue|networking|secrets-store\.csi)\.x-k8s\.io$/,
  /(?:^|\.)k8s\.aws$/,
  // Istio and how it is installed.
  /(?:^|\.)istio\.io$/,
  /^(?:sailoperator|maistra)\.io$/,
  // What fetches and applies files: what that installs is asked of these kinds.
  /(?:^|\.)toolkit\.fluxcd\.io$/,
  /^(?:helm\.fluxcd\.io|helm\.cattle\.io|app\.k8s\.io|infra\.contrib\.fluxcd\.io)$/,
  // Certificates and Secrets.
  /(?:^|\.)cert-manager\.io$/,
  /(?:^|\.)external-secrets\.io$/,
  /^(?:bitnami\.com|isindir\.github\.com|secrets\.hashicorp\.com|onepassword\.com|spire\.spiffe\.io|akv2k8s\.io|spv\.no)$/,
  // Policies, networks, scaling and clouds.
  /(?:^|\.)(?:kyverno\.io|gatekeeper\.sh|cilium\.io|projectcalico\.org|tigera\.io|metallb\.io|submariner\.io)$/,
  /^(?:keda\.sh|karpenter\.sh|velero\.io|goldilocks\.fairwinds\.com|wgpolicyk8s\.io)$/,
  /(?:^|\.)(?:crossplane\.io|upbound\.io|services\.k8s\.aws|cnrm\.cloud\.google\.com|azure\.com)$/,
  /^(?:cloud\.google\.com|networking\.gke\.io|net\.gke\.io|monitoring\.googleapis\.com)$/,
  /^(?:traefik\.(?:io|containo\.us)|projectcontour\.io|configuration\.konghq\.com|getambassador\.io|k8s\.nginx\.org)$/,
  /^(?:route|security|config|project|image|machineconfiguration|user|oauth)\.openshift\.io$/,
  /(?:^|\.)open-cluster-management\.io$/,
];

/** Kinds that only say something of what others make. */
const INERT_KINDS =
  /(?:Policy|PolicyException|Rule|Monitor|Monitoring|Scrape|Probe|Dashboard|Datasource|Folder|Secret|SecretStore|Certificate|Issuer|User|Topic|Role|Binding|Backup|Restore|Class|Profile|Instrumentation|AlertmanagerConfig|ScrapeConfig|OperatorGroup)$/;

/** Of Argo: a Rollout is read as a workload, the others install files or say something of Rollouts. */
const INERT_OF_ARGO: readonly string[] = [
  'Application',
  'ApplicationSet',
  'AppProject',
  'Rollout',
  'AnalysisTemplate',
  'Experiment',
];

/**
 * Objects in a namespace whose kind is none of those above: `Cluster` of postgresql.cnpg.io makes Services, pods and
 * service accounts beside it, `Canary` of flagger.app Services. Those that state no namespace are left out: most kinds
 * without one are of the whole cluster.
 */
export const operatedObjects = (resources: Resources): readonly Resource[] => resources.all.filter(isOperated);

const isOperated = ({ group, kind, namespace, name }: Resource): boolean =>
  namespace !== undefined &&
  name !== '' &&
  !isTemplate(name) &&
  !INERT_GROUPS.some((inert) => inert.test(group)) &&
  !INERT_KINDS.test(kind) &&
  !(group === 'argoproj.io' && INERT_OF_ARGO.includes(kind));
