import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allKinds, isServed, meshConfigTable, operatorTable, schemaIn, valuesTable } from '../../src/schema/table.ts';

const held = 'schemas/istio';
const upstream = resolve('../shared/upstream');
const scratch = (): string => mkdtempSync(join(tmpdir(), 'mesh-lint-schemas-'));
const write = (...words: string[]): void => {
  execFileSync(process.execPath, ['scripts/schemas.mjs', ...words], { stdio: 'pipe' });
};

describe('schemas/istio', () => {
  test.skipIf(!existsSync(upstream))(
    'is what npm run schemas writes (skipped where the tables of the releases are not beside the project)',
    () => {
      const directory = scratch();
      write('--from', upstream, '--to', directory);
      const written = readdirSync(directory);
      const stale = written.filter(
        (name) => readFileSync(join(directory, name), 'utf8') !== readFileSync(join(held, name), 'utf8'),
      );
      expect(stale).toEqual([]);
      expect(written).toContain('crds.json');
      rmSync(directory, { recursive: true });
    },
    120_000,
  );

  test('holds structure and no prose', () => {
    const nodes = readdirSync(held)
      .filter((file) => file.endsWith('.json'))
      .flatMap((name) => (JSON.parse(readFileSync(join(held, name), 'utf8')) as { nodes?: object[] }).nodes ?? []);
    const keys = new Set(nodes.flatMap((node) => Object.keys(node)));
    expect(['description', 'title', 'x-kubernetes-validations'].filter((key) => keys.has(key))).toEqual([]);
  });

  test('stores each schema of the CRDs once', () => {
    const { nodes } = JSON.parse(readFileSync(join(held, 'crds.json'), 'utf8')) as { nodes: unknown[] };
    expect(new Set(nodes.map((node) => JSON.stringify(node))).size).toBe(nodes.length);
  });

  test('says whose work it is made from', () => {
    expect(readFileSync(join(held, 'NOTICE.txt'), 'utf8')).toMatch(/Copyright Istio Authors/);
  });

  test.each([
    ['networking.istio.io/v1/VirtualService', 21, false],
    ['networking.istio.io/v1/VirtualService', 22, true],
    ['networking.istio.io/v1alpha3/VirtualService', 1, true],
    ['networking.istio.io/v1alpha3/VirtualService', 30, true],
    ['security.istio.io/v1/AuthorizationPolicy', 17, true],
    ['authentication.istio.io/v1alpha1/MeshPolicy', 5, true],
    ['authentication.istio.io/v1alpha1/MeshPolicy', 6, false],
    ['rbac.istio.io/v1alpha1/ServiceRoleBinding', 6, true],
    ['config.istio.io/v1alpha2/handler', 8, false],
    ['extensions.istio.io/v1alpha1/TrafficExtension', 30, true],
  ])('%s in 1.%i: %s', (key, minor, served) => {
    expect(isServed(key, minor)).toBe(served);
  });

  test('has a root for each kind, and for the documents that are no objects', () => {
    const without = allKinds().filter((key) => {
      const minor = Array.from({ length: 30 }, (_, index) => index + 1).find((at) => isServed(key, at))!;
      return !key.startsWith('config.istio.io') && schemaIn(key, minor) === undefined;
    });
    expect(without).toEqual([]);
    const roots = [meshConfigTable, operatorTable, valuesTable].flatMap(({ roots: names }) => Object.keys(names));
    const charts = ['IstiodChart', 'BaseChart', 'CniChart', 'ZtunnelChart', 'GatewayChart'];
    expect(roots).toEqual(['MeshConfig', 'MeshNetworks', 'ProxyConfig', 'IstioOperatorSpec', 'Values', ...charts]);
  });
});

describe('an istio/api checkout', () => {
  let checkout = '';
  const git = (...words: string[]): void => {
    execFileSync('git', ['-C', checkout, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...words], {
      stdio: 'pipe',
    });
  };
  beforeAll(() => {
    checkout = scratch();
    mkdirSync(join(checkout, 'kubernetes'));
    git('init', '--quiet');
    for (const [tag, field] of [
      ['1.22.0', 'early'],
      ['1.22.10', 'late'],
      ['1.22.9', 'between'],
      ['1.23.0', 'late'],
    ]) {
      writeFileSync(join(checkout, 'kubernetes/customresourcedefinitions.gen.yaml'), definition(field!));
      git('add', '.');
      git('commit', '--quiet', '--allow-empty', '-m', tag!);
      git('tag', tag!);
    }
  });
  afterAll(() => rmSync(checkout, { recursive: true, force: true }));

  test('gives the last patch of each minor', () => {
    const directory = scratch();
    write('--from', checkout, '--to', directory);
    const written = JSON.parse(readFileSync(join(directory, 'crds.json'), 'utf8')) as Record<string, unknown>;
    // Beside the tables that no checkout has.
    expect(readdirSync(directory)).toEqual(['crds.json', 'neighbours.json']);
    expect(written['releases']).toEqual(['1.22.10', '1.23.0']);
    expect(written['kinds']).toEqual({ 'shop.istio.io/v1/Cart': [[22, 2]] });
    expect(written['nodes']).toEqual([
      { type: 'string', maxLength: 8 },
      { type: 'object', properties: { late: 0 } },
      { type: 'object', required: ['spec'], properties: { spec: 1 } },
    ]);
    rmSync(directory, { recursive: true });
  }, 60_000);

  const definition = (field: string): string => `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: carts.shop.istio.io }
spec:
  group: shop.istio.io
  names: { kind: Cart }
  versions:
    - name: v1
      served: true
      schema:
        openAPIV3Schema:
          type: object
          required: [spec]
          properties:
            spec:
              type: object
              description: prose
              properties: { ${field}: { type: string, format: string, maxLength: 8 } }
            status: { type: object, x-kubernetes-preserve-unknown-fields: true }
`;
});
