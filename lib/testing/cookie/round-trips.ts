import { currentSecond } from "../../records/expiry.js";
import { assertSame, assertTrue, show } from "../assertions.js";
import { inParallel } from "../concurrency.js";
import type { Specify } from "../test-runner.js";
import { assertOpened, recordWith, variousRecords } from "./records.js";
import type { StartProcess } from "./sealed-cookies.js";

/** The cookie-octets of RFC 6265 (4.1.1), without %, which cookie parsers decode. */
const COOKIE_SAFE = /^[!#$&-+\--:<-[\]-~]*$/;
const PARALLEL_RECORDS = 20;

export function specifyRoundTrips(specify: Specify, start: StartProcess): void {
  specify("seal() returns a value that a cookie can hold unencoded.", async () => {
    const cookies = await start();
    for (const record of variousRecords()) {
      const value = await cookies.seal(record);
      const seen = `seal() returned ${show(value)}, which is no string.`;
      assertTrue(typeof value === "string", seen);
      const forbidden = Array.from(value).filter((character) => !COOKIE_SAFE.test(character));
      assertSame("The list of characters that RFC 6265 forbids", forbidden.join(""), "");
      assertTrue(value !== "", "seal() returned an empty value.");
    }
  });
  specify("unseal() returns exactly the text and the times that were sealed.", async () => {
    const cookies = await start();
    for (const record of variousRecords())
      assertOpened(await cookies.unseal(await cookies.seal(record)), record);
  });
  specify(
    "unseal() opens a value that another process sealed with the same keys.",
    async () => {
      const [cookies, otherProcess] = [await start(), await start()];
      const record = recordWith("{}");
      assertOpened(await cookies.unseal(await otherProcess.seal(record)), record);
    },
    "All stores that the option `create` makes must have the same keys.",
  );
  specify("A value that was sealed just now is not outdated.", async () => {
    const cookies = await start();
    const opened = await cookies.unseal(await cookies.seal(recordWith("{}")));
    const outdated = typeof opened === "object" && opened.outdated === true;
    assertSame("outdated", outdated, false);
  });
  specify("Records that are sealed and unsealed at the same time are not mixed up.", async () => {
    const cookies = await start();
    await inParallel(PARALLEL_RECORDS, async (index) => {
      const record = recordWith(JSON.stringify({ index, fill: "x".repeat(index * 10) }));
      assertOpened(await cookies.unseal(await cookies.seal(record)), record);
    });
  });
  specify("load() rejects a value that has expired.", async () => {
    const cookies = await start();
    const now = currentSecond();
    const value = await cookies.seal({ text: "{}", created: now - 20, expires: now - 10 });
    const answer = await cookies.load(value);
    assertTrue(typeof answer === "string", "load() returned a session.");
  });
}
