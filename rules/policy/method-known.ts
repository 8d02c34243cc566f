import { describe, get, isTemplate, list, placeIn, texts } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import { realmsOf } from '../../src/rule/scope.ts';

/** HTTP methods of RFC 9110 and 5789. */
const METHODS = ['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE'];
/** Registered or common ones of WebDAV and caches. */
const FURTHER =
  'ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT COPY LABEL LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MKREDIRECTREF MKWORKSPACE MOVE ORDERPATCH PRI PROPFIND PROPPATCH PURGE QUERY REBIND REPORT SEARCH UNBIND UNCHECKOUT UNLINK UNLOCK UPDATE UPDATEREDIRECTREF VERSION-CONTROL'.split(
    ' ',
  );

export default defineRule({
  id: 'policy/method-known',
  severity: 'warning',
  istio: '1.4+',
  summary: 'The methods of an AuthorizationPolicy are HTTP methods.',
  why: 'A method is compared with that of the request, letter for letter. One that no request has admits (or keeps out) nothing; gRPC calls are all POST, and their method is the path.',
  fix: 'Write GET, POST and so on in capitals; the method of a gRPC service belongs into paths (/package.Service/Method).',
  reads: ['AuthorizationPolicy'],
  aliases: ['KIA0102'],
  messages: {
    unknown: '{policy} in {cluster} names method {method}, which no HTTP request has',
    grpc: '{policy} in {cluster} names {method} as a method: gRPC calls have method POST, and this as their path',
    letters: '{policy} in {cluster} names method {method}; letters count, requests have {capitals}',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh))
      for (const { resource } of statementsOf(config.resources.ofKind('AuthorizationPolicy', 'security.istio.io')))
        for (const [ruleIndex, rule] of list(get(resource.value, 'spec', 'rules')).entries())
          for (const [toIndex, to] of list(get(rule, 'to')).entries())
            for (const [index, method] of texts(get(to, 'operation', 'methods')).entries()) {
              if (isTemplate(method) || matches(method)) continue;
              const where = {
                at: placeIn(resource, 'spec', 'rules', ruleIndex, 'to', toIndex, 'operation', 'methods', index),
                cluster: config.name,
                resource,
              };
              const slots = { policy: describe(resource), cluster: config.name, method: method === '' ? "''" : method };
              if (method.startsWith('/')) report('grpc', where, slots);
              else if (matches(method.toUpperCase()))
                report('letters', where, { ...slots, capitals: method.toUpperCase() });
              else report('unknown', where, slots);
            }
  },
});

/** `*`, `P*`, `*T`, or the method. */
const matches = (method: string): boolean => {
  if (method.endsWith('*')) return [...METHODS, ...FURTHER].some((known) => known.startsWith(method.slice(0, -1)));
  if (method.startsWith('*')) return [...METHODS, ...FURTHER].some((known) => known.endsWith(method.slice(1)));
  return METHODS.includes(method) || FURTHER.includes(method);
};
