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
