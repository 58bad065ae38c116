// A store on DynamoDB that your app can import. spec/examples/dynamodb-store.spec.ts shows how to use
// it.
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  paginateQuery,
  PutItemCommand,
  type CreateTableCommandInput,
  type DynamoDBClient,
  type PutItemCommandInput,
} from "@aws-sdk/client-dynamodb";
import {
  ExternalStore,
  type BackendCall,
  type ExternalStoreOptions,
  type Insertion,
  type Replacement,
} from "@hattip/session";

/**
 * Create these tables once, with the `CreateTableCommand` or with the same definitions in your
 * infrastructure's code. The second is for the option `owner`: it says which sessions a user has.
 */
export const TABLES: readonly CreateTableCommandInput[] = [
  {
    TableName: "sessions",
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [{ AttributeName: "sessionKey", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "sessionKey", KeyType: "HASH" }],
  },
  {
    TableName: "session_owners",
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [
      { AttributeName: "ownerKey", AttributeType: "S" },
      { AttributeName: "sessionKey", AttributeType: "S" },
    ],
    KeySchema: [
      { AttributeName: "ownerKey", KeyType: "HASH" },
      { AttributeName: "sessionKey", KeyType: "RANGE" },
    ],
  },
];

/**
 * Set this once for each table, with the `UpdateTimeToLiveCommand`. DynamoDB then deletes expired
 * items for nothing, but up to some days late: so the store ignores them.
 */
export const TIME_TO_LIVE = { AttributeName: "expires", Enabled: true };

/** An item has at most 400 KB, with its key and the names of its attributes. */
const MAX_BYTES = 400_000;

/** Conditions know no clock of DynamoDB's, and times to live are whole seconds. */
const secondsFromNow = (ttl: number) => ({ N: `${Math.floor(Date.now() / 1000) + ttl}` });

const itemOf = (key: string, { text, ttl }: Insertion) => ({
  sessionKey: { S: key },
  sessionRecord: { S: text },
  expires: secondsFromNow(ttl),
});

/**
 * Keeps sessions in DynamoDB, in one region: a global table that is eventually consistent compares
 * only within a region. Keep the clocks of your servers right: the times are theirs. It needs the
 * rights `GetItem`, `PutItem` and `DeleteItem`, for the option `owner` also `Query`. A `prefix` has at
 * most 900 bytes.
 */
export class DynamoDBSessionStore extends ExternalStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #ownersTable: string;

  constructor({
    client,
    table = "sessions",
    ownersTable = "session_owners",
    ...options
  }: ExternalStoreOptions & { client: DynamoDBClient; table?: string; ownersTable?: string }) {
    super(options);
    if ((options.maxBytes ?? 0) > MAX_BYTES) {
      throw new TypeError(`The option maxBytes must be at most ${MAX_BYTES} on DynamoDB.`);
    }
    this.#client = client;
    this.#table = table;
    this.#ownersTable = ownersTable;
  }

  protected async read(key: string, { signal }: BackendCall): Promise<string | null> {
    const { Item } = await this.#client.send(
      new GetItemCommand({
        TableName: this.#table,
        Key: { sessionKey: { S: key } },
        ConsistentRead: true,
      }),
      { abortSignal: signal },
    );
    if (Number(Item?.["expires"]?.N) < Number(secondsFromNow(0).N)) return null;
    return Item?.["sessionRecord"]?.S ?? null;
  }

  protected create(key: string, insertion: Insertion, call: BackendCall): Promise<boolean> {
    return this.#put(call, {
      TableName: this.#table,
      Item: itemOf(key, insertion),
      ConditionExpression: "attribute_not_exists(sessionKey)",
    });
  }

  protected update(key: string, replacement: Replacement, call: BackendCall): Promise<boolean> {
    return this.#put(call, {
      TableName: this.#table,
      Item: itemOf(key, replacement),
      ConditionExpression: "sessionRecord = :expected AND expires >= :now",
      ExpressionAttributeValues: {
        ":expected": { S: replacement.expected },
        ":now": secondsFromNow(0),
      },
    });
  }

  protected async remove(key: string, { signal }: BackendCall): Promise<void> {
    await this.#client.send(
      new DeleteItemCommand({ TableName: this.#table, Key: { sessionKey: { S: key } } }),
      { abortSignal: signal },
    );
  }

  protected override async link(
    owner: string,
    key: string,
    ttl: number,
    call: BackendCall,
  ): Promise<void> {
    const expires = secondsFromNow(ttl);
    await this.#put(call, {
      TableName: this.#ownersTable,
      Item: { ownerKey: { S: owner }, sessionKey: { S: key }, expires },
      // An entry that ends later stays as it is.
      ConditionExpression: "attribute_not_exists(sessionKey) OR expires <= :expires",
      ExpressionAttributeValues: { ":expires": expires },
    });
  }

  protected override async unlink(
    owner: string,
    key: string,
    { signal }: BackendCall,
  ): Promise<void> {
    await this.#client.send(
      new DeleteItemCommand({
        TableName: this.#ownersTable,
        Key: { ownerKey: { S: owner }, sessionKey: { S: key } },
      }),
      { abortSignal: signal },
    );
  }

  protected override async linked(owner: string, { signal }: BackendCall): Promise<string[]> {
    const pages = paginateQuery(
      { client: this.#client },
      {
        TableName: this.#ownersTable,
        ConsistentRead: true,
        KeyConditionExpression: "ownerKey = :owner",
        FilterExpression: "expires >= :now",
        ExpressionAttributeValues: { ":owner": { S: owner }, ":now": secondsFromNow(0) },
      },
      { abortSignal: signal },
    );
    const keys: string[] = [];
    for await (const { Items = [] } of pages) {
      for (const item of Items) keys.push(item["sessionKey"]!.S!);
    }
    return keys;
  }

  /** Writes an item if its condition holds. */
  async #put({ signal }: BackendCall, input: PutItemCommandInput): Promise<boolean> {
    try {
      await this.#client.send(new PutItemCommand(input), { abortSignal: signal });
      return true;
    } catch (error) {
      const isRefused = error instanceof ConditionalCheckFailedException;
      // The client sends a call again if the answer is lost. Then it may be the first call itself that
      // has changed the item, and nobody knows whether it has written.
      if (isRefused && error.$metadata.attempts === 1) return false;
      throw error;
    }
  }
}
