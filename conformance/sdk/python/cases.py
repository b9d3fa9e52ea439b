"""The official Python client: the cases of ../cases.toml that it can express.

Usage: cases.py CONNECTION_STRING ADMIN_URL CA_FILE|- [CASE…]

Prints one JSON line a case: {"case": …, "ok": …, "seconds": …, "reason": …}. A line
{"restart": true} asks whoever started this to kill the broker, start it again, and
answer with a line. SDK_HTTPS in the environment says where web sockets are taken, as
host:port, and SDK_CA by whose signature.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import threading
import time
import traceback
import urllib.parse
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.servicebus import (
    AutoLockRenewer,
    ServiceBusClient,
    ServiceBusMessage,
    ServiceBusMessageState,
    ServiceBusReceiveMode,
    ServiceBusSubQueue,
    TransportType,
)
from azure.servicebus.amqp import AmqpAnnotatedMessage, AmqpMessageProperties
from azure.servicebus.exceptions import (
    MessageLockLostError,
    MessageSizeExceededError,
    MessagingEntityNotFoundError,
    ServiceBusAuthenticationError,
    ServiceBusAuthorizationError,
    ServiceBusConnectionError,
    ServiceBusError,
)
from azure.servicebus.management import (
    AccessRights,
    AuthorizationRule,
    ServiceBusAdministrationClient,
)

AT_ONCE = 8
# How long anything may take before it is said not to have happened.
WAIT = 30
DEAD = ServiceBusSubQueue.DEAD_LETTER
REFUSED = (ServiceBusAuthenticationError, ServiceBusAuthorizationError)
CASES = []
ALONE = []


def case(function):
    CASES.append(function)
    return function


def alone(function):
    """A case that cannot run while others do: they would be in its way, or it in
    theirs."""
    ALONE.append(function)
    return function


# What most cases do.


def now():
    return datetime.now(timezone.utc)


def body(message):
    return b"".join(message.body)


def bodies(messages):
    return [body(message).decode() for message in messages]


def text(value):
    """What the client hands out as bytes, as the text that was sent."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, list):
        return [text(item) for item in value]
    if isinstance(value, dict):
        return {text(key): text(item) for key, item in value.items()}
    return value


def send(client, queue, *messages):
    with client.get_queue_sender(queue) as sender:
        for message in messages:
            if isinstance(message, str):
                message = ServiceBusMessage(message)
            sender.send_messages(message)


def receive(receiver, count=1, wait=WAIT):
    """So many messages; fails when they do not come."""
    got = []
    while len(got) < count:
        some = receiver.receive_messages(count - len(got), max_wait_time=wait)
        assert some, f"{len(got)} of {count} messages came: {bodies(got)}"
        got += some
    return got


def take(client, queue, count=1, **how):
    """Receive, complete and return so many messages."""
    with client.get_queue_receiver(queue, **how) as receiver:
        got = receive(receiver, count)
        for message in got:
            receiver.complete_message(message)
        return got


def nothing_in(client, queue, **how):
    """Whether the queue holds no message of any state."""
    with client.get_queue_receiver(queue, **how) as receiver:
        return receiver.peek_messages(10, sequence_number=1) == []


def until(what, look):
    ends = time.monotonic() + WAIT
    while time.monotonic() < ends:
        if seen := look():
            return seen
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {WAIT} s")


def raises(kind, function, *args, **named):
    try:
        function(*args, **named)
    except kind as error:
        return error
    raise AssertionError(f"no {kind}")


def refused(function, *args, **named):
    """Fails unless it is refused. With an address of its own, which it needs over TLS,
    the client calls every token that was not taken a broken connection."""
    other = (ServiceBusConnectionError,) if CA else ()
    raises((*REFUSED, *other), function, *args, **named)


def connect(**how):
    how.setdefault("retry_total", 1)
    connection = how.pop("connection", CONNECTION)
    if CA:
        # Over TLS the client takes a port from nowhere else, and a web socket with it
        # unless told otherwise.
        how["custom_endpoint_address"] = f"sb://localhost:{PORT}"
        how["transport_type"] = TransportType.Amqp
        how["connection_verify"] = CA
    return ServiceBusClient.from_connection_string(connection, **how)


def administer(connection=None):
    admin = ServiceBusAdministrationClient.from_connection_string(
        connection or CONNECTION, retry_total=0
    )
    # The client knows https and no port; the emulator's samples do the same.
    admin._impl._client._base_url = ADMIN
    return admin


def signature(queue, expires, key="SAS_KEY_VALUE", policy="RootManageSharedAccessKey"):
    """A connection string with a token instead of a key."""
    resource = urllib.parse.quote_plus(f"sb://localhost:{PORT}/{queue}")
    signed = f"{resource}\n{int(expires)}".encode()
    digest = hmac.new(key.encode(), signed, hashlib.sha256).digest()
    sig = urllib.parse.quote_plus(base64.b64encode(digest))
    token = (
        f"SharedAccessSignature sr={resource}&sig={sig}"
        f"&se={int(expires)}&skn={policy}"
    )
    fields = [f"Endpoint=sb://localhost:{PORT}", f"SharedAccessSignature={token}"]
    if not CA:
        fields.append("UseDevelopmentEmulator=true")
    return ";".join(fields)


def as_policy(name, key):
    return CONNECTION.replace("RootManageSharedAccessKey", name).replace(
        "SAS_KEY_VALUE", key
    )


# Sending.


@case
def send_one(client, queue):
    sent = ServiceBusMessage(
        '{"sbd": "æøå"}',
        application_properties={"tekst": "æøå", "tall": 42},
        content_type="application/json",
        correlation_id="c-1",
        message_id="m-1",
        partition_key="p-1",
        reply_to="svar",
        reply_to_session_id="økt",
        subject="emne",
        time_to_live=timedelta(hours=1),
        to="noen",
    )
    send(client, queue, sent)
    with client.get_queue_receiver(queue) as receiver:
        [got] = receive(receiver)
        assert got.locked_until_utc > now()
        receiver.complete_message(got)
    assert body(got) == '{"sbd": "æøå"}'.encode()
    assert got.content_type == "application/json"
    assert (got.message_id, got.correlation_id) == ("m-1", "c-1")
    assert (got.reply_to, got.reply_to_session_id) == ("svar", "økt")
    assert (got.subject, got.to, got.partition_key) == ("emne", "noen", "p-1")
    assert text(got.application_properties) == {"tekst": "æøå", "tall": 42}
    assert got.time_to_live == timedelta(hours=1)
    assert got.expires_at_utc - got.enqueued_time_utc == timedelta(hours=1)
    assert (got.delivery_count, got.sequence_number) == (0, 1)
    assert abs(got.enqueued_time_utc - now()) < timedelta(minutes=1)
    assert nothing_in(client, queue)


@case
def send_without_id(client, queue):
    send(client, queue, "x")
    [got] = take(client, queue)
    assert got.message_id, got.message_id
    assert nothing_in(client, queue)


@case
def send_list_and_batch(client, queue):
    with client.get_queue_sender(queue) as sender:
        sender.send_messages([ServiceBusMessage(str(n)) for n in range(50)])
        batch = sender.create_message_batch()
        for n in range(50, 100):
            batch.add_message(ServiceBusMessage(str(n)))
        sender.send_messages(batch)
    assert bodies(take(client, queue, 100)) == [str(n) for n in range(100)]


@case
def send_from_eight(client, queue):
    def work(number):
        send(client, queue, *(f"{number}-{n}" for n in range(20)))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    got = bodies(take(client, queue, 160))
    for number in range(8):
        own = [name for name in got if name.startswith(f"{number}-")]
        assert own == [f"{number}-{n}" for n in range(20)], own


@case
def send_bodies(client, queue):
    for size in (0, 1, 65_536, 256 * 1024, 1024 * 1024, 4_900_000):
        some = bytes(n * 7 % 251 for n in range(5000))
        data = (some * (size // 5000 + 1))[:size]
        send(client, queue, ServiceBusMessage(data))
        [got] = take(client, queue)
        assert body(got) == data, size


@case
def send_body_kinds(client, queue):
    values = [{"a": 1, "b": [True, None, "æ"]}, [1, "to"], "tekst", 7, None]
    with client.get_queue_sender(queue) as sender:
        sender.send_messages(AmqpAnnotatedMessage(data_body=[b"en", b"to"]))
        for value in values:
            sender.send_messages(AmqpAnnotatedMessage(value_body=value))
        sender.send_messages(AmqpAnnotatedMessage(sequence_body=[[1, 2], [3]]))
    got = take(client, queue, 7)
    assert [bytes(part) for part in got[0].body] == [b"en", b"to"]
    for value, message in zip(values, got[1:]):
        assert text(message.raw_amqp_message.body) == value
    assert [list(part) for part in got[6].body] == [[1, 2], [3]]


@case
def send_property_types(client, queue):
    properties = {
        "tekst": "blåbærsyltetøy",
        "tall": -7,
        "brøk": 1.5,
        "ja": True,
        "nei": False,
        "id": uuid.uuid4(),
        "da": datetime(2026, 5, 17, 12, 0, tzinfo=timezone.utc),
    }
    send(client, queue, ServiceBusMessage("x", application_properties=properties))
    [got] = take(client, queue)
    got = {key.decode(): value for key, value in got.application_properties.items()}
    got["tekst"] = text(got["tekst"])
    # The client hands timestamps out as milliseconds.
    properties["da"] = int(properties["da"].timestamp() * 1000)
    assert got == properties, got
    assert {k: type(v) for k, v in got.items()} == {
        k: type(v) for k, v in properties.items()
    }


@case
def send_too_large(client, queue):
    with client.get_queue_sender(queue) as sender:
        large = ServiceBusMessage(bytes(6 * 1024 * 1024))
        raises(MessageSizeExceededError, sender.send_messages, large)
        sender.send_messages(ServiceBusMessage("liten"))
    assert bodies(take(client, queue)) == ["liten"]
    assert nothing_in(client, queue)


@case
def send_batch_too_large(client, queue):
    parts = [ServiceBusMessage(bytes(1024 * 1024)) for _ in range(6)]
    with client.get_queue_sender(queue) as sender:
        raises((ValueError, MessageSizeExceededError), sender.send_messages, parts)
    assert nothing_in(client, queue)


@case
def schedule(client, queue):
    due = now() + timedelta(seconds=4)
    with client.get_queue_sender(queue) as sender:
        numbers = sender.schedule_messages(
            [ServiceBusMessage("en"), ServiceBusMessage("to")], due
        )
    assert len(set(numbers)) == 2, numbers
    with client.get_queue_receiver(queue) as receiver:
        seen = receiver.peek_messages(5, sequence_number=1)
        assert [m.state for m in seen] == [ServiceBusMessageState.SCHEDULED] * 2
        assert [m.sequence_number for m in seen] == numbers
        got = receive(receiver, 2)
        assert now() >= due
        assert bodies(got) == ["en", "to"]
        for message in got:
            assert message.enqueued_time_utc >= due - timedelta(seconds=1)
            receiver.complete_message(message)


@case
def schedule_by_property(client, queue):
    due = now() + timedelta(seconds=3)
    send(client, queue, ServiceBusMessage("senere", scheduled_enqueue_time_utc=due))
    send(client, queue, "nå")
    assert bodies(take(client, queue)) == ["nå"]
    assert bodies(take(client, queue)) == ["senere"]
    assert now() >= due


@case
def schedule_cancel(client, queue):
    with client.get_queue_sender(queue) as sender:
        message = ServiceBusMessage("aldri")
        [number] = sender.schedule_messages(message, now() + timedelta(hours=1))
        sender.cancel_scheduled_messages(number)
        assert nothing_in(client, queue)
        try:
            sender.cancel_scheduled_messages(4711)
        except ServiceBusError:
            pass  # an error or silence, and no harm done
        message = ServiceBusMessage("så")
        sender.schedule_messages(message, now() + timedelta(seconds=1))
    assert bodies(take(client, queue)) == ["så"]


@case
def ttl_dead_letter(client, queue):
    short = timedelta(seconds=1)
    send(client, queue, ServiceBusMessage("x", time_to_live=short))
    [dead] = take(client, queue, sub_queue=DEAD)
    assert body(dead) == b"x"
    assert dead.dead_letter_reason == "TTLExpiredException"
    assert nothing_in(client, queue)


@case
def ttl_drop(client, queue):
    short = timedelta(seconds=1)
    send(client, queue, ServiceBusMessage("x", time_to_live=short), "y")
    until("gone", lambda: look(client, queue) == ["y"])
    assert bodies(take(client, queue)) == ["y"]
    assert nothing_in(client, queue, sub_queue=DEAD)


def look(client, queue):
    with client.get_queue_receiver(queue) as receiver:
        return bodies(receiver.peek_messages(10, sequence_number=1))


@case
def ttl_queue(client, queue):
    for asked in (None, timedelta(hours=2), timedelta(minutes=1)):
        send(client, queue, ServiceBusMessage("x", time_to_live=asked))
        [got] = take(client, queue)
        lives = got.expires_at_utc - got.enqueued_time_utc
        assert lives == min(asked or timedelta.max, timedelta(hours=1)), lives


@case
def duplicates(client, queue):
    def named(id, words):
        return ServiceBusMessage(words, message_id=id)

    send(client, queue, named("1", "første"), named("1", "igjen"))
    with client.get_queue_sender(queue) as sender:
        sender.send_messages([named("2", "andre"), named("1", "i en liste")])
    assert bodies(take(client, queue, 2)) == ["første", "andre"]
    send(client, queue, named("1", "etter at den er fullført"))
    with client.get_queue_sender(queue) as sender:
        sender.schedule_messages(named("1", "planlagt"), now() + timedelta(hours=1))
    assert nothing_in(client, queue)


@case
def duplicates_later(client, queue):
    named = [ServiceBusMessage("x", message_id="1") for _ in range(3)]
    send(client, queue, *named[:2])
    time.sleep(22)
    send(client, queue, named[2])
    assert len(take(client, queue, 2)) == 2
    assert nothing_in(client, queue)


# Receiving and settling.


@case
def complete(client, queue):
    send(client, queue, "x")
    with client.get_queue_receiver(queue) as receiver:
        [got] = receive(receiver)
        receiver.complete_message(got)
        raises((ValueError, ServiceBusError), receiver.complete_message, got)
    assert nothing_in(client, queue)


@case
def abandon(client, queue):
    send(client, queue, "a", "b")
    with client.get_queue_receiver(queue) as receiver:
        for count in range(3):
            [got] = receive(receiver)
            assert (body(got), got.delivery_count) == (b"a", count)
            receiver.abandon_message(got)
        got = receive(receiver, 2)
        assert bodies(got) == ["a", "b"]
        for message in got:
            receiver.complete_message(message)


@case
def defer(client, queue):
    send(client, queue, "x", "y")
    with client.get_queue_receiver(queue) as receiver:
        [got] = receive(receiver)
        receiver.defer_message(got)
        [other] = receive(receiver)
        assert body(other) == b"y"
        receiver.complete_message(other)
        [seen] = receiver.peek_messages(5, sequence_number=1)
        assert seen.state == ServiceBusMessageState.DEFERRED
        number = got.sequence_number
        [again] = receiver.receive_deferred_messages([number])
        assert body(again) == b"x"
        receiver.complete_message(again)
        raises(ServiceBusError, receiver.receive_deferred_messages, [number])
    assert nothing_in(client, queue)


@case
def defer_settle(client, queue):
    send(client, queue, "x")
    with client.get_queue_receiver(queue) as receiver:
        [got] = receive(receiver)
        receiver.defer_message(got)
        number = got.sequence_number
        [again] = receiver.receive_deferred_messages(number)
        receiver.abandon_message(again)
        [seen] = receiver.peek_messages(5, sequence_number=1)
        assert seen.state == ServiceBusMessageState.DEFERRED
        [again] = receiver.receive_deferred_messages(number)
        assert again.delivery_count >= 1
        receiver.dead_letter_message(again, reason="nok")
    [dead] = take(client, queue, sub_queue=DEAD)
    assert dead.dead_letter_reason == "nok"
    assert nothing_in(client, queue)


@case
def dead_letter(client, queue):
    send(client, queue, ServiceBusMessage("x", application_properties={"k": 1}), "y")
    with client.get_queue_receiver(queue) as receiver:
        first, second = receive(receiver, 2)
        receiver.dead_letter_message(first, reason="grunn", error_description="æøå")
        receiver.dead_letter_message(second)
    with client.get_queue_receiver(queue, sub_queue=DEAD) as receiver:
        seen = receiver.peek_messages(5, sequence_number=1)
        assert bodies(seen) == ["x", "y"]
        [dead] = receive(receiver)
        receiver.abandon_message(dead)
        dead, other = receive(receiver, 2)
        assert (body(dead), dead.delivery_count) == (b"x", 1)
        assert dead.dead_letter_reason == "grunn"
        assert dead.dead_letter_error_description == "æøå"
        assert dead.dead_letter_source.lower() == queue
        assert dead.application_properties[b"k"] == 1
        assert body(other) == b"y"
        receiver.complete_message(dead)
        receiver.complete_message(other)
    assert nothing_in(client, queue)
    assert nothing_in(client, queue, sub_queue=DEAD)


@case
def dead_letter_any_case(client, queue):
    send(client, queue, "x")
    with client.get_queue_receiver(queue) as receiver:
        [got] = receive(receiver)
        receiver.dead_letter_message(got)
    assert bodies(take(client, f"{queue}/$deadLetterQUEUE")) == ["x"]


@case
def delivery_count(client, queue):
    send(client, queue, "x")
    with client.get_queue_receiver(queue) as receiver:
        for count in range(3):
            [got] = receive(receiver)
            assert got.delivery_count == count
            receiver.abandon_message(got)
    [dead] = take(client, queue, sub_queue=DEAD)
    assert body(dead) == b"x"
    assert dead.dead_letter_reason == "MaxDeliveryCountExceeded"
    assert nothing_in(client, queue)


@case
def closed_with_buffer(client, queue):
    with client.get_queue_sender(queue) as sender:
        sender.send_messages([ServiceBusMessage(str(n)) for n in range(20)])
    with client.get_queue_receiver(queue, prefetch_count=20) as receiver:
        assert receiver.receive_messages(1, max_wait_time=WAIT)
    got = bodies(take(client, queue, 20))
    assert sorted(got, key=int) == [str(n) for n in range(20)], got


@case
def renew(client, queue):
    send(client, queue, "x")
    with client.get_queue_receiver(queue) as receiver:
        [got] = receive(receiver)
        first_end = got.locked_until_utc
        while now() < first_end + timedelta(seconds=3):
            before = got.locked_until_utc
            time.sleep(1)
            assert receiver.renew_message_lock(got) > before
        receiver.complete_message(got)
    assert nothing_in(client, queue)


@case
def renew_by_client(client, queue):
    send(client, queue, "x")
    with AutoLockRenewer() as renewer:
        how = {"auto_lock_renewer": renewer}
        with client.get_queue_receiver(queue, **how) as receiver:
            [got] = receive(receiver)
            first_end = got.locked_until_utc
            time.sleep((first_end - now()).total_seconds() + 3)
            assert got.locked_until_utc > first_end
            receiver.complete_message(got)
    assert nothing_in(client, queue)


@case
def lock_expiry(client, queue):
    send(client, queue, "x")
    with client.get_queue_receiver(queue) as receiver:
        [got] = receive(receiver)
        with client.get_queue_receiver(queue) as other:
            [again] = receive(other)
            assert now() >= got.locked_until_utc
            assert again.delivery_count == 1
            assert again.lock_token != got.lock_token
            # The client's own clock out of the way: the broker is asked.
            got.__class__ = type("Unaware", (type(got),), {"_lock_expired": False})
            raises(MessageLockLostError, receiver.complete_message, got)
            raises(MessageLockLostError, receiver.renew_message_lock, got)
            other.complete_message(again)
    assert nothing_in(client, queue)


@case
def receive_and_delete(client, queue):
    send(client, queue, "0", "1", "2")
    mode = ServiceBusReceiveMode.RECEIVE_AND_DELETE
    with client.get_queue_receiver(queue, receive_mode=mode) as receiver:
        assert bodies(receive(receiver, 3)) == ["0", "1", "2"]
    assert nothing_in(client, queue)


@case
def iterate(client, queue):
    with client.get_queue_sender(queue) as sender:
        sender.send_messages([ServiceBusMessage(str(n)) for n in range(50)])
    got = []
    how = {"prefetch_count": 10, "max_wait_time": WAIT}
    with client.get_queue_receiver(queue, **how) as receiver:
        for message in receiver:
            got.append(body(message).decode())
            receiver.complete_message(message)
            if len(got) == 50:
                break
    assert got == [str(n) for n in range(50)]
    assert nothing_in(client, queue)


@case
def competing(client, queue):
    with client.get_queue_sender(queue) as sender:
        sender.send_messages([ServiceBusMessage(str(n)) for n in range(90)])
    got, lock = [], threading.Lock()

    def work():
        with client.get_queue_receiver(queue, prefetch_count=5) as receiver:
            while len(got) < 90:
                for message in receiver.receive_messages(10, max_wait_time=2):
                    receiver.complete_message(message)
                    with lock:
                        got.append(int(body(message)))

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(got) == list(range(90)), sorted(got)


@case
def empty(client, queue):
    with client.get_queue_receiver(queue) as receiver:
        assert receiver.receive_messages(1, max_wait_time=1) == []
        later = threading.Timer(1, lambda: send(client, queue, "endelig"))
        later.start()
        [got] = receive(receiver)
        assert body(got) == b"endelig"
        receiver.complete_message(got)
        later.join()


@case
def peek(client, queue):
    with client.get_queue_receiver(queue) as receiver:
        assert receiver.peek_messages(1) == []
        send(client, queue, *(str(n) for n in range(5)))
        assert bodies(receiver.peek_messages(3, sequence_number=1)) == ["0", "1", "2"]
        assert bodies(receiver.peek_messages(9, sequence_number=4)) == ["3", "4"]
        assert receiver.peek_messages(1, sequence_number=100) == []
    [first, *_] = take(client, queue, 5)
    assert first.delivery_count == 0


@case
def peek_states(client, queue):
    send(client, queue, "utsatt", "låst", "ledig")
    with client.get_queue_sender(queue) as sender:
        sender.schedule_messages(ServiceBusMessage("x"), now() + timedelta(hours=1))
    with client.get_queue_receiver(queue) as receiver:
        first, _ = receive(receiver, 2)
        receiver.defer_message(first)
        seen = receiver.peek_messages(9, sequence_number=1)
        state = ServiceBusMessageState
        assert [m.state for m in seen] == [
            state.DEFERRED,
            state.ACTIVE,
            state.ACTIVE,
            state.SCHEDULED,
        ]


# Names, rights, errors.


@case
def missing_entity(client, queue):
    sender = client.get_queue_sender("finnes-ikke")
    message = ServiceBusMessage("x")
    raises(MessagingEntityNotFoundError, sender.send_messages, message)
    receiver = client.get_queue_receiver("finnes-ikke")
    wait = {"max_wait_time": 1}
    raises(MessagingEntityNotFoundError, receiver.receive_messages, 1, **wait)
    raises(MessagingEntityNotFoundError, receiver.peek_messages, 1)
    send(client, queue, "x")


@case
def names(client, queue):
    send(client, queue.upper(), "x")
    assert bodies(take(client, queue.title())) == ["x"]
    send(client, f"{queue}/med/skråstrek", "y")
    assert bodies(take(client, f"{queue}/Med/Skråstrek")) == ["y"]


@case
def wrong_key(client, queue):
    soon = time.time() + 600
    for wrong in (
        as_policy("RootManageSharedAccessKey", "feil"),
        as_policy("Ukjent", "SAS_KEY_VALUE"),
        signature(queue, time.time() - 1000),
        signature("annen", soon),
    ):
        with connect(connection=wrong, retry_total=0) as other:
            sender = other.get_queue_sender(queue)
            message = ServiceBusMessage("x")
            refused( sender.send_messages, message)
    with connect(connection=signature(queue, soon)) as other:
        send(other, queue, "godt nok")


@case
def rights(client, queue):
    with connect(connection=as_policy("SendOnly", "SEND_KEY"), retry_total=0) as one:
        send(one, queue, "x")
        receiver = one.get_queue_receiver(queue)
        refused( receiver.receive_messages, 1)
    listen = as_policy("ListenOnly", "LISTEN_KEY")
    with connect(connection=listen, retry_total=0) as one:
        assert bodies(take(one, queue)) == ["x"]
        sender = one.get_queue_sender(queue)
        message = ServiceBusMessage("x")
        refused( sender.send_messages, message)


@case
def sessions(client, queue):
    send(client, queue, "x")
    with connect(retry_total=0) as one:
        receiver = one.get_queue_receiver(queue, session_id="s")
        error = raises(ServiceBusError, receiver.receive_messages, 1, max_wait_time=5)
        assert "session" in str(error).lower(), error
    assert bodies(take(client, queue)) == ["x"]


# Time and faults.


@case
def websocket(client, queue):
    secure = CONNECTION.replace(";UseDevelopmentEmulator=true", "")
    data = bytes(n % 251 for n in range(1_000_000))
    with ServiceBusClient.from_connection_string(
        secure,
        transport_type=TransportType.AmqpOverWebsocket,
        custom_endpoint_address=f"sb://{os.environ['SDK_HTTPS']}",
        connection_verify=os.environ["SDK_CA"],
    ) as one:
        send(one, queue, ServiceBusMessage(data))
        [got] = take(one, queue)
    assert body(got) == data


@alone
def restart(client, queue):
    def named(words):
        return ServiceBusMessage(words, message_id=words)

    sender = client.get_queue_sender(queue)
    receiver = client.get_queue_receiver(queue)
    for words in ("a", "b", "utsatt", "død", "ferdig"):
        sender.send_messages(named(words))
    [later] = sender.schedule_messages(named("senere"), now() + timedelta(hours=1))
    a, b, deferred, dead, done = receive(receiver, 5)
    receiver.defer_message(deferred)
    receiver.dead_letter_message(dead, reason="grunn")
    receiver.complete_message(done)
    receiver.abandon_message(a)  # b stays locked

    say({"restart": True})
    sys.stdin.readline()

    until("the sender finds back", lambda: tried(sender.send_messages, named("etter")))
    sender.send_messages(named("ferdig"))  # known, and dropped
    got = []
    until(
        "the receiver finds back",
        lambda: tried(lambda: got.extend(receive(receiver, 3 - len(got), 10))),
    )
    assert bodies(got) == ["a", "b", "etter"]
    assert got[0].delivery_count == 1
    for message in got:
        receiver.complete_message(message)
    [again] = receiver.receive_deferred_messages([deferred.sequence_number])
    assert body(again) == "utsatt".encode()
    receiver.complete_message(again)
    [seen] = receiver.peek_messages(9, sequence_number=1)
    assert seen.sequence_number == later
    sender.cancel_scheduled_messages(later)
    [put_aside] = take(client, queue, sub_queue=DEAD)
    assert put_aside.dead_letter_reason == "grunn"
    assert nothing_in(client, queue)


def tried(function, *args):
    """Whether it went well; a connection may be one that died with the broker."""
    try:
        function(*args)
        return True
    except ServiceBusError:
        return False


# Administration.


@case
def admin_create(client, queue):
    name = "admin-create/egen"
    with administer() as admin:
        made = admin.create_queue(
            name,
            lock_duration=timedelta(seconds=30),
            max_delivery_count=5,
            default_message_time_to_live=timedelta(days=3),
            dead_lettering_on_message_expiration=True,
            requires_duplicate_detection=True,
            duplicate_detection_history_time_window=timedelta(minutes=5),
            max_size_in_megabytes=2048,
            user_metadata="<æøå> & co",
        )
        for seen in (made, admin.get_queue(name)):
            assert seen.lock_duration == timedelta(seconds=30)
            assert seen.max_delivery_count == 5
            assert seen.default_message_time_to_live == timedelta(days=3)
            assert seen.dead_lettering_on_message_expiration is True
            assert seen.requires_duplicate_detection is True
            window = seen.duplicate_detection_history_time_window
            assert window == timedelta(minutes=5)
            assert seen.max_size_in_megabytes == 2048
            assert seen.user_metadata == "<æøå> & co"
            assert seen.requires_session is False
        raises(ResourceExistsError, admin.create_queue, name)
        plain = admin.create_queue("admin-create-plain")
        assert plain.lock_duration == timedelta(minutes=1)
        assert plain.max_delivery_count == 10
        assert plain.requires_duplicate_detection is False
        assert plain.default_message_time_to_live > timedelta(days=10_000_000)
        send(client, name, "x")
        assert bodies(take(client, name)) == ["x"]
        admin.delete_queue(name)
        raises(ResourceNotFoundError, admin.get_queue, name)
        raises(ResourceNotFoundError, admin.delete_queue, name)
        admin.create_queue(name)
        assert nothing_in(client, name)


@alone
def admin_list(client, queue):
    wanted = [f"admin-list-{n:03}" for n in range(120)]
    with administer() as admin:
        for name in wanted:
            admin.create_queue(name)
        listed = [seen.name for seen in admin.list_queues()]
        found = [name for name in listed if name.startswith("admin-list-")]
        assert found == wanted, found
        runtime = [seen.name for seen in admin.list_queues_runtime_properties()]
        assert set(wanted) < set(runtime)
        for name in wanted:
            admin.delete_queue(name)


@case
def admin_update(client, queue):
    with administer() as admin:
        seen = admin.get_queue(queue)
        seen.max_delivery_count = 2
        seen.lock_duration = timedelta(seconds=45)
        admin.update_queue(seen)
        seen = admin.get_queue(queue)
        assert seen.max_delivery_count == 2
        assert seen.lock_duration == timedelta(seconds=45)
        gone = admin.create_queue("admin-update-gone")
        admin.delete_queue(gone.name)
        raises(ResourceNotFoundError, admin.update_queue, gone)
    send(client, queue, "x")
    with client.get_queue_receiver(queue) as receiver:
        for _ in range(2):
            [got] = receive(receiver)
            left = got.locked_until_utc - got.enqueued_time_utc
            assert timedelta(seconds=30) < left < timedelta(seconds=59), left
            receiver.abandon_message(got)
    [dead] = take(client, queue, sub_queue=DEAD)
    assert dead.dead_letter_reason == "MaxDeliveryCountExceeded"


@case
def admin_policies(client, queue):
    rule = AuthorizationRule(
        type="SharedAccessAuthorizationRule",
        claim_type="SharedAccessKey",
        claim_value="None",
        key_name="Egen",
        primary_key="første",
        secondary_key="annen",
        rights=[AccessRights.SEND],
        created_at_utc=now(),
        modified_at_utc=now(),
    )
    name = "admin-policies-egen"
    with administer() as admin:
        made = admin.create_queue(name, authorization_rules=[rule])
        made.max_delivery_count = 7
        admin.update_queue(made)
        [seen] = admin.get_queue(name).authorization_rules
        assert (seen.key_name, seen.primary_key) == ("Egen", "første")
        assert (seen.secondary_key, seen.rights) == ("annen", ["Send"])
    for key in ("første", "annen"):
        with connect(connection=as_policy("Egen", key), retry_total=0) as one:
            send(one, name, "x")
            refused(one.get_queue_receiver(name).receive_messages, 1)
            message = ServiceBusMessage("x")
            refused(one.get_queue_sender(queue).send_messages, message)


@case
def admin_counts(client, queue):
    send(client, queue, *"abcd")
    with client.get_queue_sender(queue) as sender:
        sender.schedule_messages(ServiceBusMessage("x"), now() + timedelta(hours=1))
    with client.get_queue_receiver(queue) as receiver:
        [got] = receive(receiver)
        receiver.dead_letter_message(got)
    with administer() as admin:
        seen = admin.get_queue_runtime_properties(queue)
        assert seen.active_message_count == 3
        assert seen.dead_letter_message_count == 1
        assert seen.scheduled_message_count == 1
        assert seen.total_message_count == 5
        assert seen.transfer_message_count == 0
        assert seen.size_in_bytes > 0
        assert abs(seen.created_at_utc - now()) < timedelta(minutes=5)
        assert seen.accessed_at_utc >= seen.created_at_utc
        assert seen.updated_at_utc >= seen.created_at_utc


@case
def admin_errors(client, queue):
    with administer() as admin:
        for wrong in (
            {"lock_duration": "PT1H"},
            {"max_delivery_count": 0},
        ):
            error = raises(HttpResponseError, admin.create_queue, "feil", **wrong)
            assert error.status_code == 400, error
        error = raises(HttpResponseError, admin.create_queue, "ø" * 300)
        assert error.status_code == 400, error
        raises(ResourceNotFoundError, admin.get_queue, "feil")
    for wrong in (
        as_policy("RootManageSharedAccessKey", "feil"),
        as_policy("SendOnly", "SEND_KEY"),
    ):
        with administer(wrong) as admin:
            raises(ClientAuthenticationError, admin.get_queue, queue)


@case
def admin_namespace(client, queue):
    with administer() as admin:
        seen = admin.get_namespace_properties()
        assert seen.messaging_sku in ("Standard", "Premium")
        assert seen.name


@case
def admin_delete_open(client, queue):
    sender = client.get_queue_sender(queue)
    receiver = client.get_queue_receiver(queue)
    sender.send_messages(ServiceBusMessage("x"))
    receive(receiver)
    with administer() as admin:
        admin.delete_queue(queue)
    gone = MessagingEntityNotFoundError
    raises(gone, sender.send_messages, ServiceBusMessage("y"))
    raises(gone, receiver.receive_messages, 1, max_wait_time=WAIT)


# Running them.


def say(report):
    sys.stdout.write(json.dumps(report) + "\n")
    sys.stdout.flush()


def run(function):
    name = function.__name__
    begun = time.monotonic()
    report = {"case": name, "ok": True}
    try:
        with connect() as client:
            function(client, name)
    except Exception as error:  # noqa: BLE001
        where = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in where if frame.filename == __file__][-1]
        report["ok"] = False
        words = " ".join(str(error).split())[:300]
        report["reason"] = f"line {own.lineno}: {type(error).__name__}: {words}"
    report["seconds"] = round(time.monotonic() - begun, 1)
    say(report)


def main():
    wanted = sys.argv[4:]
    chosen = [f for f in CASES if not wanted or f.__name__ in wanted]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(run, chosen))
    for function in ALONE:
        if not wanted or function.__name__ in wanted:
            run(function)


if __name__ == "__main__":
    CONNECTION, ADMIN = sys.argv[1:3]
    CA = None if sys.argv[3] == "-" else sys.argv[3]
    PORT = CONNECTION.split("localhost:")[1].split(";")[0].rstrip("/")
    main()
