import type { APIGatewayProxyEvent, APIGatewayProxyEventV2 } from "aws-lambda";

const HOST = "r3pmxmplak.execute-api.us-east-2.amazonaws.com";
export const ORIGIN = `https://${HOST}`;
const BROWSER = {
  accept: "text/html",
  host: HOST,
  "user-agent": "Mozilla/5.0",
  "x-forwarded-for": "192.0.2.1",
  "x-forwarded-port": "443",
  "x-forwarded-proto": "https",
};

/** What API Gateway sends for an HTTP API, and Lambda for a function URL. There is no Cookie header. */
export function eventOfFormat2(cookies: string[], form?: string): APIGatewayProxyEventV2 {
  const method = form === undefined ? "GET" : "POST";
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: "/read",
    rawQueryString: "page=1",
    // The field is missing if the browser sent no cookies.
    ...(cookies.length > 0 && { cookies }),
    headers: { ...BROWSER, "content-type": "application/x-www-form-urlencoded" },
    queryStringParameters: { page: "1" },
    requestContext: {
      accountId: "123456789012",
      apiId: "r3pmxmplak",
      domainName: HOST,
      domainPrefix: "r3pmxmplak",
      http: {
        method,
        path: "/read",
        protocol: "HTTP/1.1",
        sourceIp: "192.0.2.1",
        userAgent: "Mozilla/5.0",
      },
      requestId: "JKJaXmPLvHcESHA=",
      routeKey: "$default",
      stage: "$default",
      time: "10/Mar/2026:05:16:23 +0000",
      timeEpoch: 1773119783000,
    },
    // API Gateway encodes forms.
    ...(form !== undefined && { body: Buffer.from(form).toString("base64") }),
    isBase64Encoded: form !== undefined,
  };
}

/** What API Gateway sends for a REST API. */
export function eventOfFormat1(cookies: string[]): APIGatewayProxyEvent {
  const headers = { ...BROWSER, cookie: cookies.join("; ") };
  return {
    resource: "/read",
    path: "/read",
    httpMethod: "GET",
    headers,
    multiValueHeaders: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, [value]]),
    ),
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: null,
    stageVariables: null,
    requestContext: {
      accountId: "123456789012",
      apiId: "r3pmxmplak",
      authorizer: null,
      domainName: HOST,
      httpMethod: "GET",
      identity: { sourceIp: "192.0.2.1", userAgent: "Mozilla/5.0" } as any,
      path: "/prod/read",
      protocol: "HTTP/1.1",
      requestId: "JKJaXmPLvHcESHA=",
      requestTimeEpoch: 1773119783000,
      resourceId: "123abc",
      resourcePath: "/read",
      stage: "prod",
    },
    body: null,
    isBase64Encoded: false,
  };
}
