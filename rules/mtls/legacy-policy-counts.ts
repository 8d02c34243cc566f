import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import { speaksFor, within } from '../../src/facts/minors.ts';
import type { Place, Related, Resource, Severity } from '../../src/model/index.ts';
import { describe, get, list, placeIn, valueOf } from '../../src/model/index.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { EffectiveMtls } from '../../src/rule/mtls.ts';
import { betaMode, meshWideMtls, namespacePolicies } from '../../src/rule/mtls.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import { inWords, realmsOf, rootNamespaceOf } from '../../src/rule/scope.ts';

const messages = {
  meshName: '{policy} in {cluster} is ignored: only the name default counts{peers}{suffix}',
  namespaceName:
    '{policy} in {cluster} is ignored: a Policy for a whole namespace counts by the name default only{suffix}',
  remote: '{policy} in {cluster} is never read: the Istio resources of {cluster} come from {config}{peers}{suffix}',
  alone: '{policy} of {cluster} ({mode}) is missing in {absent}{suffix}',
  beta: '{policy} in {cluster} ({mode}) is ignored: {beta} ({betaMode}) comes first{suffix}',
} as const;

export default defineRule({
  id: 'mtls/legacy-policy-counts',
  severity: 'warning',
  istio: '1.1-1.5',
  summary: 'Policies of authentication.istio.io have the names and stand in the clusters that make them count.',
  why: 'Up to Istio 1.5 only the MeshPolicy default is read, and of each namespace only the Policy default. One of another name, or in the wrong cluster, changes nothing, and servers go on to take plaintext.',
  fix: 'Name the policy default and apply it in every cluster with a control plane of its own.',
  reads: ['MeshPolicy', 'Policy', 'PeerAuthentication', 'controlPlaneRole'],
  models: ['shared-control-plane', 'replicated-control-planes'],
  messages,
  check(mesh, report) {
    for (const member of mesh.members) {
      const config = mesh.configCluster(member);
      if (config === undefined) continue;
      const said = speaksFor(mesh.versionOf(config).minors, '1.1-1.5', 'warning');
      if (said === undefined) continue;
      const context: Context = { mesh, member, config, ...said };
      if (config === member) checkOwn(context, report);
      else checkRemote(context, report);
    }
  },
});

interface Context {
  readonly mesh: Mesh;
  readonly member: Member;
  readonly config: Member;
  readonly severity: Severity;
  readonly suffix: string;
}

const policiesIn = (member: Member, kind: 'MeshPolicy' | 'Policy'): readonly Resource[] =>
  statementsOf(member.resources.ofKind(kind, 'authentication.istio.io')).map(({ resource }) => resource);

const isForNamespace = (policy: Resource): boolean => list(get(policy.value, 'spec', 'targets')).length === 0;

const checkRemote = ({ member, config, severity, suffix }: Context, report: Report<typeof messages>): void => {
  for (const kind of ['MeshPolicy', 'Policy'] as const)
    for (const policy of policiesIn(member, kind)) {
      const twin = policiesIn(config, kind).find(
        (other) => other.name === policy.name && other.namespace === policy.namespace,
      );
      report(
        'remote',
        {
          at: placeIn(policy, 'metadata', 'name'),
          cluster: member.name,
          resource: policy,
          also: relatedOf(config, twin),
          severity: twin === undefined ? severity : 'info',
          fix: 'Apply the policy in the cluster whose control plane serves this one, and delete it here.',
        },
        {
          policy: titleOf(policy),
          cluster: member.name,
          config: config.name,
          peers: twin === undefined ? '' : `, where it is too`,
          suffix,
        },
      );
    }
};

const checkOwn = (context: Context, report: Report<typeof messages>): void => {
  const { mesh, member, severity, suffix } = context;
  const where = (policy: Resource, also: readonly Related[]) => ({
    at: placeIn(policy, 'metadata', 'name'),
    cluster: member.name,
    resource: policy,
    also,
    severity,
  });
  const named = realmsOf(mesh).flatMap(({ config }) => {
    const policy = config === member ? undefined : policiesIn(config, 'MeshPolicy').find(isDefault);
    return policy === undefined ? [] : [{ config, policy }];
  });
  for (const policy of policiesIn(member, 'MeshPolicy'))
    if (!isDefault(policy))
      report(
        'meshName',
        where(
          policy,
          named.flatMap((peer) => relatedOf(peer.config, peer.policy)),
        ),
        {
          policy: titleOf(policy),
          cluster: member.name,
          peers:
            named.length === 0
              ? ''
              : `; ${inWords(named.map((peer) => peer.config.name))} ${named.length === 1 ? 'has' : 'have'} MeshPolicy default`,
          suffix,
        },
      );
  for (const policy of policiesIn(member, 'Policy'))
    if (isForNamespace(policy) && !isDefault(policy))
      report('namespaceName', where(policy, []), { policy: titleOf(policy), cluster: member.name, suffix });
  for (const scope of scopesOf(mesh, member)) {
    checkAlone(context, scope, report);
    checkBeta(context, scope, report);
  }
};

const isDefault = (policy: Resource): boolean => policy.name === 'default';

/** An alpha policy that counts for the mesh or for a whole namespace. */
interface Scope {
  /** Undefined for the mesh. */
  readonly namespace: string | undefined;
  readonly mtls: EffectiveMtls;
  readonly policy: Resource;
}

const scopesOf = (mesh: Mesh, member: Member): readonly Scope[] => {
  const meshPolicy = policiesIn(member, 'MeshPolicy').find(isDefault);
  const meshWide = meshPolicy === undefined ? undefined : meshWideMtls(mesh, member, 'alpha');
  const namespaces = namespacePolicies(mesh, member);
  return [
    ...(meshWide?.policy === undefined ? [] : [{ namespace: undefined, mtls: meshWide, policy: meshWide.policy }]),
    ...policiesIn(member, 'Policy').flatMap((policy) => {
      const mtls = namespaces.get(policy.namespace ?? '');
      return mtls?.policy === policy ? [{ namespace: policy.namespace, mtls, policy }] : [];
    }),
  ];
};

/** Config clusters that run the same services and have no policy of that scope, while their files hold policies at all. */
const checkAlone = (
  { mesh, member, severity, suffix }: Context,
  { namespace, mtls, policy }: Scope,
  report: Report<typeof messages>,
): void => {
  const kind = namespace === undefined ? 'MeshPolicy' : 'Policy';
  const absent = realmsOf(mesh)
    .map(({ config }) => config)
    .filter((config) => config !== member && lacks(mesh, config, kind, namespace));
  if (absent.length === 0) return;
  report(
    'alone',
    {
      at: placeOf(mtls, policy),
      cluster: member.name,
      resource: policy,
      severity,
      fix: `Apply the policy in ${inWords(absent.map((config) => config.name))} as well.`,
    },
    {
      policy: titleOf(policy),
      cluster: member.name,
      mode: mtls.mode,
      absent: inWords(absent.map((config) => config.name)),
      suffix,
    },
  );
};

const lacks = (mesh: Mesh, config: Member, kind: 'MeshPolicy' | 'Policy', namespace: string | undefined): boolean => {
  const { minors } = mesh.versionOf(config);
  if (within(minors, '1.1-1.5') !== 'inside' || hidesKind(config.cluster, [kind, 'PeerAuthentication'])) return false;
  if (betaMode(mesh, config, namespace) !== undefined) return false;
  if (namespace === undefined)
    return (
      valueOf(config.meshMtlsEnabled) === undefined &&
      policiesIn(config, 'MeshPolicy').length === 0 &&
      mesh.absent(config, 'config:MeshPolicy') === 'yes'
    );
  const runs = config.workloads.some((workload) => workload.namespace === namespace);
  return (
    runs && !policiesIn(config, 'Policy').some((policy) => policy.namespace === namespace && isForNamespace(policy))
  );
};

/** In 1.5 both kinds are read, PeerAuthentication first. */
const checkBeta = (
  { mesh, member, severity, suffix }: Context,
  { namespace, mtls, policy }: Scope,
  report: Report<typeof messages>,
): void => {
  const beta = betaMode(mesh, member, namespace);
  if (beta === undefined || beta.mode === mtls.mode || beta.mode === 'unknown' || mtls.mode === 'unknown') return;
  report(
    'beta',
    {
      at: placeOf(mtls, policy),
      cluster: member.name,
      resource: policy,
      severity,
      also:
        beta.place === undefined
          ? []
          : [{ place: beta.place, cluster: member.name, message: `${beta.source}: ${beta.mode}` }],
      fix: `Delete the policy; PeerAuthentication in namespace ${namespace ?? rootNamespaceOf(member)} is the one that counts.`,
    },
    {
      policy: titleOf(policy),
      cluster: member.name,
      mode: mtls.mode,
      beta: beta.source,
      betaMode: beta.mode,
      suffix,
    },
  );
};

const placeOf = (mtls: EffectiveMtls, policy: Resource): Place => mtls.place ?? policy.place;

const titleOf = (policy: Resource): string =>
  policy.kind === 'MeshPolicy' ? `MeshPolicy ${policy.name}` : describe(policy);

const relatedOf = (config: Member, policy: Resource | undefined): readonly Related[] =>
  policy === undefined
    ? []
    : [{ place: placeIn(policy, 'metadata', 'name'), cluster: config.name, message: titleOf(policy) }];
