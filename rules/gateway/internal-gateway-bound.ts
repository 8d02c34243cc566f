import { describe, get, placeIn, texts } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { isInternalGateway } from '../../src/rule/gateway/selected.ts';
import { realmsOf } from '../../src/rule/scope.ts';
import { virtualServices } from '../../src/rule/traffic/matches.ts';

export default defineRule({
  id: 'gateway/internal-gateway-bound',
  severity: 'warning',
  istio: 'all',
  summary: 'No VirtualService hangs on a gateway that istiod makes for itself.',
  why: 'istiod turns each listener of a Gateway API Gateway into an object of its own. Its name is no contract: it holds the name of the listener and may change with any release, and the routes are then lost without a word.',
  fix: 'Route with an HTTPRoute that has the Gateway as its parent, or bind the VirtualService to the Gateway API Gateway by its own name.',
  reads: ['VirtualService'],
  aliases: ['IST0165'],
  messages: {
    internal:
      '{service} in {cluster} hangs on {gateway}, an object that istiod makes from a Gateway of the Gateway API',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh))
      for (const service of virtualServices(config.resources.ofKind('VirtualService', 'networking.istio.io')))
        for (const [index, gateway] of texts(get(service.value, 'spec', 'gateways')).entries())
          if (isInternalGateway(gateway))
            report(
              'internal',
              { at: placeIn(service, 'spec', 'gateways', index), cluster: config.name, resource: service },
              { service: describe(service), cluster: config.name, gateway },
            );
  },
});
