import { describe, expect, test } from 'vitest';
import { grouped, meshOf, MODELS, namespace, operator, primary, remote, secret } from '../support/models.ts';
import { valueOf } from '../../src/model/index.ts';

const names = (tree: Readonly<Record<string, string>>, settings = {}): string[][] =>
  grouped(tree, settings).meshes.map((mesh) => mesh.members.map((member) => member.name));
const install = (global: string): string => operator(`{ values: { global: { ${global} } } }`);
const app = (name: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: ${name}, namespace: shop }\nspec: { ports: [{ port: 80 }] }\n`;

describe('groupMeshes', () => {
  test('no evidence at all: one mesh', () => {
    expect(names({ 'east/a.yaml': app('cart'), 'west/a.yaml': app('cart') })).toEqual([['east', 'west']]);
  });

  test('differing mesh ids without a link are two meshes, and a note says so', () => {
    const found = grouped({ 'east/a.yaml': install('meshID: one'), 'west/a.yaml': install('meshID: two') });
    expect(found.meshes.map((mesh) => mesh.name)).toEqual(['one', 'two']);
    expect(found.notes.map((note) => note.message)).toEqual([
      'mesh ids one, two: checked as 2 meshes, as no file links their clusters',
    ]);
  });

  test('a remote secret joins what mesh ids part', () => {
    const tree = {
      'east/a.yaml': install('meshID: one'),
      'east/s.yaml': secret('west'),
      'west/a.yaml': install('meshID: two'),
    };
    expect(names(tree)).toEqual([['east', 'west']]);
    expect(meshOf(tree).because).toBe('linked by remote secrets');
  });

  test('a secret joins by the API server that the peer names', () => {
    const kubeadm =
      'apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\ncontrolPlaneEndpoint: 192.0.2.7:6443\n';
    const tree = {
      'east/a.yaml': install('meshID: one'),
      'east/s.yaml': secret('other', 'https://192.0.2.7:6443'),
      'west/a.yaml': install('meshID: two'),
      'west/k.yaml': kubeadm,
    };
    expect(names(tree)).toEqual([['east', 'west']]);
  });

  test('clusters without evidence join the only mesh, and stay alone beside several', () => {
    const plain = operator('{ profile: default }');
    expect(
      names({ 'east/a.yaml': install('meshID: one'), 'west/a.yaml': install('meshID: one'), 'north/a.yaml': plain }),
    ).toEqual([['east', 'north', 'west']]);
    expect(
      names({ 'east/a.yaml': install('meshID: one'), 'west/a.yaml': install('meshID: two'), 'north/a.yaml': plain }),
    ).toEqual([['east'], ['north'], ['west']]);
  });

  test('a directory without Istio stays out unless it runs the same services', () => {
    const tools = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: tools }\ndata: {}\n';
    const found = grouped({
      'east/a.yaml': install('meshID: one'),
      'east/b.yaml': app('cart'),
      'tools/a.yaml': tools,
      'west/a.yaml': app('cart'),
    });
    expect(found.meshes.map((mesh) => mesh.members.map((member) => member.name))).toEqual([['east', 'west']]);
    expect(found.outside.map((cluster) => cluster.name)).toEqual(['tools']);
    expect(found.notes[0]?.message).toBe('nothing in tools tells of Istio: it is no member of a mesh');
  });

  test('mesh-lint.yaml wins', () => {
    const tree = {
      'east/a.yaml': install('meshID: one'),
      'west/a.yaml': install('meshID: two'),
      'north/a.yaml': install('meshID: one'),
    };
    const found = grouped(tree, { meshes: { shop: ['east', 'west'] } });
    expect(found.meshes.map((mesh) => [mesh.name, mesh.members.map((member) => member.name)])).toEqual([
      ['shop', ['east', 'west']],
      ['mesh', ['north']],
    ]);
  });

  test('one meshNetworks that lists both joins them', () => {
    const networks =
      'meshNetworks: { n1: { endpoints: [{ fromRegistry: east }] }, n2: { endpoints: [{ fromRegistry: west }] } }';
    expect(
      names({ 'east/a.yaml': install(`meshID: one, ${networks}`), 'west/a.yaml': install('meshID: two') }),
    ).toEqual([['east', 'west']]);
  });

  test('the order of files changes nothing', () => {
    const tree = MODELS['primary-remote on one network']!;
    const reversed = Object.fromEntries(Object.entries(tree).toReversed());
    expect(meshOf(reversed).links).toMatchObject(meshOf(tree).links.map(({ kind, from, to }) => ({ kind, from, to })));
  });

  test('an unknown member is a fault of the caller', () =>
    expect(() => meshOf({ 'east/a.yaml': app('cart') }).cluster('west')).toThrow('no cluster west'));
});

describe('who serves whom', () => {
  const configOf = (tree: Readonly<Record<string, string>>): Record<string, string | undefined> => {
    const mesh = meshOf(tree);
    return Object.fromEntries(mesh.members.map((member) => [member.name, mesh.configCluster(member)?.name]));
  };

  test('multi-primary: each is its own', () =>
    expect(configOf(MODELS['multi-primary on one network']!)).toEqual({ east: 'east', west: 'west' }));
  test('primary-remote', () =>
    expect(configOf(MODELS['primary-remote on several networks']!)).toEqual({ east: 'east', west: 'east' }));
  test('external control plane', () =>
    expect(configOf(MODELS['external control plane']!)).toEqual({
      config: 'config',
      outside: 'config',
      second: 'config',
    }));
  test('the only cluster that can be the primary is it', () => {
    const mesh = meshOf(MODELS['shared control plane, several networks (Istio 1.1)']!);
    expect(mesh.roleOf(mesh.cluster('east'))).toBe('primary');
    expect(mesh.configCluster(mesh.cluster('west'))?.name).toBe('east');
  });
  test('two primaries: the one that controlPlaneClusters names, or none', () => {
    const tree = {
      'a/a.yaml': primary('a', 'n'),
      'b/a.yaml': primary('b', 'n'),
      'c/a.yaml': remote('c', 'n'),
      'a/m.yaml': secret('b'),
    };
    expect(configOf(tree)['c']).toBeUndefined();
    expect(configOf({ ...tree, 'c/n.yaml': namespace('b') })['c']).toBe('b');
    expect(configOf({ ...tree, 'a/s.yaml': secret('c') })['c']).toBe('a');
  });
});

describe('idOf', () => {
  const idOf = (tree: Readonly<Record<string, string>>, name: string) => {
    const mesh = meshOf(tree);
    return valueOf(mesh.idOf(mesh.cluster(name)));
  };
  const nameless = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop, labels: { istio-injection: enabled } }\n';

  test('its own word, the key that equals its directory, the only key that nobody claims', () => {
    expect(
      idOf({ 'east/a.yaml': primary('e-1', 'n'), 'east/s.yaml': secret('west'), 'west/a.yaml': nameless }, 'east'),
    ).toBe('e-1');
    expect(
      idOf({ 'east/a.yaml': primary('e-1', 'n'), 'east/s.yaml': secret('west'), 'west/a.yaml': nameless }, 'west'),
    ).toBe('west');
    expect(
      idOf({ 'east/a.yaml': primary('e-1', 'n'), 'east/s.yaml': secret('w-1'), 'west/a.yaml': nameless }, 'west'),
    ).toBe('w-1');
    expect(
      idOf(
        {
          'east/a.yaml': primary('e-1', 'n'),
          'east/s.yaml': secret('w-1'),
          'west/a.yaml': nameless,
          'north/a.yaml': nameless,
        },
        'west',
      ),
    ).toBeUndefined();
  });

  test('up to 1.5 the keys of peers name what calls itself Kubernetes', () => {
    const tree = (tag: string) => ({
      'east/a.yaml': operator(`{ tag: ${tag} }`),
      'west/a.yaml': operator(`{ tag: ${tag} }`),
      'west/s.yaml': secret('east'),
    });
    expect(idOf(tree('1.5.4'), 'east')).toBe('east');
    expect(idOf(tree('1.20.4'), 'east')).toBe('Kubernetes');
  });

  test('an external istiod has not the id of the cluster that it reads', () => {
    const tree = {
      'outside/a.yaml': operator(
        '{ components: { pilot: { k8s: { env: [{ name: CLUSTER_ID, value: shop }] } } }, values: { global: { externalIstiod: true, multiCluster: { clusterName: shop } } } }',
      ),
      'shop/a.yaml': operator(
        '{ profile: remote, values: { global: { configCluster: true, multiCluster: { clusterName: shop } } } }',
      ),
    };
    expect(idOf(tree, 'shop')).toBe('shop');
    expect(idOf(tree, 'outside')).toBeUndefined();
  });
});

describe('versionOf', () => {
  const versions = (tree: Readonly<Record<string, string>>, settings = {}) => {
    const mesh = meshOf(tree, settings);
    return Object.fromEntries(
      mesh.members.map((member) => {
        const { minors, assumed } = mesh.versionOf(member);
        return [member.name, `${minors.low}-${minors.high}${assumed ? ' assumed' : ''}`];
      }),
    );
  };
  const tagged = (tag: string): string => operator(`{ tag: ${tag} }`);
  const plain = operator('{ profile: default }');

  test("a remote has its primary's, a primary its remotes'", () => {
    const silent = operator('{ profile: remote }');
    expect(versions({ 'east/a.yaml': tagged('1.20.1'), 'west/a.yaml': silent })).toEqual({
      east: '20-20',
      west: '20-20',
    });
    expect(versions({ 'east/a.yaml': plain, 'west/a.yaml': operator('{ profile: remote, tag: 1.21.0 }') })).toEqual({
      east: '21-21',
      west: '21-21',
    });
  });
  test('the span of the mesh', () => {
    expect(versions({ 'a/a.yaml': tagged('1.20.1'), 'b/a.yaml': tagged('1.22.0'), 'c/a.yaml': plain })).toEqual({
      a: '20-20',
      b: '22-22',
      c: '20-22',
    });
  });
  test('mesh-lint.yaml for those that do not say', () => {
    expect(versions({ 'a/a.yaml': tagged('1.20.1'), 'b/a.yaml': plain }, { istioVersion: '1.24' })).toEqual({
      a: '20-20',
      b: '24-24',
    });
  });
  test('bounds of the APIs, else the assumption', () => {
    const v1 = 'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: cart }\n';
    expect(versions({ 'a/a.yaml': plain, 'a/v.yaml': v1, 'b/a.yaml': plain })).toEqual({
      a: '22-30 assumed',
      b: '18-30 assumed',
    });
  });
});

describe('absent', () => {
  const cacerts = 'apiVersion: v1\nkind: Secret\nmetadata: { name: cacerts, namespace: istio-system }\ndata: {}\n';
  const absent = (tree: Readonly<Record<string, string>>, settings = {}) => {
    const mesh = meshOf(tree, settings);
    return [mesh.tracks('ca'), mesh.absent(mesh.cluster('west'), 'ca')];
  };
  const east = { 'east/a.yaml': primary('east', 'n'), 'east/c.yaml': cacerts };

  test('the set holds such objects, and this cluster has its install files without one', () => {
    expect(absent({ ...east, 'west/a.yaml': primary('west', 'n') })).toEqual([true, 'yes']);
  });
  test('present, also in an opaque form', () => {
    expect(absent({ ...east, 'west/a.yaml': primary('west', 'n'), 'west/c.yaml': cacerts })).toEqual([true, 'no']);
    const sealed =
      'apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: { name: cacerts, namespace: istio-system }\nspec: { encryptedData: {} }\n';
    expect(absent({ ...east, 'west/a.yaml': primary('west', 'n'), 'west/c.yaml': sealed })).toEqual([true, 'no']);
  });
  test('unknown: nothing of that layer, a document that cannot be read, a set without such objects', () => {
    expect(absent({ ...east, 'west/a.yaml': app('cart'), 'east/b.yaml': app('cart') })).toEqual([true, 'unknown']);
    expect(
      absent({ ...east, 'west/a.yaml': primary('west', 'n'), 'west/c.yaml': 'kind: Secret\nmetadata: {name: [' }),
    ).toEqual([true, 'unknown']);
    expect(absent({ 'east/a.yaml': primary('east', 'n'), 'west/a.yaml': primary('west', 'n') })).toEqual([
      false,
      'unknown',
    ]);
  });
  test('complete: the user says that the set holds every object', () => {
    const tree = { 'east/a.yaml': app('cart'), 'west/a.yaml': app('cart') };
    expect(absent(tree, { complete: ['Secret'] })).toEqual([true, 'yes']);
    expect(absent(tree, { complete: ['ca'] })).toEqual([true, 'yes']);
  });
  test('services, workloads and kinds of configuration', () => {
    const mesh = meshOf({
      'east/a.yaml': app('cart'),
      'west/a.yaml': 'apiVersion: v1\nkind: Service\nmetadata: { name: pay, namespace: bank }\nspec: {}\n',
    });
    expect([
      mesh.tracks('service:shop'),
      mesh.tracks('service:none'),
      mesh.tracks('workload:shop'),
      mesh.tracks('config:VirtualService'),
    ]).toEqual([true, false, false, false]);
    expect(mesh.absent(mesh.cluster('west'), 'service:shop')).toBe('yes');
    expect(mesh.absent(mesh.cluster('east'), 'service:shop')).toBe('no');
  });
});
