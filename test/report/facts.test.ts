import { describe, expect, test } from 'vitest';
import { factsJson, renderFacts } from '../../src/report/facts.ts';
import { plain } from '../../src/report/paint.ts';
import { fleetOf } from '../support/fleet.ts';
import { grouped, MODELS, operator } from '../support/models.ts';

const options = { paint: plain, locate: () => ({ line: 4, column: 3, endLine: 4, endColumn: 9 }) };
const tree = MODELS['primary-remote on one network']!;

describe('renderFacts', () => {
  const text = renderFacts(grouped(tree).meshes, fleetOf(tree), options);

  test('each fact with the places that say it', () => {
    expect(text).toContain('mesh mesh (linked by controlPlaneClusters, remote secrets)');
    expect(text).toContain(
      '    clusterId           east\n      east/a.yaml:4:3  values.global.multiCluster.clusterName: east',
    );
    expect(text).toContain('    trustDomain         cluster.local (the default)');
    expect(text).toContain('    trustDomain         unknown: no file of the cluster names its trust domain');
    expect(text).toContain('Secret istio-remote-secret-west for https://west.example:6443: west');
  });

  test('tokens never appear', () => expect(text).not.toContain('KEEP-ME-SECRET'));

  test('files that disagree', () => {
    const torn = {
      'east/a.yaml': operator('{ meshConfig: { trustDomain: one } }'),
      'east/b.yaml': operator('{ meshConfig: { trustDomain: two } }', 'other'),
    };
    expect(renderFacts(grouped(torn).meshes, fleetOf(torn), options)).toContain(
      'trustDomain         one (its files disagree)',
    );
  });

  test('notes come last', () => {
    const notes = [{ message: 'tools is no cluster' }];
    expect(
      renderFacts(grouped(tree).meshes, fleetOf(tree), { ...options, notes })
        .trimEnd()
        .split('\n')
        .at(-1),
    ).toBe('note: tools is no cluster');
  });
});

test('factsJson', () => {
  const data = factsJson(grouped(tree).meshes, fleetOf(tree), options);
  const west = data.meshes[0]?.clusters.find((cluster) => cluster.name === 'west');
  expect(west?.facts['controlPlaneRole']).toMatchObject({ state: 'known', value: 'remote' });
  expect(west?.facts['clusterId']).toMatchObject({
    state: 'known',
    value: 'west',
    sightings: [
      {
        value: 'west',
        source: 'values.istiodRemote.injectionPath',
        file: 'west/a.yaml',
        line: 4,
        column: 3,
        shared: false,
      },
    ],
  });
  expect(JSON.stringify(data)).not.toContain('KEEP-ME-SECRET');
  expect(factsJson(grouped(tree).meshes, fleetOf(tree), options)).toEqual(data);
});
