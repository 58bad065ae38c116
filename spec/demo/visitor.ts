import type { BrowserContext, Locator, Page } from "playwright-core";

type PageCookie = Awaited<ReturnType<BrowserContext["cookies"]>>[number];

/** A visitor with one tab of the demo. */
export class Visitor {
  readonly page: Page;
  readonly #home: string;

  constructor(page: Page, home: string) {
    this.page = page;
    this.#home = home;
  }

  async visit(): Promise<void> {
    await this.page.goto(this.#home);
  }

  /** Resolves when the next page has loaded. */
  async press(button: string): Promise<void> {
    const loaded = this.page.waitForEvent("load");
    await this.page.getByRole("button", { name: button, exact: true }).click();
    await loaded;
  }

  /** Resolves when the next page has loaded. */
  async follow(link: string): Promise<void> {
    const loaded = this.page.waitForEvent("load");
    await this.page.getByRole("link", { name: link }).click();
    await loaded;
  }

  async logIn(name: string): Promise<void> {
    await this.page.getByLabel("Name").fill(name);
    await this.press("Log in");
  }

  async write(note: string): Promise<void> {
    await this.page.getByLabel("New note").fill(note);
    await this.press("Add");
  }

  region(name: string): Locator {
    return this.page.getByRole("region", { name });
  }

  /** "Log in", or the name of the user. */
  get heading(): Locator {
    return this.page.locator("#account");
  }

  async count(): Promise<string> {
    return (await this.region("Counter").locator("output").textContent()) ?? "";
  }

  async notes(): Promise<string[]> {
    return this.region("Notes").locator("li > span").allTextContents();
  }

  /** The last events in the panel. */
  async events(): Promise<string[]> {
    const items = await this.region("Last events").locator("li").allInnerTexts();
    return items.map((item) => item.split(/\s+(?:GET|POST) /)[0]!);
  }

  /** The value of a labelled part in the panel: for example, of the key ID. */
  async fact(region: string, name: string): Promise<string | null> {
    return this.region(region).locator(`dt:text-is("${name}") + dd`).textContent();
  }

  async cookie(): Promise<PageCookie | undefined> {
    const cookies = await this.page.context().cookies(this.#home);
    return cookies.find((cookie) =>
      this.#home.includes(cookie.name.replace("__Host-", "").replace("-", "/")),
    );
  }

  /** Replaces the value of the session's cookie in the browser. */
  async takeOn(cookie: PageCookie, value: string): Promise<void> {
    await this.page.context().addCookies([{ ...cookie, value }]);
    await this.visit();
  }
}
