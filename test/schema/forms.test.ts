import { describe, expect, test } from 'vitest';
import { faultOfCel } from '../../src/schema/forms/cel.ts';
import { faultOfWholeDuration, millisecondsOf } from '../../src/schema/forms/durations.ts';
import { faultOfFqdn, faultOfHost, isLabelKey, isLabelValue, isSubnet } from '../../src/schema/forms/names.ts';
import { faultOfKeys } from '../../src/schema/forms/keys.ts';
import { faultOfRegex } from '../../src/schema/forms/regex.ts';
import { isModuleUrl, isUrl } from '../../src/schema/forms/urls.ts';
import { faultOfPathTemplate } from '../../src/schema/semantic/pathTemplates.ts';

describe('forms of values', () => {
  test.each([
    ['1.5s', 1500],
    ['1h30m', 5_400_000],
    ['100us', 0.1],
    ['0', 0],
    ['-1s', -1000],
    ['10', undefined],
    ['1d', undefined],
    ['2562047h', 9_223_369_200_000],
    ['2562048h', undefined],
    ['s', undefined],
    ['', undefined],
  ])('duration %s', (text, length) => expect(millisecondsOf(text)).toBe(length));

  test.each(['0s', '100us', '1.5ms', '1 s', 'apple'])('%s is no duration that Istio takes', (text) =>
    expect(faultOfWholeDuration(text)).toBeDefined(),
  );

  test.each([
    'cart',
    'cart.shop.svc.cluster.local',
    '*',
    '*.example.com',
    '*x',
    '*-x.example.com',
    'istio.io.',
    'Cart',
  ])('%s is a host', (host) => expect(faultOfHost(host)).toBeUndefined());

  test.each([
    '',
    'a..b',
    '*.*.com',
    'a.*.com',
    'cart_1.shop',
    '-a.com',
    'a/b',
    '10.0.0.1',
    `${'a'.repeat(64)}.com`,
    'x*',
  ])('%s is no host', (host) => expect(faultOfHost(host)).toBeDefined());

  test('a full name has no wildcard', () => expect(faultOfFqdn('*.example.com')).toBeDefined());

  test.each([
    ['10.0.0.0/8', true],
    ['10.0.0.1', true],
    ['fd00::/8', true],
    ['10.0.0.0/33', false],
    ['10.0.0.0/', false],
    ['10.0.0', false],
    ['a.b', false],
    ['fe80::1%eth0', true],
    ['10.0.0.1%eth0', false],
  ])('subnet %s', (text, is) => expect(isSubnet(text)).toBe(is));

  test.each([
    ['app.kubernetes.io/name', true],
    ['app', true],
    ['-', false],
    ['a/b/c', false],
    ['', false],
  ])('label key %s', (key, is) => expect(isLabelKey(key)).toBe(is));

  test('values of labels', () =>
    expect(['', '1.2.3', 'a b', 'a-'].map(isLabelValue)).toEqual([true, true, false, false]));

  test.each([
    '^/api/v[0-9]+(/.*)?$',
    '(?i)admin',
    '(?P<name>a)',
    '[[:alpha:]]+',
    '\\d{1,3}\\.',
    'a{,2}',
    '\\pL\\p{Greek}',
    '[]a]',
    '[^]]',
    '.*?',
    'a|',
    '\\Qa(b\\E',
    '[a-z-]',
    'a(?i)*',
    '\\p{Lu}\\p{^Greek}',
  ])('RE2 takes %s', (expression) => expect(faultOfRegex(expression)).toBeUndefined());

  test.each([
    '(?!a)',
    '(?=a)',
    '(?<=a)b',
    '(a)\\1',
    '(a',
    'a)',
    '[a',
    '*a',
    'a**',
    'a{2000}',
    'a{3,1}',
    '\\',
    '[z-a]',
    '\\Z',
    '(?#x)',
    '\\p{Foo}',
    '\\C',
    '\\é',
  ])('RE2 does not take %s', (expression) => expect(faultOfRegex(expression)).toBeDefined());

  test.each([
    'response.code >= 400',
    '!has(request.headers) || response.code in [500, 503] ? true : false',
    '"x-a" in request.headers && !(a.b.c(1, -2)[0].d)',
    'envoy.Code{code: 1u}',
    String.raw`path.matches(r"\d+") || path == 'a\n\x41\u00e9'`,
    "connection.mtls && request.url_path.startsWith('/a')",
    '{"a": 1}["a"] == -1.5',
    '[1, 2,].exists(x, x > 1u)',
  ])('CEL takes %s', (expression) => expect(faultOfCel(expression)).toBeUndefined());

  test.each([
    'response.code >=',
    'a and b',
    'a & b',
    '(a',
    'a)',
    '"a',
    'a.1',
    '',
    'has(request.headers["x-a"])',
    'has(a)',
    'a.exists(x.y, true)',
    'f(1,)',
    '!-a',
    'for',
    '"\\d"',
    'f(1){a: 1}',
  ])('CEL does not take %s', (expression) => expect(faultOfCel(expression)).toBeDefined());

  test.each([
    ['https://a.example.com:8443/x?y=1', true],
    ['/a', true],
    ['a', false],
    ['#%blah$#@', false],
    ['http://a b', false],
    ['http://a%', false],
    ['http://a/b c', true],
    ['http://a/%zz', false],
    ['http://a?x=%zz', true],
    ['http://user:word@a:80/', true],
    ['http://us er@a/', false],
    ['http://a:8a/', false],
    ['http://[::1]:80/', true],
    ['http://[::1/', false],
    ['http://a\tb', false],
    ['localhost:5000/a', true],
    ['mailto:x', true],
    [':x', false],
    ['*', true],
    ['', false],
  ])('URL %s', (url, is) => expect(isUrl(url)).toBe(is));

  test.each([
    ['/a/*', true],
    ['/a/{*}/b', true],
    ['/{*}/{**}', true],
    ['/{**}/a', true],
    ['/{**}/{*}', false],
    ['/a{*}', false],
    ['/{*}/a*', false],
    ['//a/{*}//', true],
    ['/a//{*}', false],
    ['/a b/{*}', false],
    ['/a b', true],
  ])('path %s', (path, is) => expect(faultOfPathTemplate(path) === undefined).toBe(is));

  test.each([
    ['oci://hub/a:1', true],
    ['hub.example.com/a:1', true],
    ['/opt/a.wasm', true],
    ['a', true],
    ['hub.example.com:5000/a:1', false],
    ['ftp://a', false],
    ['a b', false],
  ])('module at %s', (url, is) => expect(isModuleUrl(url)).toBe(is));

  test.each([
    ['{"keys": []}', undefined],
    ['{"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}, {"kty": "oct", "k": "AQAB"}]}', undefined],
    ['{"kty": "EC", "crv": "P-256", "x": "AQAB", "y": "AQAB"}', undefined],
    ['{}', 'has a key without "kty", but a key says of which kind it is'],
    ['[]', 'is no JSON object, but the keys are written as JSON: {"keys": […]}'],
    ['keys', 'is no JSON object, but the keys are written as JSON: {"keys": […]}'],
    ['{"keys": {}}', 'has something else than a list under "keys"'],
    ['{"keys": [{"kty": "rsa"}]}', 'has a key of the kind "rsa", but there are RSA, EC, OKP, oct'],
    ['{"keys": [{"kty": "RSA", "n": "AQAB"}]}', 'has a key of the kind RSA without "e"'],
  ])('keys %s', (json, fault) => expect(faultOfKeys(json)).toBe(fault));
});
