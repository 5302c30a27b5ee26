/** The v3 model in TypeScript, as Azure documents it; function.json names what `npm run build` makes of this file. */
import type { AzureFunction, Context, HttpRequest } from '@azure/functions';

const readings: AzureFunction = async function (context: Context, req: HttpRequest): Promise<void> {
  context.bindings['readings'] = String(req.rawBody).trim().split('\n');
  context.res = { status: 204 };
};

export default readings;
