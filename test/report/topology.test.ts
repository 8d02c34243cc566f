import { describe, expect, test } from 'vitest';
import { renderTopology, topologyJson } from '../../src/report/topology.ts';
import { plain } from '../../src/report/paint.ts';
import { fleetOf } from '../support/fleet.ts';
import { grouped, MODELS, operator } from '../support/models.ts';

const options = { paint: plain, locate: () => ({ line: 1, column: 1, endLine: 1, endColumn: 1 }) };
const json = (tree: Readonly<Record<string, string>>) => topologyJson(grouped(tree).meshes, fleetOf(tree), options);

describe('the deployment model has its name', () => {
  test.each(Object.entries(MODELS))('%s', (model, tree) =>
    expect(json(tree).meshes.map((mesh) => mesh.model)).toEqual([model]),
  );

  test('meshes that federate', () => {
    const tree = {
      'east/a.yaml': operator('{ values: { global: { meshID: one } } }'),
      'east/p.yaml':
        'apiVersion: federation.maistra.io/v1\nkind: ServiceMeshPeer\nmetadata: { name: west, namespace: istio-system }\nspec: {}\n',
      'west/a.yaml': operator('{ values: { global: { meshID: two } } }'),
    };
    expect(json(tree)).toMatchObject({
      model: 'federation of separate meshes',
      meshes: [{ model: 'single cluster' }, { model: 'single cluster' }],
    });
    expect(renderTopology(grouped(tree).meshes, fleetOf(tree), options)).toContain(
      '2 meshes: federation of separate meshes',
    );
  });
});

describe('topology', () => {
  const tree = MODELS['primary-remote on one network']!;

  test('as text', () => {
    expect(renderTopology(grouped(tree).meshes, fleetOf(tree), options)).toMatchInlineSnapshot(`
      "mesh: primary-remote on one network (linked by controlPlaneClusters, remote secrets)
        mesh id mesh1
        clusters
          east: primary, network net-1, Istio 1.18 to 1.30 (assumed)
          west: remote, served by east, configured in east, network net-1, Istio 1.18 to 1.30 (assumed)
        networks
          net-1: east, west
        remote secrets
          east -> west  east/s.yaml:1
        trust
          east, west: not told by the files
      "
    `);
  });

  test('as data', () => {
    expect(json(tree).meshes[0]).toMatchObject({
      clusters: [
        {
          name: 'east',
          clusterId: 'east',
          role: 'primary',
          servedBy: ['east'],
          configCluster: 'east',
          network: 'net-1',
        },
        {
          name: 'west',
          clusterId: 'west',
          role: 'remote',
          servedBy: ['east'],
          configCluster: 'east',
          network: 'net-1',
        },
      ],
      networks: [{ name: 'net-1', clusters: ['east', 'west'] }],
      reads: [{ from: 'east', to: 'west', loaded: true, line: 1 }],
    });
  });

  test('gateways and ports', () => {
    expect(json(MODELS['multi-primary on several networks']!).meshes[0]?.clusters[0]?.gateways).toMatchObject([
      { name: 'istio-eastwestgateway', network: 'net-1', ports: [15443], file: 'east/g.yaml' },
    ]);
  });

  test('secrets never appear', () => expect(JSON.stringify(json(tree))).not.toContain('KEEP-ME-SECRET'));

  test('remote secrets that are missing are drawn from the one that should hold them', () => {
    const { meshes } = grouped(tree);
    const missingReads = (mesh: (typeof meshes)[number], reader: { readonly name: string }) =>
      reader.name === 'west' ? mesh.members.filter((member) => member.name === 'east') : [];
    const drawn = topologyJson(meshes, fleetOf(tree), { ...options, missingReads });
    expect(drawn.meshes[0]?.missingReads).toEqual([{ from: 'west', to: 'east' }]);
  });
});
