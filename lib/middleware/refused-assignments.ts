/**
 * Makes assignments to `ctx.session` throw, except to `data` and `lifetime`, which have setters.
 * Outside of strict mode, JavaScript would ignore those to a property without a setter, and would
 * keep others on the object: an app would learn only later that nothing was saved.
 */
export function refuseAssignments(prototype: object): void {
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (property.get && !property.set) {
      Object.defineProperty(prototype, name, {
        set() {
          refuse(name);
        },
      });
    }
  }
  // Assignments to properties that are missing end in the prototype's prototype.
  Object.setPrototypeOf(prototype, new Proxy({}, { set: (_target, name) => refuse(name) }));
}

function refuse(name: string | symbol): never {
  const key = String(name);
  throw new TypeError(
    `ctx.session.${key} cannot be set. Write ctx.session.data.${key} to keep it in the session.`,
  );
}
