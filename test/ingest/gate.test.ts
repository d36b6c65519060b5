import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createGate } from "../../ingest/gate.ts";

const never = new AbortController().signal;

describe("a gate", () => {
  it("is held only when nobody is inside, and lets those who waited pass afterwards", async () => {
    const gate = createGate();
    const happened: string[] = [];
    const leave = await gate.enter();
    const held = gate.hold(never).then((open) => {
      happened.push("held");
      return open;
    });
    const passed = gate.pass(async () => happened.push("passed"));
    await new Promise((next) => setImmediate(next));
    expect(happened).toEqual([]);
    leave();
    const open = await held;
    await new Promise((next) => setImmediate(next));
    expect(happened).toEqual(["held"]);
    open();
    await passed;
    expect(happened).toEqual(["held", "passed"]);
  });

  it("lets those in before a hold that still waits who must be finished before it, and nobody once it is held", async () => {
    const gate = createGate();
    const leave = await gate.enter();
    const held = gate.hold(never);
    const leaveToo = await gate.join();
    leave();
    leaveToo();
    const open = await held;
    let isIn = false;
    const late = gate.join().then(() => {
      isIn = true;
    });
    await new Promise((next) => setImmediate(next));
    expect(isIn).toBe(false);
    open();
    await late;
  });

  it("opens again when whoever holds it gives up waiting", async () => {
    const gate = createGate();
    await gate.enter();
    const patience = new AbortController();
    const held = gate.hold(patience.signal);
    patience.abort(new Error("too long"));
    await expect(held).rejects.toThrow("too long");
    await gate.pass(async () => undefined);
  });

  it("does not keep those who can wait no longer", async () => {
    const gate = createGate();
    await gate.hold(never);
    const giveUp = new AbortController();
    const passed = gate.pass(async () => "through", giveUp.signal);
    giveUp.abort();
    expect(await passed).toBe("through");
  });

  it("never has anybody inside while it is held, in whatever order they come", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom("pass", "hold"), { maxLength: 30 }), async (steps) => {
        const gate = createGate();
        let inside = 0;
        let holding = 0;
        const tick = () => new Promise((next) => setImmediate(next));
        const work = steps.map(async (step) => {
          if (step === "pass") {
            return gate.pass(async () => {
              inside += 1;
              expect(holding).toBe(0);
              await tick();
              inside -= 1;
            });
          }
          const open = await gate.hold(never);
          holding += 1;
          expect(inside).toBe(0);
          await tick();
          expect(inside).toBe(0);
          holding -= 1;
          open();
        });
        await Promise.all(work);
      }),
      { numRuns: 50 },
    );
  });
});
