/** The bytes of the session data as JSON. Every session has a different user, so cookies differ. */
export const SIZES = { small: 27, medium: 977 };

/** Returns data whose JSON has exactly this number of bytes. */
export function dataOf(bytes, number) {
  const data = { user: 10_000 + (number % 90_000), visits: 100 };
  if (bytes === SIZES.small) return data;
  data.name = "Ada Lovelace, Countess";
  data.roles = ["author", "editor"];
  data.cart = [];
  const missing = () => bytes - JSON.stringify(data).length;
  const item = { sku: "B-1815-12-10", title: "Sketch of the Analytical Engine", price: 18.43 };
  const room = JSON.stringify({ ...item, count: 1 }).length + 1 + ',"note":""'.length;
  for (let count = 1; missing() > room && count <= 9; count++) data.cart.push({ ...item, count });
  data.note = "";
  data.note = "n".repeat(Math.max(0, missing()));
  return data;
}

/** Keeps the number of visits at three digits, so that the size of the data does not change. */
export function nextVisit(visits) {
  return visits === 999 ? 100 : visits + 1;
}

/** The actions of a handler if the session data are a plain object at `data(session)`. */
export function objectActions(data) {
  return {
    seed(session, values) {
      Object.assign(data(session), values);
    },
    read(session) {
      return data(session).visits;
    },
    write(session) {
      const object = data(session);
      object.visits = nextVisit(object.visits);
    },
    dump: (session) => ({ ...data(session) }),
  };
}

/** The actions of a handler if the session has `get(key)` and `set(key, value)`. */
export const accessorActions = {
  seed(session, values) {
    for (const [key, value] of Object.entries(values)) session.set(key, value);
  },
  read: (session) => session.get("visits"),
  write: (session) => session.set("visits", nextVisit(session.get("visits"))),
  dump(session) {
    const values = {};
    for (const key of ["user", "visits", "name", "roles", "cart", "note"]) {
      const value = session.get(key);
      if (value !== undefined && value !== null) values[key] = value;
    }
    return values;
  },
};
