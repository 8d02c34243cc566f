import type { Member, Mesh } from '../../src/facts/mesh.ts';
import type { Resource } from '../../src/model/index.ts';
import { describe, get, isRecord, isTemplate, list, placeIn, scalar, texts } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { expandHost, serviceOf } from '../../src/rule/hosts.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import { isPartOf } from '../../src/rule/schema/problems.ts';
import { clusterDomainOf, inWords, realmsOf } from '../../src/rule/scope.ts';
import { serviceTable } from '../../src/rule/services.ts';

export default defineRule({
  id: 'traffic/entry-has-endpoints',
  severity: 'warning',
  istio: 'all',
  summary: 'A ServiceEntry with resolution STATIC says where its hosts are.',
  why: 'STATIC takes the endpoints as they are listed, or those that a workloadSelector finds, and looks nothing up. Without either the host has no endpoint, and calls to it end with 503.',
  fix: 'List the addresses under endpoints, select workloads with workloadSelector, or write resolution: DNS to look the host up, or NONE to leave the address as the client has it.',
  reads: ['ServiceEntry', 'Service'],
  messages: {
    none: '{entry} in {cluster} has resolution STATIC, but neither endpoints nor a workloadSelector: {hosts} {have} no endpoint',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh))
      for (const { resource, ambiguous } of statementsOf(entriesOf(config))) {
        const hosts = texts(get(resource.value, 'spec', 'hosts'));
        if (ambiguous || hosts.length === 0 || hosts.some(isTemplate) || isPartOf(config, resource)) continue;
        if (scalar(get(resource.value, 'spec', 'resolution')) !== 'STATIC' || saysWhere(resource)) continue;
        const empty = hosts.filter((host) => !isServedOtherwise(mesh, config, resource, host));
        if (empty.length < hosts.length) continue;
        report(
          'none',
          { at: placeIn(resource, 'spec', 'resolution'), cluster: config.name, resource },
          {
            entry: describe(resource),
            cluster: config.name,
            hosts: inWords(hosts),
            have: hosts.length === 1 ? 'has' : 'have',
          },
        );
      }
  },
});

const entriesOf = (config: Member): readonly Resource[] =>
  config.resources.ofKind('ServiceEntry', 'networking.istio.io');

/** Endpoints that stand there in a template count: nobody knows how many there will be. */
const saysWhere = ({ value }: Resource): boolean => {
  const endpoints = get(value, 'spec', 'endpoints');
  return (
    list(endpoints).length > 0 ||
    (typeof endpoints === 'string' && isTemplate(endpoints)) ||
    isRecord(get(value, 'spec', 'workloadSelector'))
  );
};

/** Another ServiceEntry of the namespace adds its endpoints to those of the same host, and a Service brings its pods. */
const isServedOtherwise = (mesh: Mesh, config: Member, entry: Resource, written: string): boolean => {
  const expand = (host: string): string => expandHost(host, entry.namespace, clusterDomainOf(config));
  const host = expand(written);
  const named = serviceOf(host, clusterDomainOf(config));
  if (named !== undefined && serviceTable(mesh).find(named.namespace, named.name) !== undefined) return true;
  return entriesOf(config).some(
    (other) =>
      other !== entry &&
      other.namespace === entry.namespace &&
      (saysWhere(other) || scalar(get(other.value, 'spec', 'resolution')) !== 'STATIC') &&
      texts(get(other.value, 'spec', 'hosts')).some((held) => expand(held) === host),
  );
};
