// Declares Hattip's adapters that are not installed here, as far as the documentation uses them.
type Adapter = (handler: (context: any) => Response | Promise<Response>) => any;

declare module "@hattip/adapter-cloudflare-workers/no-static" {
  const cloudflareWorkersAdapter: Adapter;
  export default cloudflareWorkersAdapter;
}
declare module "@hattip/adapter-deno" {
  export const createServeHandler: Adapter;
}
declare module "@hattip/adapter-bun" {
  const bunAdapter: Adapter;
  export default bunAdapter;
}
declare module "@hattip/adapter-vercel-edge" {
  const vercelEdgeAdapter: Adapter;
  export default vercelEdgeAdapter;
}
declare module "@hattip/adapter-netlify-functions" {
  const netlifyFunctionsAdapter: Adapter;
  export default netlifyFunctionsAdapter;
}
