// What a visitor must get from each server. Some checks need the routes of the test servers.
import assert from "node:assert/strict";
import { Visitor } from "./visitor.mjs";

/** On every server. */
export const common = [
  { name: "count", run: countsVisits },
  { name: "log in", run: logsIn },
  { name: "log out", run: logsOut },
  { name: "apart", run: keepsVisitorsApart },
];

/** Where the server knows the client. */
export const address = { name: "ip", run: knowsTheClient };

/** On the servers of universal-middleware. */
export const routes = [
  { name: "cookies", run: keepsTheFrameworksCookies },
  { name: "upstream", run: keepsTheCookiesOfAnotherServer },
  { name: "stream", run: streams },
  { name: "redirect", run: redirects },
  { name: "empty", run: sendsNoBody },
  { name: "head", run: answersHead },
  { name: "body", run: leavesTheBodyToTheFramework },
  { name: "at once", run: keepsConcurrentRequestsApart },
  { name: "failed", run: sendsTheCookieOfAFailedRequest },
  { name: "unsaved", run: failsIfTheSessionCannotBeSaved },
];

async function countsVisits(origin) {
  const visitor = new Visitor(origin);
  assert.equal(await visitor.greeting(), "Hello, guest: visit 1");
  assert.equal(await visitor.greeting(), "Hello, guest: visit 2");
  assert.equal(await visitor.greeting(), "Hello, guest: visit 3");
}

async function logsIn(origin) {
  const visitor = new Visitor(origin);
  await visitor.greeting();
  const { status, text, set } = await visitor.post("/login");
  assert.deepEqual([status, text, set], [200, "Logged in", ["session"]]);
  assert.equal(await visitor.greeting(), "Hello, Ada: visit 2");

  const before = visitor.cookies("/");
  await visitor.post("/login");
  const stolen = await new Visitor(origin).get("/", { headers: { cookie: before } });
  assert.match(stolen.text, /Hello, guest/, "the ID from before regenerate() still works");
  assert.equal(await visitor.greeting(), "Hello, Ada: visit 3");
}

async function logsOut(origin) {
  const visitor = new Visitor(origin);
  await visitor.post("/login");
  assert.equal(await visitor.greeting(), "Hello, Ada: visit 1");
  const before = visitor.cookies("/");
  await visitor.post("/logout");
  assert.equal(await visitor.greeting(), "Hello, guest: visit 2");
  const late = await new Visitor(origin).get("/", { headers: { cookie: before } });
  assert.match(late.text, /Hello, guest/);
}

async function keepsVisitorsApart(origin) {
  const visitors = Array.from({ length: 6 }, () => new Visitor(origin));
  for (const ada of visitors.slice(3)) await ada.post("/login");
  const greetings = await Promise.all(visitors.map((visitor) => visitor.greeting()));
  const expected = ["guest", "guest", "guest", "Ada", "Ada", "Ada"];
  assert.deepEqual(
    greetings,
    expected.map((name) => `Hello, ${name}: visit 1`),
  );
}

async function knowsTheClient(origin) {
  const { text } = await new Visitor(origin).get("/ip");
  assert.match(text, /^(::ffff:)?127\.0\.0\.1$|^::1$/);
}

async function keepsTheFrameworksCookies(origin) {
  const visitor = new Visitor(origin);
  const first = await visitor.get("/");
  assert.deepEqual(first.set.toSorted(), ["counter", "theme"]);
  assert.equal(first.headers.get("cache-control"), "private");
  assert.match(first.headers.get("vary"), /Cookie/);
  assert.match(visitor.cookies("/"), /theme=dark/);
}

async function keepsTheCookiesOfAnotherServer(origin) {
  const { text, set, headers } = await new Visitor(origin).get("/upstream");
  assert.equal(text, "upstream");
  assert.deepEqual(set.toSorted(), ["counter", "first", "second"]);
  assert.match(headers.get("cache-control"), /\bprivate\b/, "a shared cache may keep the cookie");
  assert.doesNotMatch(headers.get("cache-control"), /\bpublic\b/);
}

async function streams(origin, upstream) {
  const visitor = new Visitor(origin);
  upstream.closeGate();
  try {
    const { parts, set } = await visitor.get("/stream", {}, () => upstream.openGate());
    assert.equal(parts.join(""), "part 1\npart 2\n");
    assert.deepEqual(set, ["counter"]);
  } finally {
    upstream.openGate();
  }
  assert.equal(await visitor.greeting(), "Hello, guest: visit 2");
}

async function redirects(origin) {
  const visitor = new Visitor(origin);
  const { status, headers, set } = await visitor.get("/redirect");
  assert.equal(status, 302);
  assert.equal(new URL(headers.get("location"), origin).pathname, "/");
  assert.deepEqual(set, ["counter"]);
}

async function sendsNoBody(origin) {
  const { status, text, set } = await new Visitor(origin).get("/empty");
  assert.deepEqual([status, text, set], [204, "", ["counter"]]);
}

async function answersHead(origin) {
  const { status, text, set } = await new Visitor(origin).get("/", { method: "HEAD" });
  assert.deepEqual([status, text], [200, ""]);
  assert.deepEqual(set.toSorted(), ["counter", "theme"]);
}

async function leavesTheBodyToTheFramework(origin) {
  const { status, text, set } = await new Visitor(origin).post("/echo", {
    body: JSON.stringify({ name: "Zoë" }),
    headers: { "content-type": "application/json" },
  });
  assert.equal(status, 201);
  assert.deepEqual(JSON.parse(text), { name: "Zoë" });
  assert.deepEqual(set, ["counter"]);
}

async function keepsConcurrentRequestsApart(origin) {
  const names = ["ada", "bob", "cleo", "dan", "eve"];
  const visitors = names.map(() => new Visitor(origin));
  const visit = (path) => Promise.all(visitors.map((visitor, i) => visitor.get(path(names[i]))));
  const slow = await visit((name) => `/slow/${name}`);
  assert.deepEqual(
    slow.map(({ text }) => text),
    names,
  );
  const later = await visit(() => "/");
  assert.deepEqual(
    later.map(({ text }) => text),
    names.map((name) => `Hello, ${name}: visit 1`),
  );
}

async function sendsTheCookieOfAFailedRequest(origin) {
  const visitor = new Visitor(origin);
  await visitor.post("/login");
  const { status, set } = await visitor.get("/regenerate-and-fail");
  assert.deepEqual([status, set], [500, ["session"]]);
  assert.equal(await visitor.greeting(), "Hello, Ada: visit 1");
}

async function failsIfTheSessionCannotBeSaved(origin) {
  const { status, text, set } = await new Visitor(origin).get("/unfit");
  assert.equal(status, 500);
  assert.doesNotMatch(text, /must not arrive/);
  assert.deepEqual(set, []);
}
