import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLocator, locate, rawText, sourceLine } from '../../src/load/positions.ts';
import type { Path, Place, Range, SourceFile } from '../../src/model/index.ts';

const fileOf = (text: string): SourceFile => ({
  path: 'east/mesh.yaml',
  absolute: undefined,
  bytes: text.length,
  text,
});
const placeIn = (text: string, path: Path, inner?: Path, document = 0): Place => ({
  file: fileOf(text),
  document,
  path,
  ...(inner && { inner }),
});
const shown = ({ line, column, endLine, endColumn }: Range): string =>
  `${line}:${column}-${endLine === line ? '' : `${endLine}:`}${endColumn}`;
const located = (text: string, path: Path, inner?: Path, document?: number): string =>
  shown(locate(placeIn(text, path, inner, document)));

const secret = `apiVersion: v1
kind: Secret
metadata:
  name: cacerts
data:
  ca-cert.pem: eHg=
  root-cert.pem: eXk=
`;

describe('keys and items', () => {
  it.each<[string, string, Path, string]>([
    ['key', secret, ['data', 'root-cert.pem'], '7:3-16'],
    ['root', secret, [], '1:1-11'],
    ['map', secret, ['metadata'], '3:1-9'],
    ['missing key: its parent', secret, ['metadata', 'namespace'], '3:1-9'],
    ['missing below missing', secret, ['spec', 'a', 0, 'b'], '1:1-11'],
    ['below a scalar', secret, ['kind', 'x'], '2:1-5'],
    ['list item', 'a:\n- x\n- yy # c\n', ['a', 1], '3:3-5'],
    ['item that is a map', 'a:\n  - name: x\n    port: 1\n', ['a', 0], '2:5-9'],
    ['key in an item', 'a:\n  - name: x\n    port: 1\n', ['a', 0, 'port'], '3:5-9'],
    ['index past the end', 'a:\n  - x\n', ['a', 3], '1:1-2'],
    ['item of items', '- - a\n  - b\n', [0, 1], '2:5-6'],
    ['flow', '{"a": {"b": [1, "two"]}}', ['a', 'b'], '1:8-11'],
    ['flow item', '{"a": {"b": [1, "two"]}}', ['a', 'b', 1], '1:17-22'],
    ['empty map item', 'a: [{}, []]\n', ['a', 0], '1:5-6'],
    ['quoted key', '"a b": 1\n\'c\': 2\n', ['c'], '2:1-4'],
    ['explicit key', '? a\n: b\n', ['a'], '1:3-4'],
    ['key that JSON renames', 'on: 1\n017: 2\n', ['15'], '2:1-4'],
    ['boolean key', 'x: 1\non: 1\n', ['true'], '2:1-3'],
    ['empty value', 'a:\nb:\n  c:\n', ['b', 'c'], '3:3-4'],
    ['duplicate: the one that counts', 'a: 1\na: 2\n', ['a'], '2:1-2'],
    ['__proto__', 'a: 1\n__proto__: {b: 1}\n', ['__proto__', 'b'], '2:13-14'],
    ['constructor is not inherited', 'a: 1\n', ['constructor'], '1:1-2'],
    ['scalar document', '\n  text here\n', [], '2:3-12'],
    ['comment in front', '# note\n\n---\n# x\na: 1\n', [], '5:1-2'],
    ['value on the marker line', '--- {a: 1}\n', ['a'], '1:6-7'],
    ['byte order mark', '\uFEFFa: 1\nb: 2\n', ['a'], '1:1-2'],
    ['Windows line breaks', 'a: 1\r\nb:\r\n  c: 1\r\n', ['b', 'c'], '3:3-4'],
    ['old Mac line breaks', 'a: 1\rb:\r  c: 1\r', ['b', 'c'], '3:3-4'],
    ['UTF-16 columns', '{"😀": 1, b: 2}', ['b'], '1:11-12'],
    ['bracket below its key', 'a: [\n  x,\n  y\n]\nb: 1\n', ['b'], '5:1-2'],
    ['item above such a bracket', 'a: [\n  x, # c\n  y\n]\nb: 1\n', ['a', 1], '3:3-4'],
  ])('%s', (_, text, path, expected) => {
    expect(located(text, path)).toBe(expected);
  });

  it.each<[string, string, number, string]>([
    ['second document', 'a: 1\n---\n# c\nb: 1\n', 1, '4:1-2'],
    ['after an empty one', '---\n---\nb: 1\n', 1, '3:1-2'],
    ['no such document', 'a: 1\n', 7, '1:1-2'],
    ['broken document', 'a: 1\n---\n# c\nb: [\nc: 1\n', 1, '4:1-5'],
    ['template', '{{ if x }}\na: 1\n', 0, '1:1-11'],
    ['empty file', '', 0, '1:1-2'],
    ['certificate', '-----BEGIN CERTIFICATE-----\nxx\n', 0, '1:1-28'],
  ])('%s', (_, text, document, expected) => {
    expect(located(text, [], undefined, document)).toBe(expected);
  });
});

describe('aliases and merge keys lead to where it is written', () => {
  const text =
    'base: &base\n  a: 1\n  b: {c: 2}\nother: &other\n  a: 3\nx: *base\np:\n  <<: *base\n  a: 4\nz:\n  <<: [*other, *base]\nlast:\n  <<: *base\n  <<: *other\n';
  it.each<[Path, string]>([
    [['x'], '6:1-2'],
    [['x', 'a'], '2:3-4'],
    [['x', 'b', 'c'], '3:7-8'],
    [['p', 'a'], '9:3-4'],
    [['p', 'b'], '3:3-4'],
    [['z', 'a'], '5:3-4'],
    [['z', 'b'], '3:3-4'],
    [['last', 'a'], '5:3-4'],
    [['p', 'none'], '7:1-2'],
  ])('%j', (path, expected) => {
    expect(located(text, path)).toBe(expected);
  });

  it('a list item that is an alias', () => {
    expect(located('a: &x\n  k: 1\nb:\n- *x\n', ['b', 0])).toBe('2:3-4');
  });

  it('alias as key', () => {
    expect(located('a: &x name\n*x : 1\n', ['name'])).toBe('2:1-3');
  });
});

describe('inside embedded YAML', () => {
  const mesh = `data:
  mesh: |-
    # defaults
    trustDomain: td1

    defaultConfig:
      proxyMetadata:
        ISTIO_META_DNS_CAPTURE: "true"
    rootNamespace: istio-system
  folded: >
    a: 1

    b:
      - 2
  json: '{"global": {"network": "n1"}}'
  values: |
    {
      "global": {
        "network": "n1"
      }
    }
  indented: |2
      a: 1
      b: 2
  broken: |
    a: [
  streams: |
    ---
    # nothing
    ---
    a: 1
  empty: |
`;
  it.each<[string, Path, Path, string]>([
    ['key', ['data', 'mesh'], ['trustDomain'], '4:5-16'],
    ['root', ['data', 'mesh'], [], '4:5-16'],
    ['deep key', ['data', 'mesh'], ['defaultConfig', 'proxyMetadata', 'ISTIO_META_DNS_CAPTURE'], '8:9-31'],
    ['after deep key', ['data', 'mesh'], ['rootNamespace'], '9:5-18'],
    ['missing key', ['data', 'mesh'], ['defaultConfig', 'none'], '6:5-18'],
    ['folded', ['data', 'folded'], ['b'], '13:5-6'],
    ['folded item', ['data', 'folded'], ['b', 0], '14:9-10'],
    ['JSON in one line', ['data', 'json'], ['global', 'network'], '15:3-7'],
    ['JSON in lines', ['data', 'values'], ['global', 'network'], '19:9-18'],
    ['indentation indicator', ['data', 'indented'], ['b'], '24:7-8'],
    ['broken inside', ['data', 'broken'], ['a'], '25:3-9'],
    ['first document that is not empty', ['data', 'streams'], ['a'], '31:5-6'],
    ['nothing inside', ['data', 'empty'], ['a'], '32:3-8'],
    ['no such scalar', ['data', 'none'], ['a'], '1:1-5'],
    ['no scalar', ['data'], ['a'], '1:1-5'],
  ])('%s', (_, path, inner, expected) => {
    expect(located(mesh, path, inner)).toBe(expected);
  });

  it('with Windows line breaks', () => {
    expect(located(mesh.replaceAll('\n', '\r\n'), ['data', 'mesh'], ['rootNamespace'])).toBe('9:5-18');
  });

  it('in a block text below a repaired bracket', () => {
    expect(located(`x: [\n]\n${mesh}`, ['data', 'mesh'], ['trustDomain'])).toBe('6:5-16');
  });
});

describe('offsets win', () => {
  it.each<[readonly [number, number], string]>([
    [[6, 7], '2:2-3'],
    [[0, 100], '1:1-5'],
    [[4, 5], '1:5-6'],
    [[99, 100], '3:1-2'],
  ])('%j', (offsets, expected) => {
    expect(shown(locate({ file: fileOf('a: 1\nb: 2\n'), document: 9, path: ['none'], offsets }))).toBe(expected);
  });
});

describe('the value as written', () => {
  it.each<[string, Path, string | undefined]>([
    ['a: on # x\n', ['a'], 'on'],
    ['a: "1"\n', ['a'], '"1"'],
    ["a: 'x'\n", ['a'], "'x'"],
    ['a: 0x1\n', ['a'], '0x1'],
    ['a: !!str 017\n', ['a'], '017'],
    ['a: [1e3]\n', ['a', 0], '1e3'],
    ['a:\n', ['a'], undefined],
    ['a: {b: 1}\n', ['a'], undefined],
    ['a: 1\n', ['b'], undefined],
    ['a: [\n', ['a'], undefined],
  ])('%j %j', (text, path, expected) => {
    expect(rawText(placeIn(text, path))).toBe(expected);
  });

  it('inside embedded YAML', () => {
    expect(rawText(placeIn('a: |\n  b: on\n  c: 1\n', ['a'], ['b']))).toBe('on');
    expect(rawText(placeIn('a: |\n  b: on\n', ['a'], ['x']))).toBeUndefined();
    expect(rawText(placeIn('a: x\n', ['a'], ['x']))).toBeUndefined();
  });
});

describe('source lines', () => {
  it.each<[string, number, string | undefined]>([
    ['a: 1\r\nb: 2\r\n', 2, 'b: 2'],
    ['a: 1\nb: 2', 2, 'b: 2'],
    ['a: 1\n', 2, ''],
    ['a: 1\n', 3, undefined],
    ['a: 1\n', 0, undefined],
    ['\uFEFFa: 1\n', 1, 'a: 1'],
    ['a\0b\n', 1, undefined],
  ])('%j %i', (text, line, expected) => {
    expect(sourceLine(fileOf(text), line)).toBe(expected);
  });
});

describe('files', () => {
  it('are read from disk, and a file that is gone has a place as well', () => {
    const directory = mkdtempSync(join(tmpdir(), 'mesh-lint-positions-'));
    const absolute = join(directory, 'a.yaml');
    writeFileSync(absolute, secret);
    const file: SourceFile = { path: 'a.yaml', absolute, bytes: secret.length };
    expect(shown(createLocator().locate({ file, document: 0, path: ['data', 'root-cert.pem'] }))).toBe('7:3-16');
    rmSync(directory, { recursive: true });
    expect(shown(createLocator().locate({ file, document: 0, path: ['data', 'root-cert.pem'] }))).toBe('1:1-2');
    expect(createLocator().sourceLine(file, 1)).toBeUndefined();
  });

  it('more files than are kept give the same answers', () => {
    const locator = createLocator();
    const files = Array.from({ length: 200 }, (_, index) => fileOf(`${'\n'.repeat(index)}a: 1\n`));
    const lines = [...files, ...files].map((file) => locator.locate({ file, document: 0, path: ['a'] }).line);
    expect(lines).toEqual([...files, ...files].map((_, index) => (index % 200) + 1));
  });

  it('a thousand places of one large file', () => {
    const text = Array.from({ length: 2_000 }, (_, index) => `kind: Service\nmetadata:\n  name: s${index}\n`).join(
      '---\n',
    );
    const file = fileOf(text);
    const locator = createLocator();
    for (let document = 0; document < 2_000; document++) {
      expect(locator.locate({ file, document, path: ['metadata', 'name'] }).line).toBe(document * 4 + 3);
    }
  });
});
