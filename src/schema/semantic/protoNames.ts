// Up to 1.5 istiod reads objects as protos, which take `sni_hosts` for `sniHosts`.
import { get, isRecord } from '../../model/index.ts';
import type { Violation } from '../violation.ts';

/** What is missing may stand there under its name in the proto: then only later releases miss it. */
export const withProtoNames = (violations: readonly Violation[], value: unknown): readonly Violation[] =>
  violations.flatMap((violation) => {
    if (violation.isMissing !== true || !hasProtoName(violation, value)) return [violation];
    if (violation.istio === '<=1.5') return [];
    return [violation.istio === undefined ? { ...violation, istio: '1.6+' } : violation];
  });

const hasProtoName = ({ path }: Violation, value: unknown): boolean =>
  [path, path.slice(0, -1)].some((steps) => {
    const here = get(value, ...steps);
    return isRecord(here) && Object.keys(here).some((key) => /^[a-z][a-z0-9]*(?:_[a-z0-9]+)+$/.test(key));
  });
