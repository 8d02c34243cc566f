// Headers of HTTP routes: matched, added, set and removed.
import { isTemplate } from '../../model/index.ts';
import { isHeaderName } from '../forms/names.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, entriesOf, itemsOf, shown, written } from '../violation.ts';

/** The one header that a route (authority) or a destination (host) may set although Envoy owns it. */
type Allowed = 'authority' | 'host';

export const checkMatchHeader = (name: string, field: Field, refuse: Refuse): void => {
  if (isTemplate(name) || /^@request\.auth\.claims[.[]/i.test(name)) return;
  if (name === '') refuse(field, 'has an empty key, but a header has a name');
  // Envoy matches pseudo headers like :path as well.
  else if (!isHeaderName(name.replace(/^:/, '')))
    refuse(field, `has the key ${shown(name)}, but the name of a header has letters, digits, - and _ only`, STRICT);
};

export const checkHeaderName = (field: Field, refuse: Refuse): void => {
  const name = written(field);
  if (name === '') refuse(field, 'is empty, but a header has a name');
  else if (name !== undefined && !isHeaderName(name))
    refuse(field, `is ${shown(name)}, but the name of a header has letters, digits, - and _ only`, STRICT);
};

/** Before, istiod asked for a name only, whatever its letters. */
const STRICT = { istio: '1.18+' } as const;

/** `headers` of a route or a destination. */
export const checkHeaderOperations = (headers: Field, allowed: Allowed, refuse: Refuse): void => {
  for (const side of ['request', 'response'] as const)
    for (const operation of ['add', 'set', 'remove'] as const) {
      const field = at(headers, side, operation);
      const mayOwn = side === 'request' && operation !== 'remove' ? allowed : undefined;
      if (operation === 'remove') for (const item of itemsOf(field)) checkOwned(written(item), item, mayOwn, refuse);
      else
        for (const [name, value] of entriesOf(field)) {
          checkOwned(isTemplate(name) ? undefined : name, value, mayOwn, refuse);
          checkHeaderValue(value, refuse);
        }
    }
};

const checkOwned = (name: string | undefined, field: Field, allowed: Allowed | undefined, refuse: Refuse): void => {
  if (name === undefined) return;
  if (name === '') return refuse(field, 'has no name, but a header has one');
  if ((allowed === 'authority' && isAuthority(name)) || (allowed === 'host' && /^host$/i.test(name))) return;
  if (name.startsWith(':') || /^host$/i.test(name))
    refuse(field, `changes the header ${shown(name)}, which Envoy does not let anybody change here`);
};

/** `%` begins and ends a variable of Envoy, `%%` is a plain one. */
const checkHeaderValue = (field: Field, refuse: Refuse): void => {
  const value = written(field);
  if (value !== undefined && (value.match(/%/g)?.length ?? 0) % 2 === 1)
    refuse(field, `is ${shown(value)}, but a single % must be written %%, and a variable of Envoy %NAME%`);
};

/** The authority may be given in one way only: rewritten, set or added. */
export const checkAuthority = (route: Field, refuse: Refuse): void => {
  let isGiven = (written(at(route, 'rewrite', 'authority')) ?? '') !== '';
  for (const operation of ['set', 'add'])
    for (const [name, value] of entriesOf(at(route, 'headers', 'request', operation))) {
      if (!isAuthority(name)) continue;
      if (isGiven) refuse(value, 'gives the authority, which is given elsewhere in this route already');
      isGiven = true;
    }
};

const isAuthority = (name: string): boolean => /^(?::authority|host)$/i.test(name);
