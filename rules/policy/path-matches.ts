import { within } from '../../src/facts/minors.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { describe, get, isTemplate, list, placeIn, texts } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import { realmsOf } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'policy/path-matches',
  severity: 'warning',
  istio: '1.4+',
  summary: 'The paths of an AuthorizationPolicy are paths that requests can have.',
  why: 'A path is compared with that of the request letter for letter, and a star counts at its start or end only. One that no request has admits (or keeps out) nothing.',
  fix: 'Begin the path with a slash, and put a star at its end (/charge/*), at its start (*/x), or as {*} between slashes (/charge/{*}/x, Istio 1.22+).',
  reads: ['AuthorizationPolicy'],
  messages: {
    star: '{policy} in {cluster} names path {path}; a star within a path stands for itself, which no request has there',
    template:
      '{policy} in {cluster} names path {path}, a template, which Istio reads from 1.22 on and takes literally before',
    slash: '{policy} in {cluster} names path {path}; the path of a request begins with a slash',
    query: '{policy} in {cluster} names path {path} with a query, and is given the path of a request without it',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh))
      for (const { resource } of statementsOf(config.resources.ofKind('AuthorizationPolicy', 'security.istio.io')))
        for (const [ruleIndex, rule] of list(get(resource.value, 'spec', 'rules')).entries())
          for (const [toIndex, to] of list(get(rule, 'to')).entries())
            for (const key of ['paths', 'notPaths'])
              for (const [index, path] of texts(get(to, 'operation', key)).entries()) {
                const fault = faultOf(mesh, config, path);
                if (fault === undefined) continue;
                report(
                  fault,
                  {
                    at: placeIn(resource, 'spec', 'rules', ruleIndex, 'to', toIndex, 'operation', key, index),
                    cluster: config.name,
                    resource,
                    fix: FIXES[fault],
                  },
                  { policy: describe(resource), cluster: config.name, path },
                );
              }
  },
});

type Fault = 'star' | 'template' | 'slash' | 'query';

const FIXES: Readonly<Record<Fault, string | undefined>> = {
  star: undefined,
  template: 'Write a path with a star at its end, or update Istio.',
  slash: 'Begin the path with a slash, or with a star (*/charge).',
  query: 'Leave out the query: paths are compared without it.',
};

/** `{*}` and `{**}` between slashes; other braces are gaps for tools, or refused. */
const OPERATOR = /\{\*\*?\}/;

const faultOf = (mesh: Mesh, config: Member, path: string): Fault | undefined => {
  if (path === '' || path === '*') return undefined;
  if (OPERATOR.test(path)) return within(mesh.versionOf(config).minors, '1.22+') === 'outside' ? 'template' : undefined;
  if (isTemplate(path) || /[{}]/.test(path)) return undefined;
  if (!path.startsWith('/') && !path.startsWith('*')) return 'slash';
  // With a star at both ends the last one is part of the end.
  const plain = path.startsWith('*') ? path.slice(1) : path.replace(/\*$/, '');
  if (plain.includes('*')) return 'star';
  return plain.includes('?') ? 'query' : undefined;
};
