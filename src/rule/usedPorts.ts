// Which ports of a Service the files show in use.
import type { Member, Mesh } from '../facts/mesh.ts';
import { get, integer, text } from '../model/index.ts';
import { oncePerMesh } from './scope.ts';
import type { Use } from './uses.ts';
import { usesIn } from './uses.ts';

/** A call of a port, by number. */
export interface PortUse {
  readonly member: Member;
  readonly use: Use;
  readonly port: number;
}

/** Calls that name a port (or a scheme that stands for one), by `namespace/name` of the Service. */
const portUses = oncePerMesh((mesh): ReadonlyMap<string, readonly PortUse[]> => {
  const found = new Map<string, PortUse[]>();
  for (const member of mesh.members)
    for (const use of usesIn(mesh, member)) {
      const ports = portsNamed(use).map((port) => ({ member, use, port }));
      if (ports.length === 0) continue;
      const key = `${use.service.namespace}/${use.service.name}`;
      const held = found.get(key);
      if (held === undefined) found.set(key, ports);
      else held.push(...ports);
    }
  return found;
});

export const portUsesOf = (mesh: Mesh, service: Use['service']): readonly PortUse[] =>
  portUses(mesh).get(`${service.namespace}/${service.name}`) ?? [];

const portsNamed = (use: Use): readonly number[] => {
  if (use.resource === undefined) return [];
  const path = use.place.path.slice(use.resource.place.path.length);
  if (use.route !== undefined) {
    const around = get(use.resource.value, ...path.slice(0, -1));
    const port = integer(get(around, 'port', 'number')) ?? integer(get(around, 'port'));
    return port === undefined ? [] : [port];
  }
  const written = text(get(use.resource.value, ...path));
  return written === undefined ? [] : portsIn(written, use.service);
};

/** `8080` of `http://cart.shop:8080/x`, 443 of `https://cart`. */
const portsIn = (written: string, { name, namespace }: Use['service']): readonly number[] => {
  const pattern = new RegExp(
    String.raw`(?<![\w.-])(?:([a-z][a-z0-9+.-]*)://(?:[^\s/@'"]*@)?)?${escaped(name)}(?:\.([a-z0-9-]+)[a-z0-9.-]*)?(?::(\d{1,5}))?(?![\w.-])`,
    'gi',
  );
  return [...written.matchAll(pattern)].flatMap(([, scheme, of, port]) => {
    if (of !== undefined && of !== namespace) return [];
    const number = port === undefined ? DEFAULTS.get(scheme?.toLowerCase() ?? '') : Number(port);
    return number === undefined ? [] : [number];
  });
};

const escaped = (name: string): string => name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

const DEFAULTS: ReadonlyMap<string, number> = new Map([
  ['http', 80],
  ['https', 443],
]);
