import { hidesKind } from '../../src/facts/sources.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import { describe } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { uncoveredOf } from '../../src/rule/policyCover.ts';
import { realmsOf } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'policy/workload-covered',
  severity: 'warning',
  istio: '1.4+',
  preset: 'strict',
  summary: 'In a mesh with AuthorizationPolicies each workload has one.',
  why: 'A workload that no AuthorizationPolicy selects takes every call. Among others that are closed this is easily overlooked, for a new Deployment above all.',
  fix: 'Give the namespace a policy without rules (which admits nobody) and each workload one that admits its callers, or select the workload in a policy that is there.',
  reads: ['AuthorizationPolicy', 'Service', 'Gateway', 'Namespace', 'workloads', 'meshConfig.rootNamespace'],
  aliases: ['KIA1301'],
  messages: {
    open: '{workload} in {cluster} takes every call: no AuthorizationPolicy of namespace {namespace} or of {root} acts on it{suffix}',
  },
  check(mesh, report) {
    const isComplete = mesh.settings.complete.includes('AuthorizationPolicy');
    for (const realm of realmsOf(mesh)) {
      const { config } = realm;
      const isUsed = config.resources.ofKind('AuthorizationPolicy', 'security.istio.io').length > 0;
      if ((!isUsed && !isComplete) || hidesKind(config.cluster, ['AuthorizationPolicy'])) continue;
      const speaks = speaksFor(mesh.versionOf(config).minors, '1.4+', 'warning');
      if (speaks === undefined) continue;
      for (const { member, namespace, root, workload } of uncoveredOf(mesh, realm))
        report(
          'open',
          {
            at: workload.resource.place,
            cluster: member.name,
            resource: workload.resource,
            severity: speaks.severity,
          },
          {
            workload: describe(workload.resource),
            cluster: member.name,
            namespace,
            root,
            suffix: speaks.suffix,
          },
        );
    }
  },
});
