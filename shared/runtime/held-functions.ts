/** Of so many functions three quarters may hold requests for longer than a second: as many as `inbound` has. */
export const heldFunctions = 100;
