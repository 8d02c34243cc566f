import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { lowered, speaksFor } from '../../src/facts/minors.ts';
import type { Related } from '../../src/model/index.ts';
import { placeIn } from '../../src/model/index.ts';
import { ambientTwins } from '../../src/rule/ambient/globalServices.ts';
import { GLOBAL_LABEL, scopeConfigs, scopeOf } from '../../src/rule/ambient/scopes.ts';
import { defineRule } from '../../src/rule/define.ts';
import { inWords, someInWords } from '../../src/rule/scope.ts';
import type { MeshService, ServiceStatement } from '../../src/rule/services.ts';
import { nameOfService } from '../../src/rule/services.ts';

export default defineRule({
  id: 'ambient/global-scope-agrees',
  severity: 'error',
  istio: '1.27+',
  summary: 'A Service of an ambient mesh is global in every cluster that has it, or in none.',
  why: 'Each control plane joins only those Services of other clusters that are global by its own serviceScopeConfigs. Where the label or the setting differs, one side calls both clusters and the other only itself.',
  fix: 'Give the Service (or its namespace, as meshConfig.serviceScopeConfigs asks) the same labels in all clusters, and all control planes the same serviceScopeConfigs.',
  reads: ['meshConfig.serviceScopeConfigs', 'Service', 'Namespace', 'workloads'],
  models: ['ambient-networks'],
  messages: {
    labels: '{service} is global in {others}, local in {cluster}{lacking}: calls do not cross between them{suffix}',
    settings:
      'serviceScopeConfigs of {cluster} take {services} for local, those of {others} for global: {cluster} calls its own pods only{suffix}',
  },
  check(mesh, report) {
    const byConfig = new Map<Member, MeshService[]>();
    for (const { service, statements } of ambientTwins(mesh)) {
      const scopes = statements.map((statement) => ({ statement, scope: ownScope(mesh, statement) }));
      const global = scopes.filter(({ scope }) => scope === 'GLOBAL').map(({ statement }) => statement);
      const first = global[0];
      if (first === undefined) continue;
      for (const { statement, scope } of scopes) {
        if (scope !== 'LOCAL') continue;
        const { member, resource } = statement;
        const speaks = speaksFor(mesh.versionOf(member).minors, '1.27+', 'error');
        if (speaks === undefined) continue;
        // The labels are those of the others: then it is the setting that differs.
        if (scopeOf(mesh, first.member, member, resource) === 'GLOBAL') {
          const config = mesh.configCluster(member) ?? member;
          byConfig.set(config, [...(byConfig.get(config) ?? []), service]);
          continue;
        }
        const assumed = scopeConfigs(mesh, mesh.configCluster(member) ?? member).assumed;
        report(
          'labels',
          {
            at: placeIn(resource, 'metadata', 'labels'),
            cluster: member.name,
            resource,
            severity: assumed ? lowered(speaks.severity) : speaks.severity,
            also: global.map(labelOf),
          },
          {
            service: nameOfService(service),
            others: inWords(global.map((other) => other.member.name)),
            cluster: member.name,
            lacking: lacking(first, statement),
            suffix: speaks.suffix,
          },
        );
      }
    }
    for (const [config, services] of byConfig) {
      const { place } = scopeConfigs(mesh, config);
      const others = mesh.members.filter(
        (member) =>
          mesh.configCluster(member) === member &&
          services.some((service) =>
            service.statements.some(
              (statement) => statement.member === member && ownScope(mesh, statement) === 'GLOBAL',
            ),
          ),
      );
      const speaks = speaksFor(mesh.versionOf(config).minors, '1.27+', 'error');
      const at = place ?? services[0]?.statements.find(({ member }) => member === config)?.resource.place;
      if (speaks === undefined || at === undefined || others.length === 0) continue;
      report(
        'settings',
        {
          at,
          cluster: config.name,
          severity: speaks.severity,
          also: others.flatMap((other): readonly Related[] => {
            const theirs = scopeConfigs(mesh, other).place;
            return theirs === undefined
              ? []
              : [{ place: theirs, cluster: other.name, message: `serviceScopeConfigs of ${other.name}` }];
          }),
        },
        {
          cluster: config.name,
          services: someInWords(services.map(nameOfService)),
          others: inWords(others.map((other) => other.name)),
          suffix: speaks.suffix,
        },
      );
    }
  },
});

const ownScope = (mesh: Mesh, { member, resource }: ServiceStatement) => scopeOf(mesh, member, member, resource);

const labelOf = ({ member, resource }: ServiceStatement): Related => ({
  place:
    resource.labels[GLOBAL_LABEL] === undefined
      ? resource.place
      : placeIn(resource, 'metadata', 'labels', GLOBAL_LABEL),
  cluster: member.name,
  message: `global in ${member.name}`,
});

const lacking = (global: ServiceStatement, local: ServiceStatement): string => {
  const [theirs, ours] = [global.resource.labels[GLOBAL_LABEL], local.resource.labels[GLOBAL_LABEL]];
  if (theirs === undefined || theirs === ours) return '';
  return ours === undefined ? ` (no label ${GLOBAL_LABEL})` : ` (label ${GLOBAL_LABEL}: ${ours})`;
};
