// Messages of Istio's protos with the history of their fields, in the form of the CRD table.
import { compareText } from './text.mjs';

const SCALARS = {
  string: { type: 'string' },
  bytes: { type: 'string' },
  duration: { type: 'string', format: 'duration' },
  timestamp: { type: 'string' },
  bool: { type: 'boolean' },
  double: { type: 'number' },
  object: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  any: { 'x-kubernetes-preserve-unknown-fields': true },
};
const BOUNDS = {
  int32: { minimum: -2147483648, maximum: 2147483647 },
  uint32: { minimum: 0, maximum: 4294967295 },
  uint64: { minimum: 0 },
};

/** Minor of `1.12`. */
const minorOf = (version) => Number(version.split('.')[1]);

/**
 * Nodes of messages. `versions` of a node holds, per field, [since, removedIn, deprecatedSince] as minors (0 = not);
 * fields that were always there and still are have none. `groups` are the fields of which one may be set.
 */
export const messageTable = ({ messages, enums = {} }) => {
  const nodes = [];
  const known = new Map();
  const places = new Map();
  const put = (node) => {
    const key = JSON.stringify(node);
    if (!known.has(key)) known.set(key, nodes.push(node) - 1);
    return known.get(key);
  };

  const nameOf = (reference, around) => {
    for (const name of candidates(reference, around)) if (Object.hasOwn(messages, name)) return name;
    return undefined;
  };
  const message = (name) => {
    if (places.has(name)) return places.get(name);
    const place = nodes.push(undefined) - 1;
    places.set(name, place);
    nodes[place] = nodeOf(name, messages[name]);
    return place;
  };
  const nodeOf = (name, fields) => {
    const entries = Object.entries(fields).toSorted(([a], [b]) => compareText(a, b));
    const first = firstOf(fields);
    const versions = entries.flatMap(([field, { since, removedIn, deprecatedSince }]) => {
      const history = [minorOf(since) <= first ? 0 : minorOf(since), minor(removedIn), minor(deprecatedSince)];
      return history.every((at) => at === 0) ? [] : [[field, history]];
    });
    const groups = new Map();
    for (const [field, { oneof }] of entries)
      if (oneof !== undefined) groups.set(oneof, [...(groups.get(oneof) ?? []), field]);
    const several = [...groups.values()].filter((group) => group.length > 1);
    return {
      type: 'object',
      properties: Object.fromEntries(entries.map(([field, { type }]) => [field, typeOf(type, name)])),
      ...(versions.length === 0 ? {} : { versions: Object.fromEntries(versions) }),
      ...(several.length === 0 ? {} : { groups: several }),
    };
  };
  const typeOf = (written, around) => {
    if (written.endsWith('[]')) return put({ type: 'array', items: typeOf(written.slice(0, -2), around) });
    const map = /^map<\w+,(.*)>$/.exec(written);
    if (map !== null) return put({ type: 'object', additionalProperties: typeOf(map[1], around) });
    if (written.startsWith('@')) {
      const name = nameOf(written.slice(1), around);
      return name === undefined ? foreign(written) : message(name);
    }
    if (written.startsWith('enum ')) {
      const name = candidates(written.slice('enum '.length), around).find((key) => Object.hasOwn(enums, key));
      return name === undefined ? put({ type: 'string' }) : put(enumOf(enums[name]));
    }
    const plain = written.replace(/\?$/, '');
    return put(SCALARS[plain] ?? { type: 'integer', ...BOUNDS[plain] });
  };
  const foreign = (written) =>
    // Wrappers that say of themselves what they are, and messages of other packages.
    put(/Interface|IntOrString/.test(written) ? SCALARS.any : SCALARS.object);
  const enumOf = (values) => {
    const names = Object.keys(values).toSorted(compareText);
    const first = firstOf(values);
    const versions = names.flatMap((name) => {
      const { since, removedIn } = values[name];
      const history = [minorOf(since) <= first ? 0 : minorOf(since), minor(removedIn), 0];
      return history.every((at) => at === 0) ? [] : [[name, history]];
    });
    return {
      type: 'string',
      enum: names,
      ...(versions.length === 0 ? {} : { versions: Object.fromEntries(versions) }),
    };
  };

  return { nodes, message: (name) => (Object.hasOwn(messages, name) ? message(name) : undefined) };
};

/** A message may have got another name: what it held from the first is as old as the field that holds it. */
const firstOf = (entries) => Math.min(...Object.values(entries).map(({ since }) => minorOf(since)));

const minor = (version) => (version === undefined ? 0 : minorOf(version));

/** `Target` inside `istio.rbac.v1alpha1.RbacConfig`: as it stands, then in each scope outwards. */
const candidates = (reference, around) => {
  const scopes = around.split('.');
  return [...scopes.map((_, index) => [...scopes.slice(0, scopes.length - index), reference].join('.')), reference];
};
