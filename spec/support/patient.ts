/**
 * A timeout of a store, in seconds, for specs in which no request waits for the timeout. It is so
 * long that no request runs into it, even on a machine that is busy with other things.
 */
export const PATIENT = 20;
