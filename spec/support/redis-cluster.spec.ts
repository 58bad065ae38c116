import { expect } from "chai";
import { RedisCluster } from "./redis-cluster.js";

describe("RedisCluster", function () {
  this.timeout(90_000);

  it("has three masters with one replica each, and serves every slot", async () => {
    const cluster = await RedisCluster.start();
    try {
      const nodes = await cluster.nodes[0]!.cli("CLUSTER", "NODES");
      expect(nodes.match(/\bmaster\b/g)).to.have.length(3);
      expect(nodes.match(/\bslave\b/g)).to.have.length(3);
      expect(await cluster.nodes[0]!.cli("-c", "SET", "key", "value")).to.equal("OK");
      expect(await cluster.nodes[1]!.cli("-c", "GET", "key")).to.equal("value");
    } finally {
      await cluster.stop();
    }
  });
});
