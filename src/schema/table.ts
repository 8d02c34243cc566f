// The structure of Istio's objects by release, as `npm run schemas` writes it into schemas/istio.
import crdsJson from '../../schemas/istio/crds.json' with { type: 'json' };
import legacyJson from '../../schemas/istio/legacy.json' with { type: 'json' };
import meshConfigJson from '../../schemas/istio/mesh-config.json' with { type: 'json' };
import operatorJson from '../../schemas/istio/operator.json' with { type: 'json' };
import valuesJson from '../../schemas/istio/values.json' with { type: 'json' };

/** [since, removedIn, deprecatedSince] as minors of Istio 1.x; 0 = always there, never removed, not deprecated. */
export type History = readonly [since: number, removedIn: number, deprecatedSince: number];

/** A schema. Numbers are places in the `nodes` of its table. */
export interface Node {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly properties?: Readonly<Record<string, number>>;
  /** Histories of properties, or of the values of an enum; those that are always there have none. */
  readonly versions?: Readonly<Record<string, History>>;
  /** Fields of which at most one may be set. */
  readonly groups?: readonly (readonly string[])[];
  readonly required?: readonly string[];
  readonly items?: number;
  readonly additionalProperties?: number | boolean;
  readonly enum?: readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly nullable?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  /** Fields by which the items of a list tell apart. */
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

export interface Table {
  readonly nodes: readonly Node[];
}

/** From that minor on; null where the kind is no longer served. */
type Served = readonly (readonly [minor: number, root: number | null])[];

interface CrdTable extends Table {
  readonly kinds: Readonly<Record<string, Served>>;
}

interface LegacyTable extends Table {
  readonly kinds: Readonly<
    Record<string, { readonly since: number; readonly until: number; readonly spec?: number } | undefined>
  >;
}

interface RootTable extends Table {
  readonly roots: Readonly<Record<string, number>>;
}

const crds = crdsJson as unknown as CrdTable;
/** CRDs of Istio 1.1 to 1.7, and of what their protos say stands in `spec`. */
const legacy = legacyJson as unknown as LegacyTable;
/** Roots MeshConfig, MeshNetworks and ProxyConfig. */
export const meshConfigTable: RootTable = meshConfigJson as unknown as RootTable;
/** Root IstioOperatorSpec. */
export const operatorTable: RootTable = operatorJson as unknown as RootTable;
/** Root Values: what the installer takes; IstiodChart, BaseChart, CniChart, ZtunnelChart and GatewayChart: what a chart takes. */
export const valuesTable: RootTable = valuesJson as unknown as RootTable;

/** The oldest release whose CRDs say what stands in an object. */
export const FIRST_CRDS = 5;

/** A schema that an object has in some releases. */
export interface Schema {
  readonly table: Table;
  readonly root: number;
  /** The root is that of `spec`, not of the object. */
  readonly isSpec: boolean;
}

/** The schema of a kind (`group/version/Kind`) in one release; undefined where it is not served or not known. */
export const schemaIn = (key: string, minor: number): Schema | undefined => {
  if (minor >= FIRST_CRDS) {
    const root = rootIn(crds.kinds[key], minor);
    if (root !== null && root !== undefined) return { table: crds, root, isSpec: false };
  }
  const old = legacy.kinds[key];
  return old?.spec === undefined || minor < old.since || minor > old.until
    ? undefined
    : { table: legacy, root: old.spec, isSpec: true };
};

const rootIn = (served: Served | undefined, minor: number): number | null | undefined =>
  served?.findLast(([since]) => since <= minor)?.[1];

/** Whether a release serves the kind in that version. */
export const isServed = (key: string, minor: number): boolean => {
  if (minor >= FIRST_CRDS && typeof rootIn(crds.kinds[key], minor) === 'number') return true;
  const old = legacy.kinds[key];
  return old !== undefined && minor >= old.since && minor <= old.until;
};

let held: readonly string[] | undefined;

/** All `group/version/Kind` that any release serves. The tables are read only when something asks for them. */
export const allKinds = (): readonly string[] =>
  (held ??= [...new Set([...Object.keys(crds.kinds), ...Object.keys(legacy.kinds)])]);

let groups: ReadonlySet<string> | undefined;

/** The groups of these kinds. */
export const istioGroups = (): ReadonlySet<string> => (groups ??= new Set(allKinds().map((key) => key.split('/')[0]!)));
