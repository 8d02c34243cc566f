// What a person probably meant.
import { isRecord } from '../../model/index.ts';
import { homesOf } from '../../schema/structural.ts';
import type { Problem } from '../../schema/walk.ts';
import { camelCase } from '../../schema/walk.ts';
import { nearest } from '../nearest.ts';
import type { Found } from './problems.ts';

/** `, did you mean hosts?`, `: it belongs into spec.http[]`, or nothing. */
export const fieldHint = ({ key, problem, minors, home: told }: Found): string => {
  const { name, path } = problem;
  const twin = twinOf(problem);
  const home =
    twin === undefined
      ? (told ?? (key === undefined ? undefined : homesOf(key, name, path, minors.high)[0]))
      : undefined;
  const meant = twin ?? keyMeant(problem, home !== undefined);
  if (meant !== undefined) return `, did you mean ${meant}?`;
  return home === undefined ? '' : `: it belongs into ${parentOf(home)}`;
};

/** The field that was meant by a key beside it. A word of the API has a home of its own: it was meant as it is written. */
export const keyMeant = ({ name, wanted }: Pick<Problem, 'name' | 'wanted'>, hasHome: boolean): string | undefined => {
  const camel = camelCase(name);
  if (wanted.includes(camel)) return camel;
  const near = nearest(name, wanted);
  const slip = near === undefined ? Number.POSITIVE_INFINITY : Math.abs(near.length - name.length);
  return slip <= (hasHome ? 1 : 2) ? near : undefined;
};

/** The word of the Gateway API for a key of a VirtualService. */
const twinOf = ({ name, wanted }: Problem): string | undefined => {
  const twin = Object.hasOwn(SYNONYMS, name) ? SYNONYMS[name] : undefined;
  return twin !== undefined && wanted.includes(twin) && !wanted.includes(camelCase(name)) ? twin : undefined;
};

/** Words of a VirtualService for what routes of the Gateway API call otherwise. */
const SYNONYMS: Readonly<Record<string, string | undefined>> = {
  hosts: 'hostnames',
  gateways: 'parentRefs',
  route: 'backendRefs',
  match: 'matches',
};

const parentOf = (home: string): string => {
  const cut = home.lastIndexOf('.');
  return cut < 0 ? 'the object itself' : home.slice(0, cut);
};

/** A value in few words: `the number 5`, `a list`, `the text "x"`. */
export const valueInWords = (value: unknown): string => {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (isRecord(value)) return 'a map';
  if (typeof value === 'string')
    return `the text ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`;
  return typeof value === 'number' ? `the number ${value}` : `${String(value)}`;
};

/** A label of a subset: config/ambiguous-scalar reads those. */
export const isSubsetLabel = ({ key, problem: { path } }: Found): boolean =>
  key?.endsWith('/DestinationRule') === true && path[1] === 'subsets' && path[3] === 'labels' && path.length === 5;
