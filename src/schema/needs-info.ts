/** In the `extensions` of each field whose resolver takes `info`: the executor that writes text gives it to no other. */
export const needsInfo = { needsInfo: true };
