// Declares the frameworks that are not installed here, as far as docs/frameworks.md uses them. Where
// they are installed, `npm run test:frameworks` compiles the same code against their own types.
type FrameworkHandler = (context: any, reply?: any, payload?: any) => unknown;
type UniversalFunction = (request: Request, context: object, runtime: any) => any;

declare module "@universal-middleware/core" {
  export type UniversalMiddleware = UniversalFunction;
  export type RuntimeAdapter = any;
}
declare module "@universal-middleware/hono" {
  export function createMiddleware(factory: () => UniversalFunction): () => any;
}
declare module "@universal-middleware/express" {
  export function createMiddleware(factory: () => UniversalFunction): () => any;
}
declare module "@universal-middleware/fastify" {
  export function createMiddleware(factory: () => UniversalFunction): () => any;
}
declare module "@universal-middleware/srvx" {
  export function createMiddleware(factory: () => UniversalFunction): () => any;
}

declare module "hono" {
  export class Hono<Env = object> {
    use(middleware: FrameworkHandler): Hono<Env>;
    get(path: string, handler: FrameworkHandler): Hono<Env>;
    fetch(request: Request, env?: object): Response | Promise<Response>;
  }
}
declare module "hono/cookie" {
  export function setCookie(c: any, name: string, value: string): void;
}
declare module "@hono/node-server" {
  export function serve(options: object): void;
}
declare module "fastify" {
  export default function fastify(): {
    register(plugin: any): Promise<void>;
    addHook(name: string, hook: FrameworkHandler): void;
    get(path: string, handler: FrameworkHandler): void;
    listen(options: object): Promise<string>;
  };
}
declare module "fastify-raw-body" {
  const rawBody: unknown;
  export default rawBody;
}
declare module "h3" {
  export class H3 {
    get(path: string, handler: FrameworkHandler): void;
  }
  export function serve(app: H3, options: object): void;
  export function setCookie(event: any, name: string, value: string): void;
}
declare module "elysia" {
  export class Elysia {
    get(path: string, handler: FrameworkHandler): void;
    fetch(request: Request): Promise<Response>;
  }
}
declare module "srvx" {
  export function serve(options: {
    fetch: (request: Request) => unknown;
    [name: string]: any;
  }): void;
}

declare module "vike/types" {
  import type { Session } from "@hattip/session";
  export interface PageContextServer {
    login: Session<{ user?: string }>;
    counter: Session<{ visits: number }>;
  }
  export interface Server {
    fetch: FrameworkHandler;
  }
}
declare module "vike/fetch" {
  const vike: { fetch(request: Request, context: object, runtime: object): Promise<Response> };
  export default vike;
}
declare module "@vikejs/hono" {
  import type { Hono } from "hono";
  export default function vike(app: Hono, middlewares?: UniversalFunction[]): void;
}
declare module "rakkasjs/server" {
  export function createRequestHandler(options: object): unknown;
}
