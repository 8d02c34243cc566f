import { describe, expect, it } from 'vitest';
import { CORE_SCHEMA, loadAll, mergeTag } from 'js-yaml';
import { parseEmbedded, readText } from '../../src/load/yaml.ts';
import { locate } from '../../src/load/positions.ts';
import type { SourceFile } from '../../src/model/index.ts';

const fileOf = (text: string): SourceFile => ({
  path: 'east/mesh.yaml',
  absolute: undefined,
  bytes: text.length,
  text,
});
const read = (text: string) => readText(fileOf(text), text);
const valueOf = (text: string): unknown => read(text).documents[0]?.value;
/** `line:column message` of every problem. */
const problemsOf = (text: string): readonly string[] =>
  read(text).problems.map(({ place, message }) => {
    const { line, column } = locate({ ...place, file: fileOf(text) });
    return `${line}:${column} ${message}`;
  });

describe('plain scalars are what go-yaml v2 makes of them', () => {
  it.each<[string, unknown]>([
    ['yes', true],
    ['Yes', true],
    ['YES', true],
    ['yEs', 'yEs'],
    ['y', true],
    ['Y', true],
    ['on', true],
    ['ON', true],
    ['no', false],
    ['n', false],
    ['N', false],
    ['off', false],
    ['Off', false],
    ['true', true],
    ['TRUE', true],
    ['tRue', 'tRue'],
    ['null', null],
    ['~', null],
    ['', null],
    ['Null', null],
    ['nULL', 'nULL'],
    ['0', 0],
    ['-0', 0],
    ['01', 1],
    ['017', 15],
    ['-017', -15],
    ['08', 8],
    ['0009', 9],
    ['0x1F', 31],
    ['0X1f', 31],
    ['-0x10', -16],
    ['0o17', 15],
    ['0o8', '0o8'],
    ['0b11', 3],
    ['0b2', '0b2'],
    ['1_000', 1000],
    ['_1', '_1'],
    ['1__0', 10],
    ['0x', '0x'],
    ['1e3', 1000],
    ['1E+3', 1000],
    ['.5', 0.5],
    ['5.', 5],
    ['1_0.5', 10.5],
    ['.5_0', 0.5],
    ['1e400', '1e400'],
    ['.e3', '.e3'],
    ['.inf', Infinity],
    ['-.INF', -Infinity],
    ['inf', 'inf'],
    ['nan', 'nan'],
    ['.', '.'],
    ['+', '+'],
    ['-', undefined],
    ['18446744073709551615', 2 ** 64],
    ['18446744073709551616', 2 ** 64],
    ['0xFFFFFFFFFFFFFFFFF', '0xFFFFFFFFFFFFFFFFF'],
    ['1:30', '1:30'],
    ['2001-01-01', '2001-01-01'],
    ['2001-01-01T00:00:00Z', '2001-01-01T00:00:00Z'],
    ['1.2.3', '1.2.3'],
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['"1"', '1'],
    ["'on'", 'on'],
    ['"\\u00e4\\x41"', 'äA'],
    ["'it''s'", "it's"],
    ['!!str 1', '1'],
    ['! 1', '1'],
    ['!!int "1"', 1],
    ['!!bool "yes"', true],
    ['!!float 1', 1],
    ['!!null ""', null],
    ['!!binary aGk=', 'hi'],
    ['!unknown on', 'on'],
    ['!<tag:yaml.org,2002:str> on', 'on'],
    ['!!map {}', {}],
    ['!!set {a}', { a: null }],
    ['<<', '<<'],
    ['=', '='],
  ])('%s', (source, expected) => {
    expect(valueOf(`a: ${source}\n`)).toEqual(expected === undefined ? undefined : { a: expected });
  });

  it('reads a million digits as text or number without delay', () => {
    const digits = '9'.repeat(1_000_000);
    expect(valueOf(`a: ${digits}\n`)).toEqual({ a: digits });
    expect(valueOf(`a: 0x${digits}\n`)).toEqual({ a: `0x${digits}` });
  });
});

describe('keys are what the JSON form of a manifest has', () => {
  it.each([
    ['on', 'true'],
    ['n', 'false'],
    ['"on"', 'on'],
    ['1', '1'],
    ['01', '1'],
    ['017', '15'],
    ['0x1F', '31'],
    ['1_000', '1000'],
    ['-0', '0'],
    ['1.0', '1'],
    ['0.10', '0.1'],
    ['1e3', '1000'],
    ['1e6', '1e+06'],
    ['1234567.5', '1.2345675e+06'],
    ['1e-7', '1e-07'],
    ['0.0001', '0.0001'],
    ['.inf', '.inf'],
    ['-.inf', '-.inf'],
    ['.nan', '.nan'],
    ['123456789012345678', '123456789012345678'],
    ['2001-01-01', '2001-01-01'],
    ['!!str on', 'on'],
    ['!!binary aGk=', 'hi'],
    ['""', ''],
    ['? a\n', 'a'],
    ['? |\n  k\n', 'k\n'],
    ['constructor', 'constructor'],
    ['toString', 'toString'],
    ['hasOwnProperty', 'hasOwnProperty'],
    ['a b', 'a b'],
    ['a:b', 'a:b'],
  ])('%s', (source, expected) => {
    expect(valueOf(`${source}: v\n`)).toEqual({ [expected]: 'v' });
  });

  it('__proto__ is a key like any other', () => {
    const value = valueOf('__proto__:\n  polluted: true\nb: {__proto__: 1}\n') as Record<string, unknown>;
    expect(Object.keys(value)).toEqual(['__proto__', 'b']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect((value as { polluted?: unknown }).polluted).toBeUndefined();
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(valueOf('x: &x {__proto__: {polluted: true}}\ny: {<<: *x}\n')).toEqual(
      valueOf('x: &x {__proto__: {polluted: true}}\ny: {__proto__: {polluted: true}}\n'),
    );
  });
});

describe('anchors, aliases and merge keys', () => {
  it.each<[string, unknown]>([
    ['a: &x 1\nb: *x\n', { a: 1, b: 1 }],
    ['&x a: 1\nb: *x\n', { a: 1, b: 'a' }],
    ['a: &x {p: 1}\nb: {<<: *x, q: 2}\n', { a: { p: 1 }, b: { p: 1, q: 2 } }],
    ['a: &x {p: 1}\nb: {p: 2, <<: *x}\n', { a: { p: 1 }, b: { p: 2 } }],
    ['a: &x {p: 1}\nb: {<<: *x, p: 2}\n', { a: { p: 1 }, b: { p: 2 } }],
    ['a: &x {p: 1}\nb: &y {p: 2, q: 2}\nc: {<<: [*x, *y]}\n', { a: { p: 1 }, b: { p: 2, q: 2 }, c: { p: 1, q: 2 } }],
    ['c: {<<: {p: 1}, <<: {p: 2}}\n', { c: { p: 2 } }],
    ['c: {<<: [{p: 1}, {<<: {z: 1}, p: 2}]}\n', { c: { p: 1, z: 1 } }],
    ['c: {<<: []}\n', { c: {} }],
    ['c: {"<<": {p: 1}}\n', { c: { '<<': { p: 1 } } }],
    ['a: &x 1\nb: &x 2\nc: *x\n', { a: 1, b: 2, c: 2 }],
  ])('%j', (text, expected) => {
    expect(read(text).problems).toEqual([]);
    expect(valueOf(text)).toEqual(expected);
  });

  it('an explicit key after a merge is no duplicate, a second one is', () => {
    expect(problemsOf('a: &x {p: 1}\nb:\n  <<: *x\n  p: 2\n')).toEqual([]);
    expect(problemsOf('a: &x {p: 1}\nb:\n  <<: *x\n  p: 2\n  p: 3\n')).toEqual([
      '5:3 repeats the key `p` of line 4; Kubernetes takes the last one',
    ]);
  });

  it('ends a billion laughs', () => {
    const levels = Array.from(
      { length: 12 },
      (_, level) =>
        `l${level}: &l${level} [${Array.from({ length: 10 }, () => (level === 0 ? 'ha' : `*l${level - 1}`)).join(', ')}]`,
    );
    const { documents, problems, unread } = read(`${levels.join('\n')}\n`);
    expect(documents).toEqual([]);
    expect(problems.map(({ message }) => message)).toEqual([
      'cannot be read: its aliases (*name) repeat each other until the document grows out of bounds',
    ]);
    expect(unread.map(({ why }) => why)).toEqual(['broken']);
  });

  it('ends a bomb of merge keys', () => {
    const first = `m0: &m0 {${Array.from({ length: 100 }, (_, index) => `k${index}: 1`).join(', ')}}`;
    const more = Array.from(
      { length: 40 },
      (_, level) => `m${level + 1}: &m${level + 1} {<<: [${Array.from({ length: 9 }, () => `*m${level}`).join(', ')}]}`,
    );
    expect(read([first, ...more].join('\n')).problems).toHaveLength(1);
  });
});

describe('documents of a stream', () => {
  it.each<[string, string, number, [number, unknown][]]>([
    [
      'two',
      'a: 1\n---\nb: 2\n',
      2,
      [
        [0, { a: 1 }],
        [1, { b: 2 }],
      ],
    ],
    ['comment in front', '# licence\n---\na: 1\n', 1, [[0, { a: 1 }]]],
    ['empty ones keep their number', '---\n---\n# only words\n---\na: 1\n---\n', 4, [[2, { a: 1 }]]],
    [
      'marker with comment or value',
      '--- # one\na: 1\n--- {b: 2}\n--- |\n  text\n',
      3,
      [
        [0, { a: 1 }],
        [1, { b: 2 }],
        [2, 'text\n'],
      ],
    ],
    [
      'end marker',
      'a: 1\n...\n# note\n---\nb: 2\n...\n',
      2,
      [
        [0, { a: 1 }],
        [1, { b: 2 }],
      ],
    ],
    [
      'bare document after an end marker',
      'a: 1\n...\nb: 2\n',
      2,
      [
        [0, { a: 1 }],
        [1, { b: 2 }],
      ],
    ],
    [
      'directives',
      '%YAML 1.1\n---\na: 1\n...\n%YAML 1.2\n---\nb: 2\n',
      2,
      [
        [0, { a: 1 }],
        [1, { b: 2 }],
      ],
    ],
    [
      'marker inside a block scalar',
      'a: |\n  ---\n  b: 1\n---\nc: 1\n',
      2,
      [
        [0, { a: '---\nb: 1\n' }],
        [1, { c: 1 }],
      ],
    ],
    ['end markers alone', '...\na: 1\n...\n...\n', 1, [[0, { a: 1 }]]],
    ['no marker', '----\n', 1, [[0, '----']]],
    [
      'Windows line breaks',
      'a: 1\r\n---\r\nb: |\r\n  x\r\n  y\r\n',
      2,
      [
        [0, { a: 1 }],
        [1, { b: 'x\ny\n' }],
      ],
    ],
    [
      'old Mac line breaks',
      'a: 1\r---\rb: 2',
      2,
      [
        [0, { a: 1 }],
        [1, { b: 2 }],
      ],
    ],
    ['byte order mark', '\uFEFFa: 1\n', 1, [[0, { a: 1 }]]],
    [
      'no final newline',
      'a: 1\n---\nb: x',
      2,
      [
        [0, { a: 1 }],
        [1, { b: 'x' }],
      ],
    ],
    ['nothing', '', 0, []],
    ['only comments', '# one\n\n  # two\n', 0, []],
    [
      'scalar and list',
      'text\n---\n- 1\n- [2]\n',
      2,
      [
        [0, 'text'],
        [1, [1, [2]]],
      ],
    ],
  ])('%s', (_, text, count, documents) => {
    const found = read(text);
    expect(found.problems).toEqual([]);
    expect(found.count).toBe(count);
    expect(found.documents.map(({ index, value }) => [index, value])).toEqual(documents);
  });

  it('a broken document leaves the others alone', () => {
    const { documents, problems, unread, count } = read('kind: Service\na: 1\n---\nkind: Gateway\n\ta: 1\n---\nb: 2\n');
    expect(count).toBe(3);
    expect(documents).toEqual([
      { index: 0, value: { kind: 'Service', a: 1 } },
      { index: 2, value: { b: 2 } },
    ]);
    expect(problems.map(({ place, message }) => [place.document, message])).toEqual([
      [1, 'is not YAML: tab used for indentation'],
    ]);
    expect(unread.map(({ why, kinds, place, shared }) => [why, kinds, place.document, shared])).toEqual([
      ['broken', ['Gateway'], 1, false],
    ]);
  });
});

describe('what Kubernetes takes and stricter readers refuse', () => {
  it.each<[string, string, unknown]>([
    ['bracket below its key', 'args: [\n  a, # first\n  "b"\n]\nb: 1\n', { args: ['a', 'b'], b: 1 }],
    ['nested closing brackets', 'x:\n  a: {\n    b: [\n      1\n    ]\n  }\n  c: 2\n', { x: { a: { b: [1] }, c: 2 } }],
    ['entries in column 0', 'a: [\n1,\n2, "x y",\n# note\n3\n]\n', { a: [1, 2, 'x y', 3] }],
    [
      'a thousand lines in column 0',
      `a: [\n${'1,\n'.repeat(1_000)}]\nb: {\n${Array.from({ length: 300 }, (_, index) => `"k${index}": 1,\n`).join('')}}\nc: 1\n`,
      {
        a: Array.from({ length: 1_000 }, () => 1),
        b: Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`k${index}`, 1])),
        c: 1,
      },
    ],
    ['tabs in JSON', '{\n\t"a": {\n\t\t"b": "c\\td"\n\t}\n}\n', { a: { b: 'c\td' } }],
    ['tabs in JSON inside YAML', 'a: {\n\t"b": [\n\t\t1\n\t]\n}\nc: 1\n', { a: { b: [1] }, c: 1 }],
    ['quoted text in column 0', 'a: "one\ntwo\n\nthree"\nb: \'x\n  y\'\n', { a: 'one two\nthree', b: 'x y' }],
    ['a bracket in block text stays', 'a: |\n  {\n  }\nb: [\n]\n', { a: '{\n}\n', b: [] }],
    ['tab after a value', 'kind: ConfigMap\t\nb: 1\t# c\n', { kind: 'ConfigMap', b: 1 }],
    ['tab in a comment and an empty line', 'a:\n  b: 1\n\t\n\t# c\n  c: 2\n', { a: { b: 1, c: 2 } }],
    ['flow keys without space', '{"a":1,"b":[true,null]}', { a: 1, b: [true, null] }],
    ['trailing comma', 'a: [1, 2,]\n', { a: [1, 2] }],
    ['emoji', 'a: 😀\n"🙂": b\n', { a: '😀', '🙂': 'b' }],
  ])('%s', (_, text, expected) => {
    expect(problemsOf(text)).toEqual([]);
    expect(valueOf(text)).toEqual(expected);
  });
});

describe('duplicate keys', () => {
  it.each<[string, unknown, string[]]>([
    ['a: 1\nb: 2\na: 3\n', { a: 3, b: 2 }, ['3:1 repeats the key `a` of line 1; Kubernetes takes the last one']],
    [
      'x: 1\n---\nm:\n  "a": 1\n  a: 2\n  a: 3\n',
      { x: 1 },
      [
        '5:3 repeats the key `a` of line 4; Kubernetes takes the last one',
        '6:3 repeats the key `a` of line 4; Kubernetes takes the last one',
      ],
    ],
    [
      'm: {on: 1, true: 2}\n',
      { m: { true: 2 } },
      ['1:12 repeats the key `true` of line 1; Kubernetes takes the last one'],
    ],
    [
      'm: &a {b: 1}\nq: {c: *a, c: 2}\n',
      { m: { b: 1 }, q: { c: 2 } },
      ['2:12 repeats the key `c` of line 2; Kubernetes takes the last one'],
    ],
  ])('%j', (text, value, problems) => {
    expect(valueOf(text)).toEqual(value);
    expect(problemsOf(text)).toEqual(problems);
    expect(read(text).problems.every(({ rule }) => rule === 'schema/duplicate-key')).toBe(true);
  });

  it('stays fast when a key repeats ten thousand times', () => {
    expect(read('a: 1\n'.repeat(10_000)).problems).toHaveLength(9_999);
  });
});

describe('broken documents say the likely cause and where it stands', () => {
  it.each([
    ['a:\n\tb: 1\n', '2:1 is not YAML: tab used for indentation'],
    ['a:\n  b: 1\n \tc: 2\n', '3:2 is not YAML: tab used for indentation'],
    ['kind:Service\nmetadata:\n  name: a\n', '1:1 is not YAML: a space is missing after `kind:`'],
    ['a: 1\nspec:\n  host:cart\n  ports: []\n', '3:3 is not YAML: a space is missing after `host:`'],
    ['hosts:\n- *.local\n', '2:3 is not YAML: `*.local` begins with *, which is an alias in YAML; put it in quotes'],
    ['hosts: [*]\n', '1:9 is not YAML: `*` begins with *, which is an alias in YAML; put it in quotes'],
    ['a: *base\n', '1:4 is not YAML: the alias *base has no anchor &base above it'],
    ['a: &x [*x]\n', '1:8 is not YAML: an alias stands inside the value it names'],
    ['a: 1\nb: "x\nc: 2\n', '2:4 is not YAML: the quote " is opened here and not closed'],
    [`a: "x\n${'b: 1\n'.repeat(3_000)}`, '1:4 is not YAML: the quote " is opened here and not closed'],
    ["a: 'x\n", "1:4 is not YAML: the quote ' is opened here and not closed"],
    ['a: "x\nb: "y"\n', '1:4 is not YAML: the quote " is opened here and not closed'],
    ['a: [1, 2\nb: 3\n', '1:4 is not YAML: the bracket [ is opened here and not closed'],
    ['a: {b: c\n', '1:4 is not YAML: the bracket { is opened here and not closed'],
    ['a: [1 2, "b" "c"]\n', '1:14 is not YAML: a comma is missing between two entries of [ ] or { }'],
    ['a: b: c\n', '1:5 is not YAML: a second `: ` in one line; put the value in quotes'],
    ['a: "b" c\n', '1:8 is not YAML: text follows the closing quote; quote the whole value'],
    ['a: @x\n', '1:4 is not YAML: a value cannot begin with @; put it in quotes'],
    ['a: %x\n', '1:4 is not YAML: a value cannot begin with %; put it in quotes'],
    ['a: - b\n', '1:4 is not YAML: a list item cannot begin on the line of its key'],
    ['a: 1\nb\nc: 2\n', '2:1 is not YAML: this line is neither `key: value` nor `- item`'],
    ['a: 1\nb\n', '2:1 is not YAML: this line is neither `key: value` nor `- item`'],
    ['a: 1\n  b: 2\n', '2:3 is not YAML: this line is indented below a key that has a value already'],
    ['a:\n   b: 1\n  c: 2\n', '3:3 is not YAML: the indentation of this line (2 spaces) fits no line above it'],
    ['a:\n  - b\n c: d\n', '3:2 is not YAML: the indentation of this line (1 space) fits no line above it'],
    [' a: 1\nb: 2\n', '2:1 is not YAML: the indentation of this line (0 spaces) fits no line above it'],
    ['- a\nb: c\n', '2:1 is not YAML: a key stands where the list above would go on'],
    ['a: x\n- b\n', '2:1 is not YAML: a list item stands where the keys above would go on'],
    ['{"a":1}\n{"b":2}\n', '2:1 is not YAML: text follows the end of the document; a new one begins with `---`'],
    ['<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> other\n', '1:1 is not YAML: an unresolved merge conflict'],
    ['a: "\\d"\n', '1:5 is not YAML: `\\d` is no escape that "…" knows; write \\\\ or use \'…\''],
    ['a: \u0007\n', '1:4 is not YAML: it holds the control character U+0007'],
    ['a: 1\nb: x\0y\n', '2:5 is not YAML: it holds the control character U+0000'],
    ['[a, b]: c\n', '1:1 is not YAML: a list or map stands where a key belongs; a value with { or [ needs quotes'],
    ['null: a\n', '1:1 is not YAML: an empty key; Kubernetes takes text as keys'],
    ['a: {<<: 1}\n', '1:5 is not YAML: `<<` needs a map or a list of maps'],
    ['a: !!int x\n', '1:4 is not YAML: the value does not fit its tag !!int'],
    ['a: !!binary "%"\n', '1:4 is not YAML: the value does not fit its tag !!binary'],
    ['x: 1\n---\na:\n\tb: 1\n', '4:1 is not YAML: tab used for indentation'],
  ])('%#', (text, expected) => {
    const found = problemsOf(text);
    expect(found).toEqual([expected]);
    expect(read(text).unread.map(({ why }) => why)).toContain('broken');
  });

  it.each<[string, string]>([
    ['lists', '['.repeat(10_000)],
    ['block lists', '- '.repeat(10_000)],
    ['maps', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
    ['block maps', Array.from({ length: 1_000 }, (_, level) => `${' '.repeat(level)}a:\n`).join('')],
  ])('ten thousand levels of %s', (_, text) => {
    expect(read(text).problems.map(({ message }) => message)).toEqual([
      'cannot be read: it is nested more than 200 levels deep',
    ]);
  });

  it('a hundred levels are read', () => {
    expect(problemsOf(`a: ${'['.repeat(100)}${']'.repeat(100)}\n`)).toEqual([]);
  });

  it('never repeats what may be a secret', () => {
    const text = 'password: hunter2 hunter3: x\ntoken:abcdef\nkey: "s3cret\n';
    expect(problemsOf(text).join()).not.toMatch(/hunter|abcdef|s3cret/);
  });
});

describe('templates are no problems', () => {
  it.each([
    ['value', 'kind: Service\nname: {{ .Values.name }}\n'],
    ['line', 'kind: Service\n{{- if .Values.x }}\na: 1\n{{- end }}\n'],
    ['key', 'kind: Service\nlabels:\n  {{ .key }}: {{ .value }}\n'],
    ['quotes inside quotes', 'kind: Service\nname: "{{ default "x" .Values.name }}"\n'],
    ['square', 'kind: Service\n[[ if x ]]\na: 1\n[[ end ]]\n'],
    ['percent', 'kind: Service\n<% if x %>\na: 1\n<% end %>\n'],
    ['dollar', 'kind: Service\n${EXTRA_LABELS}\na: 1\n'],
  ])('%s', (_, text) => {
    const { documents, problems, unread } = read(text);
    expect(documents).toEqual([]);
    expect(problems).toEqual([]);
    expect(unread.map(({ why, kinds }) => [why, kinds])).toEqual([['template', ['Service']]]);
  });

  it.each([
    ['in a quoted value', 'note: "{{ $labels.pod }} is down"\na:\n\tb: 1\n'],
    ['in block text', 'note: |\n  {{ if x }}\n  {{ end }}\na:\n\tb: 1\n'],
    ['in a comment', '# {{ if x }}\na:\n\tb: 1\n'],
    ['a variable in a value', 'note: ${NAME}\na:\n\tb: 1\n'],
    ['a list of lists', 'note: [[a], [b]]\na:\n\tb: 1\n'],
  ])('but a document that is broken elsewhere is one: %s', (_, text) => {
    expect(read(text).problems.map(({ message }) => message)).toEqual(['is not YAML: tab used for indentation']);
    expect(read(text).unread.map(({ why }) => why)).toEqual(['broken']);
  });

  it.each(['a: x-{{ .name }}\n', 'a: ${NAME}\n', 'a: "{{ .name }}"\n', 'a: $(NAME)\n', 'a: <name>\n'])(
    'a template that is YAML is read: %j',
    (text) => {
      expect(read(text).unread).toEqual([]);
      expect(read(text).documents).toHaveLength(1);
    },
  );

  it('kinds come from column 0', () => {
    expect(
      read('kind: "Service" # x\nspec:\n  kind: Inner\n{{ x }}\nkind: {{ .kind }}\nkind: Gateway\n').unread[0]?.kinds,
    ).toEqual(['Service', 'Gateway']);
  });
});

describe('embedded YAML and JSON', () => {
  it.each<[string, unknown]>([
    ['trustDomain: td1\non: 1\n', { trustDomain: 'td1', true: 1 }],
    ['{"a": {"b": [1, null]}}', { a: { b: [1, null] } }],
    ['\n\t{\n\t"__proto__": 1}', JSON.parse('{"__proto__": 1}')],
    ['', null],
    ['# nothing\n', null],
    ['---\n---\na: 1\n---\nb: 2\n', { a: 1 }],
    ['plain words', 'plain words'],
  ])('%j', (text, value) => {
    expect(parseEmbedded(text)).toEqual({ value });
  });

  it.each<[string, string]>([
    ['tab', 'a:\n\tb: 1\n'],
    ['half', '{"a": '],
    ['template', '{{ .x }}: 1'],
    ['open brackets', '['.repeat(100_000)],
    ['deep JSON', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
  ])('says why not: %s', (_, text) => {
    expect(parseEmbedded(text)).toHaveProperty('error');
  });
});

it('encrypted values are read as they stand', () => {
  const text =
    'data:\n  a: ENC[AES256_GCM,data:xx,type:str]\nsops:\n  mac: ENC[AES256_GCM,data:yy]\n  version: 3.8.1\n';
  expect(read(text).problems).toEqual([]);
  expect(valueOf(text)).toMatchObject({ sops: { version: '3.8.1' } });
});

it('agrees with js-yaml where YAML 1.1 has no say', () => {
  const text = `apiVersion: v1\nkind: Service\nmetadata: &meta\n  name: cart\n  labels: {app: cart, "x": 'y'}\nspec:\n  <<: *meta\n  ports:\n  - port: 80\n    name: http\n  -   - a\n      - b\n  text: >-\n    one\n    two\n\n    three\n  kept: |+\n    x\n\n---\n- 1.5\n- -3\n- "a\\nb"\n- plain\n  on two lines\n`;
  expect(read(text).documents.map(({ value }) => value)).toEqual(
    loadAll(text, { schema: CORE_SCHEMA.withTags(mergeTag) }),
  );
});
