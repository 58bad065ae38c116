import { expect } from "chai";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { TcpProxy } from "./tcp-proxy.js";

describe("TcpProxy", () => {
  let echo: Server;
  let received: string;
  let proxy: TcpProxy;
  let client: Socket;

  beforeEach(async () => {
    received = "";
    echo = createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (chunk) => {
        received += chunk;
        socket.write(chunk);
      });
    }).listen(0, "127.0.0.1");
    await once(echo, "listening");
    proxy = await TcpProxy.to((echo.address() as AddressInfo).port);
    client = connect(proxy.port, "127.0.0.1");
    client.on("error", () => {});
    await once(client, "connect");
  });

  afterEach(async () => {
    client.destroy();
    await proxy.close();
    echo.close();
  });

  const ask = async (text: string) => {
    client.write(text);
    const [reply] = await Promise.race([once(client, "data"), once(client, "close")]);
    return reply instanceof Buffer ? reply.toString() : "closed";
  };

  it("passes bytes in both directions", async () => {
    expect(await ask("hello")).to.equal("hello");
  });

  it("delays the reply", async () => {
    await proxy.delay(60);
    const start = performance.now();
    expect(await ask("late")).to.equal("late");
    expect(performance.now() - start).to.be.at.least(55);
  });

  it("delivers held bytes after hang() when pass() is called", async () => {
    await proxy.hang();
    const reply = ask("held");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(received).to.equal("");
    await proxy.pass();
    expect(await reply).to.equal("held");
  });

  it("cuts the connection before the server sees the request, a given number of times", async () => {
    await proxy.cutBeforeRequest(1);
    expect(await ask("lost")).to.equal("closed");
    client = connect(proxy.port, "127.0.0.1");
    expect(await ask("found")).to.equal("found");
    expect(received).to.equal("found");
  });

  it("cuts the connection after the server has seen the request", async () => {
    await proxy.cutBeforeReply();
    expect(await ask("done")).to.equal("closed");
    expect(received).to.equal("done");
  });

  const isSilent = async (text: string) => {
    const silence = new Promise((resolve) => setTimeout(resolve, 100, "silence"));
    return (await Promise.race([ask(text), silence])) === "silence";
  };
  const reconnect = async () => {
    client = connect(proxy.port, "127.0.0.1");
    client.on("error", () => {});
    await once(client, "connect");
  };

  it("drops open connections silently, and new ones work", async () => {
    proxy.dropSilently();
    expect(await isSilent("dropped")).to.equal(true);
    expect(received).to.equal("");
    client.destroy();
    await reconnect();
    expect(await ask("found")).to.equal("found");
  });

  it("drops open and new connections in blackhole(), and only new ones work after pass()", async () => {
    await proxy.blackhole();
    expect(await isSilent("dropped")).to.equal(true);
    const old = client;
    await reconnect();
    expect(await isSilent("dropped, too")).to.equal(true);
    await proxy.pass();
    expect(await isSilent("still dropped")).to.equal(true);
    client.destroy();
    await reconnect();
    expect(await ask("found")).to.equal("found");
    expect(received).to.equal("found");
    old.destroy();
  });

  it("resets open connections", async () => {
    await ask("first");
    proxy.resetAll();
    const [error] = await once(client, "error").catch((cause) => [cause]);
    expect(error).to.have.property("code", "ECONNRESET");
  });

  it("carries replies no faster than throttle() allows", async () => {
    await proxy.throttle(1_000_000);
    const start = performance.now();
    client.write("x".repeat(200_000));
    let bytes = 0;
    for await (const chunk of client) if ((bytes += (chunk as Buffer).length) >= 200_000) break;
    expect(performance.now() - start).to.be.at.least(190);
  });

  it("connects new connections to another server after retarget()", async () => {
    const other = createServer((socket) => socket.end("other")).listen(0, "127.0.0.1");
    await once(other, "listening");
    proxy.retarget((other.address() as AddressInfo).port);
    expect(await ask("first")).to.equal("first");
    client.destroy();
    client = connect(proxy.port, "127.0.0.1");
    const [reply] = await once(client, "data");
    expect(`${reply}`).to.equal("other");
    other.close();
  });

  it("refuses connections, and listens on the same port again after pass()", async () => {
    const { port } = proxy;
    await proxy.refuse();
    client = connect(port, "127.0.0.1");
    const [error] = await once(client, "error").catch((cause) => [cause]);
    expect(error).to.have.property("code", "ECONNREFUSED");
    await proxy.pass();
    client = connect(port, "127.0.0.1");
    expect(await ask("back")).to.equal("back");
  });
});
