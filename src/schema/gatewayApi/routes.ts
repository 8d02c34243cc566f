import { millisecondsOf } from '../forms/durations.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, has, isFilled, itemsOf, shown, wordOf, written } from '../violation.ts';
import { checkFilters } from './filters.ts';
import { checkHostname } from './listeners.ts';

export const checkHttpRoute = (spec: Field, refuse: Refuse): void => {
  checkRoute(spec, refuse);
  for (const rule of itemsOf(at(spec, 'rules'))) {
    for (const match of itemsOf(at(rule, 'matches'))) checkPath(at(match, 'path'), refuse);
    checkFilters(at(rule, 'filters'), refuse);
    checkRedirect(rule, refuse);
    checkTimeouts(at(rule, 'timeouts'), refuse);
    checkDuration(at(rule, 'retry', 'backoff'), refuse);
    checkBackends(rule, refuse);
  }
};

export const checkGrpcRoute = (spec: Field, refuse: Refuse): void => {
  checkRoute(spec, refuse);
  for (const rule of itemsOf(at(spec, 'rules'))) {
    for (const match of itemsOf(at(rule, 'matches'))) {
      const method = at(match, 'method');
      if (has(method) && !has(at(method, 'service')) && !has(at(method, 'method')))
        refuse(method, 'has neither service nor method, but needs one of them');
    }
    checkFilters(at(rule, 'filters'), refuse);
    checkBackends(rule, refuse);
  }
};

export const checkStreamRoute = (spec: Field, refuse: Refuse): void => {
  checkRoute(spec, refuse);
  for (const rule of itemsOf(at(spec, 'rules'))) checkBackends(rule, refuse);
};

const checkRoute = (spec: Field, refuse: Refuse): void => {
  for (const hostname of itemsOf(at(spec, 'hostnames'))) checkHostname(hostname, refuse);
  const seen = new Set<string>();
  for (const parent of itemsOf(at(spec, 'parentRefs'))) {
    const name = written(at(parent, 'name'));
    if (name === undefined) continue;
    const id = JSON.stringify(REFERENCE.map((key) => at(parent, key).value ?? ''));
    if (seen.has(id)) refuse(parent, `names ${name} as one before, but parents are unique`);
    seen.add(id);
  }
};

const REFERENCE = ['group', 'kind', 'namespace', 'name', 'sectionName', 'port'];

const checkBackends = (rule: Field, refuse: Refuse): void => {
  for (const backend of itemsOf(at(rule, 'backendRefs'))) {
    checkBackend(backend, refuse);
    checkFilters(at(backend, 'filters'), refuse);
  }
  for (const filter of itemsOf(at(rule, 'filters'))) {
    const mirrored = at(filter, 'requestMirror', 'backendRef');
    if (has(mirrored)) checkBackend(mirrored, refuse);
  }
};

/** Services have a port; references to others (an InferencePool, a Hostname) may have none. */
const checkBackend = (backend: Field, refuse: Refuse): void => {
  const [group, kind, port] = [at(backend, 'group'), at(backend, 'kind'), at(backend, 'port')];
  const isService = !isFilled(group) && (!has(kind) || kind.value === 'Service');
  if (isService && written(at(backend, 'name')) !== undefined && !has(port))
    refuse(port, 'is missing, but a Service is named with a port', { isMissing: true });
};

const checkPath = (path: Field, refuse: Refuse): void => {
  const value = at(path, 'value');
  const text = written(value);
  const type = has(at(path, 'type')) ? wordOf(at(path, 'type')) : 'PathPrefix';
  if (text === undefined || (type !== 'PathPrefix' && type !== 'Exact')) return;
  if (!text.startsWith('/')) return refuse(value, `is ${shown(text)}, but a path begins with /`);
  const part = FORBIDDEN.find((one) => text.includes(one)) ?? ['/..', '/.'].find((one) => text.endsWith(one));
  if (part !== undefined) return refuse(value, `is ${shown(text)}, but a path is without ${part}`);
  if (!CHARACTERS.test(text))
    refuse(value, `is ${shown(text)}, but a path has letters, digits, -/._~!$&'()*+,;=:@ and %XX only`);
};

const FORBIDDEN = ['//', '/./', '/../', '%2f', '%2F', '#'];
const CHARACTERS = /^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+$/;

const checkRedirect = (rule: Field, refuse: Refuse): void => {
  const matches = itemsOf(at(rule, 'matches'));
  const backends = at(rule, 'backendRefs');
  for (const filter of itemsOf(at(rule, 'filters'))) {
    if (has(at(filter, 'requestRedirect')) && isFilled(backends))
      refuse(backends, 'is set, but a rule that redirects has no backends');
    for (const key of ['requestRedirect', 'urlRewrite']) {
      const prefix = at(filter, key, 'path', 'replacePrefixMatch');
      if (!has(prefix) || !has(at(rule, 'matches'))) continue;
      const type = matches.length === 1 ? at(matches[0]!, 'path', 'type') : undefined;
      if (type === undefined || (has(type) && written(type) !== undefined && type.value !== 'PathPrefix'))
        refuse(prefix, 'is set, but goes with one match only, of type PathPrefix');
    }
  }
};

const checkTimeouts = (timeouts: Field, refuse: Refuse): void => {
  const inner = at(timeouts, 'backendRequest');
  checkDuration(at(timeouts, 'request'), refuse);
  checkDuration(inner, refuse);
  const [whole, one] = [written(at(timeouts, 'request')), written(inner)];
  if (whole === undefined || one === undefined) return;
  const [all, part] = [millisecondsOf(whole), millisecondsOf(one)];
  if (all !== undefined && part !== undefined && all > 0 && part > all)
    refuse(inner, `is ${shown(one)}, but the whole request may take ${shown(whole)} only`);
};

const checkDuration = (duration: Field, refuse: Refuse): void => {
  const text = written(duration);
  if (text !== undefined && !/^([0-9]{1,5}(h|m|s|ms)){1,4}$/.test(text))
    refuse(
      duration,
      `is ${shown(text)}, but a duration is made of whole numbers with a unit (h, m, s, ms), like 1s500ms`,
    );
};
