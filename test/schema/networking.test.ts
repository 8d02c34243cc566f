import { readFileSync, readdirSync } from 'node:fs';
import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { speaksFor } from '../../src/facts/minors.ts';
import { semanticViolations } from '../../src/schema/semantic/index.ts';
import { pathInWords } from '../../src/schema/violation.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Cases about one part of a kind. */
interface Group {
  readonly kind: string;
  /** An object that is fine. */
  readonly spec: Fields;
  /** The way to the map that the fields of a case are written into. */
  readonly part: string;
  readonly cases: readonly {
    readonly what: string;
    readonly taken: Fields;
    readonly refused: Fields;
    /** The key that is told. */
    readonly at: string;
  }[];
}

const directory = new URL('networking/', import.meta.url);
const groups = readdirSync(directory).flatMap(
  (file) => load(readFileSync(new URL(file, directory), 'utf8')) as readonly Group[],
);

const violationsOf = ({ kind, spec, part }: Pick<Group, 'kind' | 'spec' | 'part'>, fields: Fields) => {
  const object = structuredClone({ spec });
  const holder = part
    .split(/[.[\]]+/)
    .filter((step) => step !== '')
    .reduce<Record<string, unknown>>((here, step) => here[step] as Record<string, unknown>, object);
  Object.assign(holder, fields);
  return semanticViolations(`networking.istio.io/${kind}`, { name: 'cart', namespace: 'shop', value: object });
};

const refusedIn130 = (group: Group, fields: Fields) =>
  violationsOf(group, fields)
    .filter(({ istio = 'all' }) => speaksFor({ low: 30, high: 30 }, istio, 'error') !== undefined)
    .map(({ path, problem }) => ({ at: pathInWords(path), problem }));

describe.each(groups)('what istiod refuses in $kind, $part', (group) => {
  test.each(group.cases)('$what', ({ taken, refused, at }) => {
    expect(refusedIn130(group, taken)).toEqual([]);
    expect(refusedIn130(group, refused).map((found) => found.at)).toContain(at);
  });
});

const route = [{ destination: { host: 'cart' } }];
const match = { kind: 'VirtualService', spec: { hosts: ['cart'], http: [{ match: [{}], route }] } };
const inMatch = { ...match, part: 'spec.http[0].match[0]' };
const answer = { kind: 'VirtualService', spec: { hosts: ['cart'], http: [{}] }, part: 'spec.http[0]' };
const body = (fields: Fields) => ({ directResponse: { status: 200, body: fields } });

describe('what istiod refuses for its length', () => {
  test.each([
    ['an expression', inMatch, { uri: { regex: 'a'.repeat(1024) } }, { uri: { regex: 'a'.repeat(1025) } }],
    ['text', answer, body({ string: 'é'.repeat(524_288) }), body({ string: 'é'.repeat(524_289) })],
    ['bytes', answer, body({ bytes: 'QUFB'.repeat(349_525) }), body({ bytes: 'QUFB'.repeat(349_526) })],
  ])('%s', (_, group, taken, refused) => {
    expect(violationsOf(group, taken)).toEqual([]);
    expect(violationsOf(group, refused)).toHaveLength(1);
  });
});

const policy = { kind: 'DestinationRule', spec: { host: 'cart', trafficPolicy: {} }, part: 'spec.trafficPolicy' };
const entry = { kind: 'ServiceEntry', spec: { hosts: ['bank.example.com'] }, part: 'spec' };
const shares = { route: [1, 2].map((weight) => ({ destination: { host: 'cart' }, weight })) };

describe('what istiod refuses in some releases', () => {
  test.each([
    ['0s turns an idle timeout off', policy, { connectionPool: { tcp: { idleTimeout: '0s' } } }, '<=1.23'],
    ['expressions are those of RE2', inMatch, { uri: { regex: '(?=a)' } }, '1.4+'],
    ['expressions are short', inMatch, { uri: { regex: 'a'.repeat(1025) } }, '1.9+'],
    ['names of headers are strict', inMatch, { headers: { 'a b': { exact: 'c' } } }, '1.18+'],
    ['prefixes of headers have letters', inMatch, { headers: { a: { prefix: '' } } }, '1.18+'],
    ['static entries have endpoints', entry, { resolution: 'STATIC' }, '<=1.5'],
    ['weights add up', answer, shares, '<=1.12'],
  ])('%s', (_, group, fields, istio) =>
    expect(violationsOf(group, fields).map((found) => found.istio)).toEqual([istio]),
  );
});
