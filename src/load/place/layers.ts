/**
 * Layers of values. What is ordered by guess (own files above shared ones, later paths above earlier ones) lies below
 * kustomize patches, and these below releases that spell their order out.
 */
export const OWN_LAYER = 250_000;
export const PATCH_LAYER = 1_000_000;

/** The first values file of a release; the defaults of its chart lie one below, and later files above. */
export const EXACT_LAYER = 10_000_000;
/** Values of a release that are written as text, as an object and as single parameters. */
export const TEXT_LAYER = EXACT_LAYER + 10_000;
export const OBJECT_LAYER = EXACT_LAYER + 20_000;
export const PARAMETER_LAYER = EXACT_LAYER + 30_000;
export const DEFAULTS_LAYER = EXACT_LAYER - 1;
