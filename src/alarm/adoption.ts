// Whether an alarm is kept in step here, as the `params` that an adoption compares and writes: nothing else of the alarm is.

import type { JsonObject } from './json.ts';

/** Made by somebody else, and left alone until it is taken over. */
export const UNOWNED_PARAMS: JsonObject = {};

/** Made or taken over here. */
export const OWNED_PARAMS: JsonObject = { managed_by: 'alarmsync' };
