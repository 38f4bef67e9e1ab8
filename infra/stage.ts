/**
 * What may go with a deployment. `production` keeps its data, unless whoever takes it down names it: `PREHEAT_DISPOSABLE=production`, in a
 * deployment first (what is deleted with its content is read from what was deployed last), then in the removal (sst.config.ts).
 */
export const isDisposable = $app.stage !== 'production' || process.env.PREHEAT_DISPOSABLE === $app.stage;
