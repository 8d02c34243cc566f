import { describe, expect, test } from 'vitest';
import { lowered, minorOf, parseRange, rangeInWords, speaksFor, within } from '../../src/facts/minors.ts';
import { ASSUMED, boundedMinors } from '../../src/facts/version.ts';
import { membersOf } from '../support/fleet.ts';

const istiod = (image: string, name = 'istiod', labels = ''): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: istio-system, labels: { app: istiod${labels} } }
spec: { template: { spec: { containers: [{ name: discovery, image: "${image}" }] } } }
`;

const versionOf = (...files: string[]) => membersOf({ 'east/all.yaml': files.join('\n---\n') })['east']!.istioVersion;

describe('minorOf', () => {
  test.each([
    ['1.20.3', 20],
    ['v1.20-latest', 20],
    ['1.20.3-distroless', 20],
    ['1.14.3-asm.1', 14],
    ['release-1.1-latest-daily', 1],
    ['~1.22.0', 22],
    ['1.9', 9],
    ['2.4.1', undefined],
    ['latest', undefined],
    ['1.x', undefined],
    ['asm-1-14', undefined],
    ['1.201', undefined],
  ])('%s is %s', (text, minor) => expect(minorOf(text)).toBe(minor));
});

describe('ranges', () => {
  test.each([
    ['all', 0, Number.POSITIVE_INFINITY],
    ['1.8+', 8, Number.POSITIVE_INFINITY],
    ['>=1.8', 8, Number.POSITIVE_INFINITY],
    ['1.1-1.5', 1, 5],
    ['<=1.5', 0, 5],
    ['<1.29', 0, 28],
    ['1.4', 4, 4],
  ])('%s', (range, low, high) => expect(parseRange(range)).toEqual({ low, high }));
  test('refuses anything else', () => expect(() => parseRange('2.x')).toThrow('2.x'));

  test('within', () => {
    expect(within({ low: 8, high: 8 }, '1.8+')).toBe('inside');
    expect(within({ low: 7, high: 8 }, '1.8+')).toBe('partly');
    expect(within({ low: 5, high: 7 }, '1.8+')).toBe('outside');
    expect(within({ low: 1, high: 30 }, '1.6-1.8')).toBe('partly');
  });

  test('a rule that concerns some of the versions speaks one step milder and says from when', () => {
    expect(speaksFor({ low: 20, high: 20 }, '1.8+', 'error')).toEqual({ severity: 'error', suffix: '' });
    expect(speaksFor({ low: 7, high: 20 }, '1.8+', 'error')).toEqual({
      severity: 'warning',
      suffix: ' (from Istio 1.8)',
    });
    expect(speaksFor({ low: 4, high: 20 }, '<=1.5', 'warning')).toEqual({
      severity: 'info',
      suffix: ' (up to Istio 1.5)',
    });
    expect(speaksFor({ low: 4, high: 20 }, '1.6-1.8', 'info')).toEqual({
      severity: 'info',
      suffix: ' (Istio 1.6 to 1.8)',
    });
    expect(speaksFor({ low: 9, high: 20 }, '1.1-1.5', 'error')).toBeUndefined();
    expect(rangeInWords('1.4')).toBe('Istio 1.4');
    expect(lowered('warning')).toBe('info');
  });
});

describe('istioVersion', () => {
  test('the image of istiod, of any registry and with a digest', () => {
    const version = versionOf(istiod('registry.example:5000/istio/pilot:1.20.3@sha256:abc'));
    expect(version.fact).toMatchObject({ state: 'known', value: { low: 20, high: 20 } });
    expect(version.places[0]?.written).toBe('1.20.3');
  });

  test('a canary revision gives a set', () => {
    const version = versionOf(istiod('istio/pilot:1.20.3'), istiod('istio/pilot:1.22.1', 'istiod-1-22-1'));
    expect(version.fact).toMatchObject({ state: 'known', value: { low: 20, high: 22 } });
    expect(version.minors).toEqual([20, 22]);
  });

  test('a stronger kind of source hides weaker ones', () => {
    const operator =
      'apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec: { tag: 1.19.0, revision: 1-18-0 }';
    expect(versionOf(operator).fact).toMatchObject({ value: { low: 19, high: 19 } });
    const both = versionOf(operator, istiod('istio/pilot:1.20.3'));
    expect(both.fact).toMatchObject({ value: { low: 20, high: 20 } });
    expect(both.places.map((place) => place.kind)).toEqual(['image', 'tag', 'revision']);
  });

  test.each([
    [
      'Sail',
      'apiVersion: sailoperator.io/v1\nkind: Istio\nmetadata: { name: default }\nspec: { version: v1.26-latest }',
      26,
    ],
    [
      'Argo CD',
      'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: { name: istiod }\nspec: { source: { chart: istiod, repoURL: https://charts.example/istio, targetRevision: 1.21.2 } }',
      21,
    ],
    [
      'Flux',
      'apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: { name: istiod }\nspec: { chart: { spec: { chart: istiod, version: 1.23.x, sourceRef: { kind: HelmRepository, name: istio } } } }',
      23,
    ],
    [
      'chart label',
      'apiVersion: v1\nkind: Service\nmetadata: { name: istiod, labels: { helm.sh/chart: istiod-1.24.1 } }',
      24,
    ],
    [
      'a gateway proxy',
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: gw }\nspec: { template: { spec: { containers: [{ args: [proxy, router], image: "istio/proxyv2:release-1.1-latest-daily" }] } } }',
      1,
    ],
    [
      'a revision label',
      'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop, labels: { istio.io/rev: 1-20-3 } }',
      20,
    ],
  ])('%s', (_, file, minor) =>
    expect(versionOf(file).fact).toMatchObject({ state: 'known', value: { low: minor, high: minor } }),
  );

  test.each([
    ['a template', istiod('istio/pilot:${TAG}')],
    ['another product', istiod('example/pilot-ubi8:2.4.0')],
    [
      'a chart of another vendor',
      'apiVersion: v1\nkind: Service\nmetadata: { name: web, labels: { helm.sh/chart: gateway-1.2.0 } }',
    ],
  ])('%s says nothing', (_, file) => expect(versionOf(file).fact.state).toBe('unknown'));

  test('API versions bound it', () => {
    const policy = 'apiVersion: authentication.istio.io/v1alpha1\nkind: MeshPolicy\nmetadata: { name: default }';
    const v1 = 'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: cart }';
    const beta = 'apiVersion: networking.istio.io/v1beta1\nkind: VirtualService\nmetadata: { name: cart }';
    expect(versionOf(policy).bounds).toEqual({ low: 1, high: 5 });
    expect(versionOf(v1).bounds).toEqual({ low: 22, high: 30 });
    expect(versionOf(beta).bounds).toEqual({ low: 5, high: 30 });
    expect(versionOf(policy, v1).bounds).toEqual({ low: 22, high: 30 });
    expect(boundedMinors({ low: 5, high: 30 })).toBeUndefined();
    expect(boundedMinors({ low: 22, high: 30 })).toEqual({ low: 22, high: 30 });
    expect(boundedMinors({ low: 1, high: 5 })).toEqual({ low: 1, high: 5 });
    expect(ASSUMED).toEqual({ low: 18, high: 30 });
  });

  test('names of hostile documents do no harm', () => {
    expect(
      versionOf('apiVersion: networking.istio.io/v1beta1\nkind: constructor\nmetadata: { name: __proto__ }').bounds,
    ).toEqual({ low: 5, high: 30 });
  });
});
