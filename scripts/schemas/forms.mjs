// Nodes of forms that are written by hand: `{ 'name!': 'text', ports: '@Port[1..16]', mode: 'Open|Closed' }`.
import { compareText } from './text.mjs';

/** `text`, `bool`, `any`, `map` (of anything); a number with its bounds is `int 1..65535`, of text `text 1..253`. */
const SCALARS = {
  text: { type: 'string' },
  bool: { type: 'boolean' },
  int: { type: 'integer' },
  'int or text': { 'x-kubernetes-int-or-string': true },
  any: { 'x-kubernetes-preserve-unknown-fields': true },
  map: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  // Of the Gateway API: whole numbers with units, no fractions.
  duration: { type: 'string', pattern: '^([0-9]{1,5}(h|m|s|ms)){1,4}$' },
};

/**
 * Nodes of `forms`. A field that ends with `!` is required. A type is a scalar, the name of a form after `@`, words
 * between `|`, and any of these with `[]` (list) or `{}` (map) behind it; `[1..16]` bounds the size of a list, `[] by name`
 * tells the field by which its items differ.
 */
export const formTable = (forms) => {
  const nodes = [];
  const known = new Map();
  const places = new Map();
  const put = (node) => {
    const key = JSON.stringify(node);
    if (!known.has(key)) known.set(key, nodes.push(node) - 1);
    return known.get(key);
  };
  const form = (name) => {
    if (places.has(name)) return places.get(name);
    if (!Object.hasOwn(forms, name)) throw new Error(`no form ${name}`);
    const place = nodes.push(undefined) - 1;
    places.set(name, place);
    nodes[place] = formOf(forms[name]);
    return place;
  };
  const formOf = (fields) => {
    const entries = Object.entries(fields).toSorted(([a], [b]) => compareText(a, b));
    const required = entries.filter(([name]) => name.endsWith('!')).map(([name]) => name.slice(0, -1));
    return {
      type: 'object',
      properties: Object.fromEntries(entries.map(([name, type]) => [name.replace('!', ''), typeOf(type)])),
      ...(required.length === 0 ? {} : { required }),
    };
  };
  const typeOf = (written) => {
    const list = /^(.*)\[(?:(\d*)\.\.(\d*))?\](?: by (\w+))?$/.exec(written);
    if (list !== null) return put(listOf(list));
    if (written.endsWith('{}')) return put({ type: 'object', additionalProperties: typeOf(written.slice(0, -2)) });
    if (written.startsWith('@')) return form(written.slice(1));
    if (written.includes('|')) return put({ type: 'string', enum: written.split('|') });
    const scalar = /^(int|text) (\d*)\.\.(\d*)$/.exec(written);
    if (scalar === null) {
      if (!Object.hasOwn(SCALARS, written)) throw new Error(`no type ${written}`);
      return put(SCALARS[written]);
    }
    const names = scalar[1] === 'int' ? ['minimum', 'maximum'] : ['minLength', 'maxLength'];
    return put({ ...SCALARS[scalar[1]], ...bounds(scalar, ...names) });
  };
  const listOf = (list) => ({
    type: 'array',
    ...bounds(list, 'minItems', 'maxItems'),
    ...(list[4] === undefined ? {} : { 'x-kubernetes-list-map-keys': [list[4]] }),
    items: typeOf(list[1]),
  });
  return { nodes, form };
};

const bounds = ([, , low, high], lowest, highest) => ({
  ...(low === undefined || low === '' ? {} : { [lowest]: Number(low) }),
  ...(high === undefined || high === '' ? {} : { [highest]: Number(high) }),
});
