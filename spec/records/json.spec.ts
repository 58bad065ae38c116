import { expect } from "chai";
import fc from "fast-check";
import vm from "node:vm";
import { parse, stringify } from "../../lib/records/json.js";
import { SessionError } from "../../lib/index.js";

class Point {
  readonly x = 1;
}

function cycle(): object {
  const data: Record<string, unknown> = { a: 1 };
  data["self"] = [{ data }];
  return data;
}

describe("Session data as JSON", function () {
  this.timeout(60_000);

  it("is the same after stringify() and parse()", () => {
    const data = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue());
    fc.assert(
      fc.property(data, (written) => {
        fc.pre(!JSON.stringify(written).includes('"__proto__":'));
        const text = stringify(written);
        expect(text).to.equal(JSON.stringify(written));
        expect(parse(text)).to.deep.equal(JSON.parse(text));
      }),
      { numRuns: 2000 },
    );
  });

  it("omits keys whose value is undefined", () => {
    expect(stringify({ a: undefined, b: { c: undefined } })).to.equal('{"b":{}}');
  });

  it("may contain objects with toJSON()", () => {
    const at = new Date(0);
    expect(stringify({ at, list: [at] })).to.equal(
      '{"at":"1970-01-01T00:00:00.000Z","list":["1970-01-01T00:00:00.000Z"]}',
    );
  });

  it("may contain plain objects of another realm or without a prototype", () => {
    const foreign = vm.runInNewContext('({ a: [1, { b: "text" }] })') as object;
    expect(stringify(foreign)).to.equal('{"a":[1,{"b":"text"}]}');
    expect(stringify({ foreign })).to.equal('{"foreign":{"a":[1,{"b":"text"}]}}');
    const bare = Object.assign(Object.create(null), { a: 1 }) as object;
    expect(stringify(bare)).to.equal('{"a":1}');
    expect(stringify({ bare })).to.equal('{"bare":{"a":1}}');
  });

  it("may contain objects although an app has extended Object.prototype", () => {
    // oxlint-disable-next-line eslint/no-extend-native -- as old libraries do
    Object.defineProperty(Object.prototype, "extension", {
      value: () => {},
      ...{ enumerable: true, configurable: true },
    });
    let text: string;
    try {
      text = stringify({ a: { b: [{ c: 1 }] } });
    } finally {
      Reflect.deleteProperty(Object.prototype, "extension");
    }
    expect(text).to.equal('{"a":{"b":[{"c":1}]}}');
  });

  it("may contain the same object in several places if there is no cycle", () => {
    const shared = { a: 1 };
    expect(stringify({ one: shared, two: [shared, { shared }] })).to.equal(
      '{"one":{"a":1},"two":[{"a":1},{"shared":{"a":1}}]}',
    );
  });

  const unsupported: Record<string, [value: unknown, what: RegExp]> = {
    "a bigint": [1n, /bigint/],
    "a function": [() => 1, /a function/],
    "a symbol": [Symbol("s"), /a symbol/],
    NaN: [NaN, /NaN or Infinity/],
    Infinity: [Infinity, /NaN or Infinity/],
    "minus Infinity": [-Infinity, /NaN or Infinity/],
    "a Map": [new Map(), /an instance of a class/],
    "a Set": [new Set(), /an instance of a class/],
    bytes: [new Uint8Array(1), /an instance of a class/],
    "a RegExp": [/x/, /an instance of a class/],
    "an Error": [new Error("x"), /an instance of a class/],
    "a boxed number": [Object(1), /an instance of a class/],
    "an instance of a class": [new Point(), /an instance of a class/],
    "an object with a custom prototype": [Object.create({ a: 1 }), /an instance of a class/],
    "a promise": [Promise.resolve(1), /an instance of a class/],
    "a cycle": [cycle(), /cycle/],
    "undefined in an array": [[1, undefined], /array/],
    // oxlint-disable-next-line no-sparse-arrays -- the spec needs a hole
    "a hole in an array": [[1, , 2], /array/],
    "an array with an extra key": [Object.assign([1], { total: 1 }), /array/],
    "an invalid Date": [new Date(NaN), /Date/],
    "a symbol as key": [{ [Symbol("s")]: 1 }, /symbol as key/],
    "a key __proto__": [JSON.parse('{"__proto__":1}'), /__proto__/],
  };

  for (const [title, [value, what]] of Object.entries(unsupported)) {
    it(`cannot contain ${title} at any depth, and the error names the top-level key`, () => {
      for (const data of [
        { fine: 1, culprit: value },
        { fine: 1, culprit: { deep: [{ deeper: value }] } },
        { fine: 1, culprit: [[value]] },
      ]) {
        const error = errorOf(() => stringify(data));
        expect(error.code).to.equal("ERR_SESSION_DATA");
        expect(error.message).to.match(/^session\.data\["culprit"\] holds /);
        expect(error.message).to.match(what);
        expect(error.message).to.match(/your own stringify and parse/);
      }
    });
  }

  it("cannot contain itself", () => {
    const data: Record<string, unknown> = {};
    data["self"] = data;
    expect(errorOf(() => stringify(data)).message).to.match(
      /session\.data\["self"\] holds .*cycle/,
    );
  });

  it("cannot be an instance of a class, and cannot have a symbol or __proto__ as a key", () => {
    expect(errorOf(() => stringify(new Point())).message).to.match(/instance of a class/);
    expect(errorOf(() => stringify(new Map() as object)).message).to.match(/instance of a class/);
    expect(errorOf(() => stringify({ [Symbol("s")]: 1 })).message).to.match(/symbol/);
    const poisoned = JSON.parse('{"__proto__":{"admin":true}}') as object;
    expect(errorOf(() => stringify(poisoned)).message).to.match(/__proto__/);
  });

  it("never appears in an error message", () => {
    const secret = "hunter2";
    const error = errorOf(() => stringify({ user: { secret, at: NaN } }));
    expect(error.message).to.not.include(secret);
  });

  it("loses every key __proto__ in parse(), even if the key is escaped", () => {
    for (const key of [
      "__proto__",
      "\\u005f_proto__",
      "__pr\\u006fto__",
      "\\u005F\\u005Fproto__",
    ]) {
      const data = parse(`{"${key}":{"admin":true},"a":[{"${key}":{"admin":true},"b":1}]}`);
      expect(Object.keys(data)).to.deep.equal(["a"]);
      const [inner] = (data as { a: object[] }).a;
      expect(Object.getOwnPropertyNames(inner)).to.deep.equal(["b"]);
      expect(Object.assign({}, inner)).to.not.have.property("admin");
    }
    expect({}).to.not.have.property("admin");
  });

  it("may contain __proto__ as a value, which is harmless", () => {
    expect(parse('{"a":"__proto__","b":"\\u005f"}')).to.deep.equal({ a: "__proto__", b: "_" });
  });

  it("is rejected by parse() if it is not JSON", () => {
    for (const text of ["", "{", "{a:1}", "undefined"]) expect(() => parse(text)).to.throw();
  });
});

function errorOf(run: () => unknown): SessionError {
  try {
    run();
  } catch (error) {
    expect(error).to.be.instanceOf(SessionError);
    return error as SessionError;
  }
  return expect.fail("No error was thrown.");
}
