// The official JavaScript client: the cases of ../cases.toml that it can express.
//
// Usage: node cases.js CONNECTION_STRING ADMIN_URL CA_FILE|- [CASE…]
//
// Prints one JSON line a case: {"case": …, "ok": …, "seconds": …, "reason": …}. A line
// {"restart": true} asks whoever started this to kill the broker, start it again, and
// answer with a line. The CA file must be in NODE_EXTRA_CA_CERTS. SDK_HTTPS in the
// environment says where web sockets are taken, as host:port.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHmac, randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import {
  ServiceBusAdministrationClient,
  ServiceBusClient,
} from "@azure/service-bus";
import WebSocket from "ws";

const [CONNECTION, ADMIN, CA, ...WANTED] = process.argv.slice(2);
const HOST = CONNECTION.match(/sb:\/\/([^/;]*)/)[1];
const AT_ONCE = 8;
// How long anything may take before it is said not to have happened.
const WAIT = 30_000;
const DEAD = { subQueueType: "deadLetter" };

// What most cases do.

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const hours = (number) => number * 3_600_000;
const later = (ms) => new Date(Date.now() + ms);
// What was only looked at comes in the client's inner wrapping.
const bytes = ({ body }) => Buffer.from(body?.content ?? body);
const texts = (messages) => messages.map((m) => bytes(m).toString());
const plain = (words) => ({ body: Buffer.from(words) });
const numbers = (count) => [...Array(count).keys()].map(String);

async function send(client, queue, ...messages) {
  const sender = client.createSender(queue);
  for (const message of messages) {
    await sender.sendMessages(typeof message === "string" ? plain(message) : message);
  }
  await sender.close();
}

/** A receiver that hands bodies out as they are. */
function open(client, queue, how = {}) {
  return client.createReceiver(queue, { skipParsingBodyAsJson: true, ...how });
}

/** So many messages; fails when they do not come. */
async function receive(receiver, count = 1, wait = WAIT) {
  const got = [];
  while (got.length < count) {
    const how = { maxWaitTimeInMs: wait };
    const some = await receiver.receiveMessages(count - got.length, how);
    assert.ok(some.length, `${got.length} of ${count} messages came`);
    got.push(...some);
  }
  return got;
}

/** Receive, complete and return so many messages. */
async function take(client, queue, count = 1, how = {}) {
  const receiver = open(client, queue, how);
  const got = await receive(receiver, count);
  for (const message of got) await receiver.completeMessage(message);
  await receiver.close();
  return got;
}

/** Everything in the queue, whatever its state. */
async function look(client, queue, how = {}) {
  const receiver = open(client, queue, how);
  const seen = await receiver.peekMessages(100, { fromSequenceNumber: Long(1) });
  await receiver.close();
  return seen;
}

async function nothingIn(client, queue, how = {}) {
  assert.deepEqual(texts(await look(client, queue, how)), []);
}

async function until(what, found) {
  const ends = Date.now() + WAIT;
  while (Date.now() < ends) {
    const seen = await found();
    if (seen) return seen;
    await sleep(100);
  }
  assert.fail(`${what}: not within ${WAIT} ms`);
}

async function fails(code, work) {
  const codes = [code].flat();
  await assert.rejects(work, (error) => {
    assert.ok(codes.includes(error.code), `${error.code}: ${error.message}`);
    return true;
  });
}

/** The client takes a number of 64 bits as its library has them. */
let Long = () => undefined;

function connect(connection = CONNECTION) {
  return new ServiceBusClient(connection, {
    retryOptions: { maxRetries: 0, timeoutInMs: 20_000 },
  });
}

function administer(connection = CONNECTION) {
  const admin = new ServiceBusAdministrationClient(connection, {
    retryOptions: { maxRetries: 0 },
  });
  // The client knows https only; the emulator's samples do the same.
  admin.pipeline.addPolicy({
    name: "plain",
    sendRequest(request, next) {
      request.url = request.url.replace(`https://${HOST}`, ADMIN);
      request.allowInsecureConnection = true;
      return next(request);
    },
  });
  return admin;
}

/** A connection string with a token instead of a key. */
function signature(queue, expires) {
  const resource = encodeURIComponent(`sb://${HOST}/${queue}`);
  const signed = createHmac("sha256", "SAS_KEY_VALUE");
  const digest = signed.update(`${resource}\n${expires}`).digest("base64");
  const token =
    `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(digest)}` +
    `&se=${expires}&skn=RootManageSharedAccessKey`;
  const emulator = CA === "-" ? ";UseDevelopmentEmulator=true" : "";
  return `Endpoint=sb://${HOST};SharedAccessSignature=${token}${emulator}`;
}

function asPolicy(name, key) {
  return CONNECTION.replace("RootManageSharedAccessKey", name).replace(
    "SAS_KEY_VALUE",
    key,
  );
}

const CASES = {
  // Sending.

  async send_one(client, queue) {
    const sent = {
      body: Buffer.from('{"sbd": "æøå"}'),
      applicationProperties: { tekst: "æøå", tall: 42 },
      contentType: "application/json",
      correlationId: "c-1",
      messageId: "m-1",
      partitionKey: "p-1",
      replyTo: "svar",
      replyToSessionId: "økt",
      subject: "emne",
      timeToLive: hours(1),
      to: "noen",
    };
    await send(client, queue, sent);
    const [got] = await take(client, queue);
    for (const name of Object.keys(sent)) {
      assert.deepEqual(got[name], sent[name], name);
    }
    assert.equal(got.deliveryCount, 0);
    assert.equal(got.sequenceNumber.toNumber(), 1);
    assert.equal(got.expiresAtUtc - got.enqueuedTimeUtc, hours(1));
    assert.ok(got.lockedUntilUtc > got.enqueuedTimeUtc);
    assert.ok(Math.abs(got.enqueuedTimeUtc - Date.now()) < 60_000);
    await nothingIn(client, queue);
  },

  async send_without_id(client, queue) {
    await send(client, queue, "x");
    const [got] = await take(client, queue);
    assert.ok(got.messageId);
    await nothingIn(client, queue);
  },

  async send_list_and_batch(client, queue) {
    const sender = client.createSender(queue);
    await sender.sendMessages(numbers(50).map(plain));
    const batch = await sender.createMessageBatch();
    for (const n of numbers(50)) assert.ok(batch.tryAddMessage(plain(`${50 + +n}`)));
    await sender.sendMessages(batch);
    assert.deepEqual(texts(await take(client, queue, 100)), numbers(100));
  },

  async send_many_at_once(client, queue) {
    const sender = client.createSender(queue);
    await Promise.all(numbers(500).map((n) => sender.sendMessages(plain(n))));
    assert.deepEqual(texts(await take(client, queue, 500)), numbers(500));
  },

  async send_from_eight(client, queue) {
    const work = (own) =>
      send(client, queue, ...numbers(20).map((n) => `${own}-${n}`));
    await Promise.all(numbers(8).map(work));
    const got = texts(await take(client, queue, 160));
    for (const own of numbers(8)) {
      const its = got.filter((name) => name.startsWith(`${own}-`));
      assert.deepEqual(its, numbers(20).map((n) => `${own}-${n}`));
    }
  },

  async send_bodies(client, queue) {
    for (const size of [0, 1, 65_536, 256 * 1024, 1024 * 1024, 4_900_000]) {
      const body = Buffer.alloc(size);
      for (let n = 0; n < size; n += 1) body[n] = (n * 7) % 251;
      await send(client, queue, { body });
      const [got] = await take(client, queue);
      assert.ok(body.equals(Buffer.from(got.body)), `${size}`);
    }
  },

  async send_body_kinds(client, queue) {
    const values = [{ a: 1, b: [true, null, "æ"] }, [1, "to"], "tekst", 7, null];
    const kinds = values.map((body) => ({ bodyType: "value", body }));
    kinds.push({ bodyType: "sequence", body: [[1, "to"], [3]] });
    kinds.push({ bodyType: "data", body: Buffer.from("rå") });
    await send(client, queue, ...kinds);
    const got = await take(client, queue, kinds.length);
    got.forEach((message, n) => {
      const { body, bodyType } = message._rawAmqpMessage;
      assert.equal(bodyType, kinds[n].bodyType);
      // A sequence comes in the client's inner wrapping.
      assert.deepEqual(body?.content ?? body, kinds[n].body);
    });
  },

  async send_property_types(client, queue) {
    const applicationProperties = {
      tekst: "blåbærsyltetøy",
      tall: -7,
      stort: 2 ** 40,
      brøk: 1.5,
      ja: true,
      nei: false,
      null: null,
      da: new Date("2026-05-17T12:00:00Z"),
    };
    await send(client, queue, { body: "x", applicationProperties });
    const [got] = await take(client, queue);
    // The client hands timestamps out as milliseconds.
    applicationProperties.da = +applicationProperties.da;
    assert.deepEqual(got.applicationProperties, applicationProperties);
  },

  async send_too_large(client, queue) {
    const sender = client.createSender(queue);
    const large = { body: Buffer.alloc(6 * 1024 * 1024) };
    await fails("MessageSizeExceeded", sender.sendMessages(large));
    await sender.sendMessages(plain("liten"));
    assert.deepEqual(texts(await take(client, queue)), ["liten"]);
    await nothingIn(client, queue);
  },

  async send_batch_too_large(client, queue) {
    const sender = client.createSender(queue);
    const parts = numbers(6).map(() => ({ body: Buffer.alloc(1024 * 1024) }));
    await fails("MessageSizeExceeded", sender.sendMessages(parts));
    await nothingIn(client, queue);
  },

  async schedule(client, queue) {
    const due = later(4_000);
    const sender = client.createSender(queue);
    const given = await sender.scheduleMessages([plain("en"), plain("to")], due);
    const seen = await look(client, queue);
    assert.deepEqual(seen.map((m) => m.state), ["scheduled", "scheduled"]);
    assert.deepEqual(seen.map((m) => `${m.sequenceNumber}`), given.map(String));
    const got = await take(client, queue, 2);
    assert.ok(Date.now() >= +due);
    assert.deepEqual(texts(got), ["en", "to"]);
    assert.ok(got.every((m) => m.enqueuedTimeUtc >= +due - 1000));
  },

  async schedule_by_property(client, queue) {
    const due = later(3_000);
    const sent = { ...plain("senere"), scheduledEnqueueTimeUtc: due };
    await send(client, queue, sent, "nå");
    assert.deepEqual(texts(await take(client, queue)), ["nå"]);
    assert.deepEqual(texts(await take(client, queue)), ["senere"]);
    assert.ok(Date.now() >= +due);
  },

  async schedule_cancel(client, queue) {
    const sender = client.createSender(queue);
    const [number] = await sender.scheduleMessages(plain("aldri"), later(hours(1)));
    await sender.cancelScheduledMessages(number);
    await nothingIn(client, queue);
    // An error or silence, and no harm done.
    await sender.cancelScheduledMessages(Long(4711)).catch(() => {});
    await sender.scheduleMessages(plain("så"), later(1_000));
    assert.deepEqual(texts(await take(client, queue)), ["så"]);
  },

  async ttl_dead_letter(client, queue) {
    await send(client, queue, { ...plain("x"), timeToLive: 1000 });
    const [dead] = await take(client, queue, 1, DEAD);
    assert.deepEqual(texts([dead]), ["x"]);
    assert.equal(dead.deadLetterReason, "TTLExpiredException");
    await nothingIn(client, queue);
  },

  async ttl_drop(client, queue) {
    await send(client, queue, { ...plain("x"), timeToLive: 1000 }, "y");
    const left = async () => texts(await look(client, queue)).join() === "y";
    await until("gone", left);
    assert.deepEqual(texts(await take(client, queue)), ["y"]);
    await nothingIn(client, queue, DEAD);
  },

  async ttl_queue(client, queue) {
    for (const timeToLive of [undefined, hours(2), 60_000]) {
      await send(client, queue, { ...plain("x"), timeToLive });
      const [got] = await take(client, queue);
      const lives = got.expiresAtUtc - got.enqueuedTimeUtc;
      assert.equal(lives, Math.min(timeToLive ?? Infinity, hours(1)));
    }
  },

  async duplicates(client, queue) {
    const named = (messageId, words) => ({ ...plain(words), messageId });
    const sender = client.createSender(queue);
    await sender.sendMessages(named("1", "første"));
    await sender.sendMessages(named("1", "igjen"));
    await sender.sendMessages([named("2", "andre"), named("1", "i en liste")]);
    assert.deepEqual(texts(await take(client, queue, 2)), ["første", "andre"]);
    await sender.sendMessages(named("1", "etter at den er fullført"));
    await sender.scheduleMessages(named("1", "planlagt"), later(hours(1)));
    await nothingIn(client, queue);
  },

  async duplicates_later(client, queue) {
    const named = () => ({ ...plain("x"), messageId: "1" });
    await send(client, queue, named(), named());
    await sleep(22_000);
    await send(client, queue, named());
    await take(client, queue, 2);
    await nothingIn(client, queue);
  },

  // Receiving and settling.

  async complete(client, queue) {
    await send(client, queue, "x");
    const receiver = open(client, queue);
    const [got] = await receive(receiver);
    await receiver.completeMessage(got);
    await assert.rejects(receiver.completeMessage(got));
    await nothingIn(client, queue);
  },

  async abandon(client, queue) {
    await send(client, queue, "a", "b");
    const receiver = open(client, queue);
    for (const count of [0, 1, 2]) {
      const [got] = await receive(receiver);
      assert.deepEqual([...texts([got]), got.deliveryCount], ["a", count]);
      await receiver.abandonMessage(got);
    }
    assert.deepEqual(texts(await take(client, queue, 2)), ["a", "b"]);
  },

  async abandon_changed(client, queue) {
    const applicationProperties = { a: 1, b: "før" };
    await send(client, queue, { ...plain("x"), applicationProperties });
    const receiver = open(client, queue);
    const [got] = await receive(receiver);
    await receiver.abandonMessage(got, { b: "etter", c: true });
    const [again] = await take(client, queue);
    const expected = { a: 1, b: "etter", c: true };
    assert.deepEqual(again.applicationProperties, expected);
  },

  async defer(client, queue) {
    await send(client, queue, "x", "y");
    const receiver = open(client, queue);
    const [got] = await receive(receiver);
    await receiver.deferMessage(got);
    assert.deepEqual(texts(await take(client, queue)), ["y"]);
    const [seen] = await look(client, queue);
    assert.equal(seen.state, "deferred");
    const number = got.sequenceNumber;
    const [again] = await receiver.receiveDeferredMessages(number);
    assert.deepEqual(texts([again]), ["x"]);
    await receiver.completeMessage(again);
    await assert.rejects(receiver.receiveDeferredMessages(number));
    await nothingIn(client, queue);
  },

  async defer_settle(client, queue) {
    await send(client, queue, "x");
    const receiver = open(client, queue);
    const [got] = await receive(receiver);
    await receiver.deferMessage(got);
    let [again] = await receiver.receiveDeferredMessages(got.sequenceNumber);
    await receiver.abandonMessage(again);
    assert.equal((await look(client, queue))[0].state, "deferred");
    [again] = await receiver.receiveDeferredMessages(got.sequenceNumber);
    assert.ok(again.deliveryCount >= 1);
    await receiver.deadLetterMessage(again, { deadLetterReason: "nok" });
    const [dead] = await take(client, queue, 1, DEAD);
    assert.equal(dead.deadLetterReason, "nok");
    await nothingIn(client, queue);
  },

  async dead_letter(client, queue) {
    await send(client, queue, { ...plain("x"), applicationProperties: { k: 1 } }, "y");
    const receiver = open(client, queue);
    const [first, second] = await receive(receiver, 2);
    const why = { deadLetterReason: "grunn", deadLetterErrorDescription: "æøå" };
    await receiver.deadLetterMessage(first, why);
    await receiver.deadLetterMessage(second);
    assert.deepEqual(texts(await look(client, queue, DEAD)), ["x", "y"]);
    const aside = open(client, queue, DEAD);
    await aside.abandonMessage((await receive(aside))[0]);
    const [dead, other] = await take(client, queue, 2, DEAD);
    assert.deepEqual(texts([dead, other]), ["x", "y"]);
    assert.equal(dead.deliveryCount, 1);
    assert.equal(dead.deadLetterReason, "grunn");
    assert.equal(dead.deadLetterErrorDescription, "æøå");
    assert.equal(dead.deadLetterSource.toLowerCase(), queue);
    assert.equal(dead.applicationProperties.k, 1);
    await nothingIn(client, queue);
    await nothingIn(client, queue, DEAD);
  },

  async dead_letter_changed(client, queue) {
    await send(client, queue, "x");
    const receiver = open(client, queue);
    const [got] = await receive(receiver);
    await receiver.deadLetterMessage(got, { deadLetterReason: "grunn", egen: "verdi" });
    const [dead] = await take(client, queue, 1, DEAD);
    assert.equal(dead.deadLetterReason, "grunn");
    assert.equal(dead.applicationProperties.egen, "verdi");
  },

  async dead_letter_any_case(client, queue) {
    await send(client, queue, "x");
    const receiver = open(client, queue);
    await receiver.deadLetterMessage((await receive(receiver))[0]);
    const got = await take(client, `${queue}/$deadLetterQUEUE`);
    assert.deepEqual(texts(got), ["x"]);
  },

  async delivery_count(client, queue) {
    await send(client, queue, "x");
    const receiver = open(client, queue);
    for (const count of [0, 1, 2]) {
      const [got] = await receive(receiver);
      assert.equal(got.deliveryCount, count);
      await receiver.abandonMessage(got);
    }
    const [dead] = await take(client, queue, 1, DEAD);
    assert.equal(dead.deadLetterReason, "MaxDeliveryCountExceeded");
    await nothingIn(client, queue);
  },

  async closed_with_buffer(client, queue) {
    await send(client, queue, ...numbers(20));
    const receiver = open(client, queue);
    // Asked for twenty, closed as soon as the first are there.
    const first = await receiver.receiveMessages(20, { maxWaitTimeInMs: WAIT });
    assert.ok(first.length);
    await receiver.close();
    const got = texts(await take(client, queue, 20));
    assert.deepEqual(got.sort((a, b) => a - b), numbers(20));
  },

  async renew(client, queue) {
    await send(client, queue, "x");
    const receiver = open(client, queue, { maxAutoLockRenewalDurationInMs: 0 });
    const [got] = await receive(receiver);
    let end = got.lockedUntilUtc;
    const enough = +end + 3000;
    while (Date.now() < enough) {
      await sleep(1000);
      const next = await receiver.renewMessageLock(got);
      assert.ok(next > end);
      end = next;
    }
    await receiver.completeMessage(got);
    await nothingIn(client, queue);
  },

  async renew_by_client(client, queue) {
    await send(client, queue, "x");
    const receiver = open(client, queue);
    const [got] = await receive(receiver);
    await sleep(+got.lockedUntilUtc + 3000 - Date.now());
    await receiver.completeMessage(got);
    await nothingIn(client, queue);
  },

  async lock_expiry(client, queue) {
    await send(client, queue, "x");
    const how = { maxAutoLockRenewalDurationInMs: 0 };
    const receiver = open(client, queue, how);
    const [got] = await receive(receiver);
    const end = +got.lockedUntilUtc;
    const other = open(client, queue, how);
    const [again] = await receive(other);
    assert.ok(Date.now() >= end);
    assert.equal(again.deliveryCount, 1);
    assert.notEqual(again.lockToken, got.lockToken);
    await fails("MessageLockLost", receiver.renewMessageLock(got));
    await fails("MessageLockLost", receiver.completeMessage(got));
    await other.completeMessage(again);
    await nothingIn(client, queue);
  },

  async settle_elsewhere(client, queue) {
    await send(client, queue, "x", "y", "z");
    const receiver = open(client, queue);
    const [x, y, z] = await receive(receiver, 3);
    await receiver.close();
    // Their link is gone, so the client asks by request.
    const other = open(client, queue);
    await other.completeMessage(x);
    await fails("MessageLockLost", other.completeMessage(x));
    await other.abandonMessage(y);
    await other.deadLetterMessage(z, { deadLetterReason: "grunn" });
    const [again] = await take(client, queue);
    assert.deepEqual([...texts([again]), again.deliveryCount], ["y", 1]);
    const [dead] = await take(client, queue, 1, DEAD);
    assert.deepEqual([...texts([dead]), dead.deadLetterReason], ["z", "grunn"]);
  },

  async receive_and_delete(client, queue) {
    await send(client, queue, ...numbers(3));
    const how = { receiveMode: "receiveAndDelete" };
    const receiver = open(client, queue, how);
    assert.deepEqual(texts(await receive(receiver, 3)), numbers(3));
    await nothingIn(client, queue);
  },

  async iterate(client, queue) {
    await send(client, queue, ...numbers(50));
    const receiver = open(client, queue);
    const got = [];
    const how = { maxWaitTimeInMs: WAIT };
    for await (const message of receiver.getMessageIterator(how)) {
      got.push(...texts([message]));
      await receiver.completeMessage(message);
      if (got.length === 50) break;
    }
    assert.deepEqual(got, numbers(50));
    await nothingIn(client, queue);
  },

  async processor(client, queue) {
    await send(client, queue, ...numbers(200));
    const got = [];
    let running = 0;
    let most = 0;
    const receiver = open(client, queue);
    const all = new Promise((done, failed) => {
      receiver.subscribe(
        {
          async processMessage(message) {
            running += 1;
            most = Math.max(most, running);
            await sleep(20);
            running -= 1;
            if (got.push(...texts([message])) === 200) setTimeout(done, 100);
          },
          async processError({ error }) {
            failed(error);
          },
        },
        { maxConcurrentCalls: 50 },
      );
    });
    await all;
    await receiver.close();
    assert.ok(most > 1);
    assert.deepEqual(got.sort((a, b) => a - b), numbers(200));
    await nothingIn(client, queue);
  },

  async competing(client, queue) {
    await send(client, queue, ...numbers(90));
    const got = [];
    const work = async () => {
      const receiver = open(client, queue);
      while (got.length < 90) {
        const some = await receiver.receiveMessages(10, { maxWaitTimeInMs: 1000 });
        for (const message of some) {
          await receiver.completeMessage(message);
          got.push(...texts([message]));
        }
      }
    };
    await Promise.all([work(), work(), work()]);
    assert.deepEqual(got.sort((a, b) => a - b), numbers(90));
  },

  async empty(client, queue) {
    const receiver = open(client, queue);
    const none = await receiver.receiveMessages(1, { maxWaitTimeInMs: 1000 });
    assert.deepEqual(none, []);
    const sent = sleep(1000).then(() => send(client, queue, "endelig"));
    assert.deepEqual(texts(await receive(receiver)), ["endelig"]);
    await sent;
  },

  async peek(client, queue) {
    const receiver = open(client, queue);
    assert.deepEqual(await receiver.peekMessages(1), []);
    await send(client, queue, ...numbers(5));
    const from = async (number, count) => {
      const how = { fromSequenceNumber: Long(number) };
      return texts(await receiver.peekMessages(count, how));
    };
    assert.deepEqual(await from(1, 3), ["0", "1", "2"]);
    assert.deepEqual(await from(4, 9), ["3", "4"]);
    assert.deepEqual(await from(100, 1), []);
    const [first] = await take(client, queue, 5);
    assert.equal(first.deliveryCount, 0);
  },

  async peek_states(client, queue) {
    await send(client, queue, "utsatt", "låst", "ledig");
    const sender = client.createSender(queue);
    await sender.scheduleMessages(plain("x"), later(hours(1)));
    const receiver = open(client, queue);
    const [first] = await receive(receiver, 2);
    await receiver.deferMessage(first);
    const states = (await look(client, queue)).map((m) => m.state);
    assert.deepEqual(states, ["deferred", "active", "active", "scheduled"]);
  },

  // Names, rights, errors.

  async missing_entity(client, queue) {
    const missing = "MessagingEntityNotFound";
    await fails(missing, client.createSender("finnes-ikke").sendMessages(plain("x")));
    const receiver = open(client, "finnes-ikke");
    await fails(missing, receiver.receiveMessages(1, { maxWaitTimeInMs: 1000 }));
    await fails(missing, receiver.peekMessages(1));
    await send(client, queue, "x");
  },

  async names(client, queue) {
    await send(client, queue.toUpperCase(), "x");
    assert.deepEqual(texts(await take(client, queue)), ["x"]);
    await send(client, `${queue}/med/skråstrek`, "y");
    assert.deepEqual(texts(await take(client, `${queue}/Med/Skråstrek`)), ["y"]);
  },

  async wrong_key(client, queue) {
    const soon = Math.floor(Date.now() / 1000) + 600;
    for (const wrong of [
      asPolicy("RootManageSharedAccessKey", "feil"),
      asPolicy("Ukjent", "SAS_KEY_VALUE"),
      signature(queue, soon - 1600),
      signature("annen", soon),
    ]) {
      const other = connect(wrong);
      const sending = other.createSender(queue).sendMessages(plain("x"));
      await fails("UnauthorizedAccess", sending);
      await other.close();
    }
    const good = connect(signature(queue, soon));
    await send(good, queue, "godt nok");
    await good.close();
  },

  async rights(client, queue) {
    const only = "UnauthorizedAccess";
    const sending = connect(asPolicy("SendOnly", "SEND_KEY"));
    await send(sending, queue, "x");
    const how = { maxWaitTimeInMs: 1000 };
    await fails(only, open(sending, queue).receiveMessages(1, how));
    await sending.close();
    const listening = connect(asPolicy("ListenOnly", "LISTEN_KEY"));
    assert.deepEqual(texts(await take(listening, queue)), ["x"]);
    await fails(only, listening.createSender(queue).sendMessages(plain("x")));
    await listening.close();
  },

  async sessions(client, queue) {
    await send(client, queue, "x");
    await assert.rejects(client.acceptSession(queue, "s"), /session/i);
    assert.deepEqual(texts(await take(client, queue)), ["x"]);
  },

  // Time and faults.

  async websocket(client, queue) {
    const secure = CONNECTION.replace(";UseDevelopmentEmulator=true", "");
    const own = new ServiceBusClient(secure, {
      customEndpointAddress: `wss://${process.env.SDK_HTTPS}`,
      webSocketOptions: { webSocket: WebSocket },
    });
    const body = Buffer.alloc(1_000_000, "æøå");
    await send(own, queue, { body });
    const [got] = await take(own, queue);
    assert.ok(body.equals(Buffer.from(got.body)));
    await own.close();
  },

  // Administration.

  async admin_create(client, queue) {
    const admin = administer();
    const name = "admin-create/egen";
    const wanted = {
      lockDuration: "PT30S",
      maxDeliveryCount: 5,
      defaultMessageTimeToLive: "P3D",
      deadLetteringOnMessageExpiration: true,
      requiresDuplicateDetection: true,
      duplicateDetectionHistoryTimeWindow: "PT5M",
      maxSizeInMegabytes: 2048,
      userMetadata: "<æøå> & co",
      requiresSession: false,
    };
    const made = await admin.createQueue(name, wanted);
    for (const seen of [made, await admin.getQueue(name)]) {
      assert.equal(seen.name, name);
      for (const field of Object.keys(wanted)) {
        assert.deepEqual(seen[field], wanted[field], field);
      }
    }
    await fails("MessageEntityAlreadyExistsError", admin.createQueue(name));
    assert.equal(await admin.queueExists(name), true);
    const plainly = await admin.createQueue("admin-create-plain");
    assert.equal(plainly.lockDuration, "PT1M");
    assert.equal(plainly.maxDeliveryCount, 10);
    await send(client, name, "x");
    assert.deepEqual(texts(await take(client, name)), ["x"]);
    await admin.deleteQueue(name);
    assert.equal(await admin.queueExists(name), false);
    await fails("MessageEntityNotFoundError", admin.getQueue(name));
    await fails("MessageEntityNotFoundError", admin.deleteQueue(name));
    await admin.createQueue(name);
    await nothingIn(client, name);
  },

  async admin_update(client, queue) {
    const admin = administer();
    const seen = await admin.getQueue(queue);
    await admin.updateQueue({ ...seen, maxDeliveryCount: 2, lockDuration: "PT45S" });
    const changed = await admin.getQueue(queue);
    assert.equal(changed.maxDeliveryCount, 2);
    assert.equal(changed.lockDuration, "PT45S");
    await send(client, queue, "x");
    const receiver = open(client, queue, { maxAutoLockRenewalDurationInMs: 0 });
    for (const _ of [1, 2]) {
      const [got] = await receive(receiver);
      const left = got.lockedUntilUtc - got.enqueuedTimeUtc;
      assert.ok(left > 30_000 && left < 59_000, `${left}`);
      await receiver.abandonMessage(got);
    }
    const [dead] = await take(client, queue, 1, DEAD);
    assert.equal(dead.deadLetterReason, "MaxDeliveryCountExceeded");
  },

  async admin_policies(client, queue) {
    const admin = administer();
    const rule = {
      claimType: "SharedAccessKey",
      accessRights: ["Send"],
      keyName: "Egen",
      primaryKey: "første",
      secondaryKey: "annen",
    };
    const name = "admin-policies-egen";
    const made = await admin.createQueue(name, { authorizationRules: [rule] });
    await admin.updateQueue({ ...made, maxDeliveryCount: 7 });
    assert.deepEqual((await admin.getQueue(name)).authorizationRules, [rule]);
    for (const key of ["første", "annen"]) {
      const own = connect(asPolicy("Egen", key));
      await send(own, name, "x");
      const only = "UnauthorizedAccess";
      const how = { maxWaitTimeInMs: 1000 };
      await fails(only, open(own, name).receiveMessages(1, how));
      await fails(only, own.createSender(queue).sendMessages(plain("x")));
      await own.close();
    }
  },

  async admin_counts(client, queue) {
    await send(client, queue, ..."abcd");
    const sender = client.createSender(queue);
    await sender.scheduleMessages(plain("x"), later(hours(1)));
    const receiver = open(client, queue);
    await receiver.deadLetterMessage((await receive(receiver))[0]);
    const seen = await administer().getQueueRuntimeProperties(queue);
    assert.equal(seen.activeMessageCount, 3);
    assert.equal(seen.deadLetterMessageCount, 1);
    assert.equal(seen.scheduledMessageCount, 1);
    assert.equal(seen.totalMessageCount, 5);
    assert.equal(seen.transferMessageCount, 0);
    assert.ok(seen.sizeInBytes > 0);
    assert.ok(Math.abs(seen.createdAt - Date.now()) < 300_000);
    assert.ok(seen.accessedAt >= seen.createdAt);
  },

  async admin_errors(client, queue) {
    const admin = administer();
    const bad = (status) => (error) => {
      assert.equal(error.statusCode, status, error.message);
      return true;
    };
    for (const wrong of [{ lockDuration: "PT1H" }, { maxDeliveryCount: 0 }]) {
      await assert.rejects(admin.createQueue("feil", wrong), bad(400));
    }
    assert.equal(await admin.queueExists("feil"), false);
    for (const wrong of [
      asPolicy("RootManageSharedAccessKey", "feil"),
      asPolicy("SendOnly", "SEND_KEY"),
    ]) {
      await assert.rejects(administer(wrong).getQueue(queue), bad(401));
    }
  },

  async admin_namespace() {
    const seen = await administer().getNamespaceProperties();
    assert.ok(["Standard", "Premium"].includes(seen.messagingSku));
    assert.ok(seen.name);
  },

  async admin_delete_open(client, queue) {
    const sender = client.createSender(queue);
    const receiver = open(client, queue);
    await sender.sendMessages(plain("x"));
    await receive(receiver);
    await administer().deleteQueue(queue);
    const missing = "MessagingEntityNotFound";
    await fails(missing, sender.sendMessages(plain("y")));
    await fails(missing, receiver.receiveMessages(1, { maxWaitTimeInMs: 1000 }));
  },
};

// Those that cannot run while others do: they would be in its way, or it in theirs.
const ALONE = {
  async admin_list(client, queue) {
    const admin = administer();
    const wanted = numbers(120).map((n) => `admin-list-${n.padStart(3, "0")}`);
    for (const name of wanted) await admin.createQueue(name);
    const found = [];
    for await (const seen of admin.listQueues()) found.push(seen.name);
    const own = found.filter((name) => name.startsWith("admin-list-"));
    assert.deepEqual(own, wanted);
    let pages = 0;
    for await (const page of admin.listQueues().byPage({ maxPageSize: 50 })) {
      assert.ok(page.length <= 50);
      pages += 1;
    }
    assert.ok(pages > 2);
    for (const name of wanted) await admin.deleteQueue(name);
  },

  async restart(client, queue) {
    const named = (words) => ({ ...plain(words), messageId: words });
    const sender = client.createSender(queue);
    let receiver = open(client, queue, { maxAutoLockRenewalDurationInMs: 0 });
    for (const words of ["a", "b", "utsatt", "død", "ferdig"]) {
      await sender.sendMessages(named(words));
    }
    const [planned] = await sender.scheduleMessages(named("senere"), later(hours(1)));
    const [a, , deferred, dead, done] = await receive(receiver, 5);
    await receiver.deferMessage(deferred);
    await receiver.deadLetterMessage(dead, { deadLetterReason: "grunn" });
    await receiver.completeMessage(done);
    await receiver.abandonMessage(a); // b stays locked

    say({ restart: true });
    const lines = createInterface({ input: process.stdin });
    await new Promise((told) => lines.once("line", told));
    lines.close();

    const tried = async (work) => {
      try {
        await work();
        return true;
      } catch (error) {
        // A connection may be one that died with the broker.
        return false;
      }
    };
    await until("sender back", () => tried(() => sender.sendMessages(named("etter"))));
    await sender.sendMessages(named("ferdig")); // known, and dropped
    const got = [];
    await until("receiver back", () =>
      tried(async () => {
        const left = 3 - got.length;
        got.push(...(await receiver.receiveMessages(left, { maxWaitTimeInMs: 10_000 })));
        assert.equal(got.length, 3);
      }),
    );
    assert.deepEqual(texts(got), ["a", "b", "etter"]);
    assert.equal(got[0].deliveryCount, 1);
    for (const message of got) await receiver.completeMessage(message);
    const [again] = await receiver.receiveDeferredMessages(deferred.sequenceNumber);
    assert.deepEqual(texts([again]), ["utsatt"]);
    await receiver.completeMessage(again);
    const [seen] = await look(client, queue);
    assert.equal(`${seen.sequenceNumber}`, `${planned}`);
    await sender.cancelScheduledMessages(planned);
    const [aside] = await take(client, queue, 1, DEAD);
    assert.equal(aside.deadLetterReason, "grunn");
    await nothingIn(client, queue);
  },
};

// Running them.

function say(report) {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

async function run(name, work) {
  const begun = Date.now();
  const report = { case: name, ok: true };
  const client = connect();
  try {
    await work(client, name);
  } catch (error) {
    const where = error.stack?.match(/cases\.js:(\d+)/)?.[1];
    const words = `${error.code ?? error.name}: ${error.message}`;
    report.ok = false;
    report.reason = `line ${where}: ${words.replaceAll(/\s+/g, " ").slice(0, 300)}`;
  }
  report.seconds = (Date.now() - begun) / 1000;
  say(report);
  await client.close().catch(() => {});
}

async function main() {
  ({ default: { fromNumber: Long } } = await import("long"));
  const chosen = ([name]) => !WANTED.length || WANTED.includes(name);
  const waiting = Object.entries(CASES).filter(chosen);
  const work = async () => {
    for (let next; (next = waiting.shift()); ) await run(...next);
  };
  await Promise.all(numbers(AT_ONCE).map(work));
  for (const next of Object.entries(ALONE).filter(chosen)) await run(...next);
  process.exit(0);
}

await main();
