import { describe, expect, it } from "vitest";
import { createLease } from "../../../../ingest/log/kafka/lease.ts";

function leaseOf(ms: number) {
  const clock = { now: 1_000 };
  return { clock, lease: createLease(ms, () => clock.now) };
}

describe("the lease of a member", () => {
  it("is not held before the group said yes, and ends so long after the request left", () => {
    const { clock, lease } = leaseOf(6_000);
    expect(lease.isHeld).toBe(false);
    lease.confirmed("Heartbeat");
    expect(lease.isHeld).toBe(false);
    lease.answered("Heartbeat", 400);
    lease.confirmed("Heartbeat");
    expect(lease.isHeld).toBe(true);
    clock.now += 5_599;
    expect(lease.isHeld).toBe(true);
    clock.now += 1;
    expect(lease.isHeld).toBe(false);
  });

  it("is not renewed by an answer that lay in the socket of a stopped process", () => {
    const { clock, lease } = leaseOf(6_000);
    lease.answered("Heartbeat", 0);
    lease.confirmed("Heartbeat");
    clock.now += 60_000;
    lease.answered("Heartbeat", 60_000);
    lease.confirmed("Heartbeat");
    expect(lease.isHeld).toBe(false);
  });

  it("does not go back when a request that left earlier is answered later", () => {
    const { clock, lease } = leaseOf(6_000);
    clock.now += 5_000;
    lease.answered("SyncGroup", 0);
    lease.confirmed("SyncGroup");
    lease.answered("Heartbeat", 4_000);
    lease.confirmed("Heartbeat");
    clock.now += 5_999;
    expect(lease.isHeld).toBe(true);
  });

  it("is given up when the membership is in doubt, whatever was answered before", () => {
    const { lease } = leaseOf(6_000);
    lease.answered("Heartbeat", 0);
    lease.confirmed("Heartbeat");
    lease.drop();
    expect(lease.isHeld).toBe(false);
    lease.confirmed("Heartbeat");
    expect(lease.isHeld).toBe(false);
  });

  it("is not given back by the answer to a request that left before", () => {
    const { clock, lease } = leaseOf(6_000);
    lease.drop();
    clock.now += 300;
    lease.answered("Heartbeat", 301);
    lease.confirmed("Heartbeat");
    expect(lease.isHeld).toBe(false);
    lease.answered("SyncGroup", 200);
    lease.confirmed("SyncGroup");
    expect(lease.isHeld).toBe(true);
  });
});
