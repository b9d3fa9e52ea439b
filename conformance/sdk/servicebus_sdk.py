"""The official Python client against our broker: what it must be able to do.

Usage: servicebus_sdk.py CONNECTION_STRING [STEP…]

Prints one line a step and exits 1 when one of them fails. Each step has a queue of its
own. The broker must lock for LOCK_SECONDS, put a message aside after DELIVERIES_MAX
deliveries in vain, and take messages of at least 5 MiB.
"""

import re
import sys
import threading
import time
import traceback
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

from azure.servicebus import (
    ServiceBusClient,
    ServiceBusMessage,
    ServiceBusReceiveMode,
    ServiceBusSubQueue,
)
from azure.servicebus.exceptions import (
    MessageLockLostError,
    MessageSizeExceededError,
    MessagingEntityNotFoundError,
    ServiceBusAuthenticationError,
    ServiceBusError,
)

LOCK_SECONDS = 3
DELIVERIES_MAX = 4

STEPS = []


def step(function):
    STEPS.append(function)
    return function


def body(message):
    return b"".join(message.body)


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
            sender.send_messages(message)


def take(client, queue, count=1, wait=5, **how):
    """Receive, complete and return up to so many messages."""
    with client.get_queue_receiver(queue, **how) as receiver:
        messages = receiver.receive_messages(count, max_wait_time=wait)
        for message in messages:
            receiver.complete_message(message)
        return messages


def raises(kind, function, *args, **named):
    try:
        function(*args, **named)
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")


@step
def one_message_with_its_properties(client, queue):
    sent = ServiceBusMessage(
        '{"sbd": "æøå"}',
        application_properties={"tekst": "æøå", "tall": 42, "ja": True, "brøk": 1.5},
        content_type="application/json",
        correlation_id="c-1",
        message_id="m-1",
        reply_to="svar",
        subject="emne",
        to="noen",
    )
    send(client, queue, sent)
    with client.get_queue_receiver(queue) as receiver:
        [got] = receiver.receive_messages(1, max_wait_time=5)
        ahead = got.locked_until_utc.timestamp() - time.time()
        assert 0 < ahead <= LOCK_SECONDS, ahead
        receiver.complete_message(got)
    assert body(got) == '{"sbd": "æøå"}'.encode()
    assert got.content_type == "application/json"
    assert (got.message_id, got.correlation_id) == ("m-1", "c-1")
    assert (got.reply_to, got.subject, got.to) == ("svar", "emne", "noen")
    expected = {"tekst": "æøå", "tall": 42, "ja": True, "brøk": 1.5}
    assert text(got.application_properties) == expected, got.application_properties
    assert got.delivery_count == 0
    assert got.sequence_number == 1
    assert abs(got.enqueued_time_utc.timestamp() - time.time()) < 60
    assert take(client, queue, wait=1) == []


@step
def a_message_without_an_id_gets_one(client, queue):
    send(client, queue, ServiceBusMessage(b"x"))
    [got] = take(client, queue)
    assert re.fullmatch("[0-9a-f-]{32,36}", got.message_id), got.message_id


@step
def a_list_and_a_batch_keep_their_order(client, queue):
    with client.get_queue_sender(queue) as sender:
        sender.send_messages([ServiceBusMessage(str(n)) for n in range(50)])
        batch = sender.create_message_batch()
        for n in range(50, 100):
            batch.add_message(ServiceBusMessage(str(n)))
        sender.send_messages(batch)
    got = []
    while len(got) < 100:
        some = take(client, queue, 100 - len(got))
        assert some, got
        got += [int(body(m)) for m in some]
    assert got == list(range(100))


@step
def bodies_arrive_byte_for_byte(client, queue):
    for size in (0, 1, 65_536, 256 * 1024, 1024 * 1024, 5_000_000):
        data = bytes(n * 7 % 251 for n in range(min(size, 5000)))
        data = (data * (size // 5000 + 1))[:size]
        send(client, queue, ServiceBusMessage(data))
        [got] = take(client, queue)
        assert body(got) == data, size


@step
def several_data_sections_and_values_come_back(client, queue):
    from azure.servicebus.amqp import AmqpAnnotatedMessage

    values = [{"a": 1, "b": [True, None, "æ"]}, [1, "to"], "tekst", 7, None]
    with client.get_queue_sender(queue) as sender:
        sender.send_messages(AmqpAnnotatedMessage(data_body=[b"en", b"to"]))
        for value in values:
            sender.send_messages(AmqpAnnotatedMessage(value_body=value))
        sender.send_messages(AmqpAnnotatedMessage(sequence_body=[[1, 2], [3]]))
    with client.get_queue_receiver(queue) as receiver:
        got = []
        while len(got) < 7:
            got += receiver.receive_messages(7 - len(got), max_wait_time=5)
        assert [bytes(part) for part in got[0].body] == [b"en", b"to"]
        for value, message in zip(values, got[1:]):
            assert text(message.raw_amqp_message.body) == value
        assert [list(part) for part in got[6].body] == [[1, 2], [3]]


@step
def abandoned_comes_again_and_counts(client, queue):
    send(client, queue, ServiceBusMessage("a"), ServiceBusMessage("b"))
    with client.get_queue_receiver(queue) as receiver:
        for count in range(3):
            [got] = receiver.receive_messages(1, max_wait_time=5)
            assert (body(got), got.delivery_count) == (b"a", count)
            receiver.abandon_message(got)
        # One more in vain is the limit: put aside.
        [got] = receiver.receive_messages(1, max_wait_time=5)
        assert body(got) == b"a"
        receiver.abandon_message(got)
        [got] = receiver.receive_messages(1, max_wait_time=5)
        assert body(got) == b"b"
        receiver.complete_message(got)
    [dead] = take(client, queue, sub_queue=ServiceBusSubQueue.DEAD_LETTER)
    assert body(dead) == b"a"
    assert dead.dead_letter_reason == "MaxDeliveryCountExceeded"


@step
def dead_letters_say_why_and_can_be_read(client, queue):
    send(client, queue, ServiceBusMessage("x", application_properties={"k": 1}))
    with client.get_queue_receiver(queue) as receiver:
        [got] = receiver.receive_messages(1, max_wait_time=5)
        receiver.dead_letter_message(got, reason="grunn", error_description="æøå")
    [dead] = take(client, queue, sub_queue=ServiceBusSubQueue.DEAD_LETTER)
    assert (body(dead), dead.dead_letter_reason) == (b"x", "grunn")
    assert dead.dead_letter_error_description == "æøå"
    assert dead.dead_letter_source.lower() == queue.lower()
    assert dead.application_properties[b"k"] == 1
    assert take(client, queue, wait=1) == []


@step
def a_lost_lock_is_an_error_and_another_gets_it(client, queue):
    send(client, queue, ServiceBusMessage("x"))
    with client.get_queue_receiver(queue) as receiver:
        [got] = receiver.receive_messages(1, max_wait_time=5)
        with client.get_queue_receiver(queue) as other:
            assert other.receive_messages(1, max_wait_time=1) == []
            [again] = other.receive_messages(1, max_wait_time=LOCK_SECONDS + 3)
            assert again.delivery_count == 1
            assert again.lock_token != got.lock_token
            raises(ServiceBusError, receiver.complete_message, got)
            raises(MessageLockLostError, receiver.renew_message_lock, got)
            other.complete_message(again)
    assert take(client, queue, wait=1) == []


@step
def the_broker_itself_says_that_a_lock_is_lost(client, queue):
    """As above, with the client's own clock out of the way."""
    send(client, queue, ServiceBusMessage("x"))
    with client.get_queue_receiver(queue) as receiver:
        [got] = receiver.receive_messages(1, max_wait_time=5)
        time.sleep(LOCK_SECONDS + 1)
        got.__class__ = type("Unaware", (type(got),), {"_lock_expired": False})
        raises(MessageLockLostError, receiver.complete_message, got)
        raises(MessageLockLostError, receiver.renew_message_lock, got)
    [again] = take(client, queue)
    assert again.delivery_count == 1


@step
def a_renewed_lock_holds(client, queue):
    send(client, queue, ServiceBusMessage("x"))
    with client.get_queue_receiver(queue) as receiver:
        [got] = receiver.receive_messages(1, max_wait_time=5)
        for _ in range(3):
            time.sleep(LOCK_SECONDS * 0.6)
            before = got.locked_until_utc
            assert receiver.renew_message_lock(got) > before
        receiver.complete_message(got)
    assert take(client, queue, wait=1) == []


@step
def complete_twice_is_an_error(client, queue):
    send(client, queue, ServiceBusMessage("x"))
    with client.get_queue_receiver(queue) as receiver:
        [got] = receiver.receive_messages(1, max_wait_time=5)
        receiver.complete_message(got)
        raises((ValueError, ServiceBusError), receiver.complete_message, got)


@step
def peeked_is_not_locked(client, queue):
    send(client, queue, *(ServiceBusMessage(str(n)) for n in range(5)))
    with client.get_queue_receiver(queue) as receiver:
        assert [body(m) for m in receiver.peek_messages(3)] == [b"0", b"1", b"2"]
        seen = receiver.peek_messages(10, sequence_number=4)
        assert [body(m) for m in seen] == [b"3", b"4"]
        assert receiver.peek_messages(1, sequence_number=100) == []
    assert len(take(client, queue, 5)) >= 1


@step
def receive_and_delete(client, queue):
    send(client, queue, *(ServiceBusMessage(str(n)) for n in range(3)))
    mode = ServiceBusReceiveMode.RECEIVE_AND_DELETE
    with client.get_queue_receiver(queue, receive_mode=mode) as receiver:
        got = []
        while len(got) < 3:
            got += receiver.receive_messages(3 - len(got), max_wait_time=5)
    assert [body(m) for m in got] == [b"0", b"1", b"2"]
    assert take(client, queue, wait=1) == []


@step
def an_empty_queue_ends_the_wait_and_a_message_too(client, queue):
    with client.get_queue_receiver(queue) as receiver:
        began = time.monotonic()
        assert receiver.receive_messages(1, max_wait_time=1) == []
        assert time.monotonic() - began < 10
        later = threading.Timer(
            1, lambda: send(client, queue, ServiceBusMessage("endelig"))
        )
        later.start()
        [got] = receiver.receive_messages(1, max_wait_time=30)
        assert body(got) == b"endelig"
        receiver.complete_message(got)
        later.join()


@step
def competing_receivers_share(client, queue):
    with client.get_queue_sender(queue) as sender:
        sender.send_messages([ServiceBusMessage(str(n)) for n in range(90)])
    got, lock = [], threading.Lock()

    def work():
        with client.get_queue_receiver(queue, prefetch_count=5) as receiver:
            while some := receiver.receive_messages(10, max_wait_time=2):
                for message in some:
                    receiver.complete_message(message)
                    with lock:
                        got.append(int(body(message)))

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(got) == list(range(90)), sorted(got)


@step
def a_closed_receiver_gives_back_what_it_buffered(client, queue):
    with client.get_queue_sender(queue) as sender:
        sender.send_messages([ServiceBusMessage(str(n)) for n in range(20)])
    with client.get_queue_receiver(queue, prefetch_count=20) as receiver:
        assert receiver.receive_messages(1, max_wait_time=5)
    got = set()
    ends = time.monotonic() + LOCK_SECONDS * 4
    while len(got) < 20 and time.monotonic() < ends:
        got |= {int(body(m)) for m in take(client, queue, 20, wait=LOCK_SECONDS + 1)}
    assert got == set(range(20)), got


@step
def a_missing_entity_is_named(client, queue):
    name = "x" * 300  # longer than a queue's name can be
    sender = client.get_queue_sender(name)
    raises(MessagingEntityNotFoundError, sender.send_messages, ServiceBusMessage("x"))
    receiver = client.get_queue_receiver(name)
    wait = {"max_wait_time": 1}
    raises(MessagingEntityNotFoundError, receiver.receive_messages, 1, **wait)


@step
def a_wrong_key_or_policy_is_refused(client, queue):
    for wrong in (
        CONNECTION.replace("SharedAccessKey=", "SharedAccessKey=feil"),
        CONNECTION.replace("SharedAccessKeyName=", "SharedAccessKeyName=Ukjent"),
    ):
        with ServiceBusClient.from_connection_string(wrong, retry_total=0) as other:
            sender = other.get_queue_sender(queue)
            message = ServiceBusMessage("x")
            raises(ServiceBusAuthenticationError, sender.send_messages, message)


@step
def too_large_is_said_and_the_link_lives(client, queue):
    with client.get_queue_sender(queue) as sender:
        large = ServiceBusMessage(bytes(6 * 1024 * 1024))
        raises(MessageSizeExceededError, sender.send_messages, large)
        sender.send_messages(ServiceBusMessage("liten"))
    [got] = take(client, queue)
    assert body(got) == b"liten"


@step
def names_ignore_case(client, queue):
    send(client, queue.upper(), ServiceBusMessage("x"))
    assert len(take(client, queue)) == 1


@step
def put_off_is_received_by_its_number(client, queue):
    send(client, queue, ServiceBusMessage("x"))
    with client.get_queue_receiver(queue) as receiver:
        raises(ServiceBusError, receiver.receive_deferred_messages, [1])
        [got] = receiver.receive_messages(1, max_wait_time=5)
        receiver.defer_message(got)
        assert receiver.receive_messages(1, max_wait_time=1) == []
        [seen] = receiver.peek_messages(1, sequence_number=1)
        assert seen.state.value == 1, seen.state
        [again] = receiver.receive_deferred_messages([got.sequence_number])
        assert str(again) == "x"
        receiver.complete_message(again)
        raises(ServiceBusError, receiver.receive_deferred_messages, [1])


@step
def scheduled_comes_at_its_time_or_is_cancelled(client, queue):
    soon = datetime.now(timezone.utc) + timedelta(seconds=5)
    with client.get_queue_sender(queue) as sender:
        first, second = sender.schedule_messages(
            [ServiceBusMessage("a"), ServiceBusMessage("b")], soon
        )
        sender.cancel_scheduled_messages(first)
    assert take(client, queue, wait=1) == []
    [got] = take(client, queue, wait=10)
    assert str(got) == "b" and datetime.now(timezone.utc) >= soon
    assert got.sequence_number > second


def run(function):
    """Whether the step succeeds; says so."""
    name = function.__name__
    queue = f"{name}-{uuid.uuid4().hex[:8]}"
    began = time.monotonic()
    client = ServiceBusClient.from_connection_string(CONNECTION, retry_total=1)
    try:
        with client:
            function(client, queue)
        verdict, trace = "ok", ""
    except Exception:  # noqa: BLE001
        verdict, trace = "FAILED", "\n" + traceback.format_exc()
    print(f"{verdict:6} {time.monotonic() - began:5.1f} s  {name}{trace}", flush=True)
    return verdict == "ok"


def main():
    names = sys.argv[2:]
    steps = [s for s in STEPS if not names or s.__name__ in names]
    with ThreadPoolExecutor(8) as pool:
        good = list(pool.map(run, steps))
    sys.exit(0 if good and all(good) else 1)


if __name__ == "__main__":
    CONNECTION = sys.argv[1]
    main()
