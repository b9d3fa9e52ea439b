"""A plain AMQP client (Qpid Proton): the cases of ../cases.toml that it can express.

Usage: cases.py CONNECTION_STRING ADMIN_URL CA_FILE|- [CASE…]

It knows nothing of Service Bus: policy and key are name and password, and there is no
$management. Prints one JSON line a case: {"case": …, "ok": …, "seconds": …,
"reason": …}. A line {"restart": true} asks whoever started this to kill the broker,
start it again, and answer with a line.
"""

import json
import re
import sys
import threading
import time
import traceback
import uuid
from concurrent.futures import ThreadPoolExecutor

from proton import (
    Array,
    ConnectionException,
    Data,
    Delivery,
    Message,
    SSLDomain,
    Timeout,
    UNDESCRIBED,
    byte,
    char,
    decimal32,
    float32,
    int32,
    short,
    symbol,
    timestamp,
    ubyte,
    uint,
    ulong,
    ushort,
)
from proton.reactor import AtMostOnce, Filter
from proton.utils import (
    BlockingConnection,
    LinkDetached,
    SendException,
)

AT_ONCE = 8
# How long anything may take before it is said not to have happened.
WAIT = 30
# How long a queue is watched that should hold nothing.
BRIEF = 0.5
SCHEDULED = symbol("x-opt-scheduled-enqueue-time")
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


def connect(user="RootManageSharedAccessKey", password="SAS_KEY_VALUE", **how):
    how.setdefault("timeout", WAIT)
    scheme = "amqp"
    if CA:
        domain = SSLDomain(SSLDomain.MODE_CLIENT)
        domain.set_trusted_ca_db(CA)
        domain.set_peer_authentication(SSLDomain.VERIFY_PEER_NAME, CA)
        scheme, how["ssl_domain"] = "amqps", domain
    if user:
        mechanisms = {"user": user, "password": password, "allowed_mechs": "PLAIN"}
    else:
        mechanisms = {"allowed_mechs": "ANONYMOUS"}
    url = f"{scheme}://localhost:{PORT}"
    return BlockingConnection(url, allow_insecure_mechs=True, **mechanisms, **how)


def send(connection, queue, *messages):
    sender = connection.create_sender(queue)
    for message in messages:
        sender.send(message if isinstance(message, Message) else of(message))
    sender.close()


def of(words, **properties):
    body = words.encode() if isinstance(words, str) else words
    return Message(body=body, inferred=True, **properties)


def text(message):
    return bytes(message.body).decode()


def take(connection, queue, count=1):
    """Receive, accept and return so many messages."""
    receiver = connection.create_receiver(queue, credit=0)
    got = []
    for _ in range(count):
        got.append(receiver.receive(timeout=WAIT))
        receiver.accept()
    receiver.close()
    return got


def texts(messages):
    return [text(message) for message in messages]


def nothing_in(connection, queue):
    receiver = connection.create_receiver(queue, credit=0)
    try:
        message = receiver.receive(timeout=BRIEF)
    except Timeout:
        return True
    finally:
        receiver.close()
    raise AssertionError(f"there is {message}")


def dead(queue):
    return f"{queue}/$DeadLetterQueue"


def refused(condition, function, *args, **named):
    try:
        function(*args, **named)
    except LinkDetached as error:
        assert error.condition == condition, error.condition
        return error
    raise AssertionError("nothing was refused")


def modified(receiver, failed=True, here=False, annotations=None):
    """Settle what was received last."""
    delivery = receiver.fetcher.unsettled.popleft()
    delivery.local.failed = failed
    delivery.local.undeliverable = here
    if annotations:
        delivery.local.annotations = annotations
    delivery.update(Delivery.MODIFIED)
    delivery.settle()


# Sending.


@case
def send_one(connection, queue):
    sent = of(
        '{"sbd": "æøå"}',
        address="noen",
        content_type="application/json",
        correlation_id="c-1",
        id="m-1",
        reply_to="svar",
        reply_to_group_id="økt",
        subject="emne",
        ttl=3600,
        properties={"tekst": "æøå", "tall": int32(42)},
        annotations={symbol("x-opt-partition-key"): "p-1"},
    )
    send(connection, queue, sent)
    [got] = take(connection, queue)
    for name in (
        "address",
        "body",
        "content_type",
        "correlation_id",
        "id",
        "properties",
        "reply_to",
        "reply_to_group_id",
        "subject",
        "ttl",
    ):
        assert getattr(got, name) == getattr(sent, name), (name, getattr(got, name))
    assert got.annotations["x-opt-partition-key"] == "p-1"
    assert got.annotations["x-opt-sequence-number"] == 1
    assert abs(got.annotations["x-opt-enqueued-time"] / 1000 - time.time()) < 60
    assert got.annotations["x-opt-locked-until"] / 1000 > time.time()
    assert got.delivery_count == 0
    assert nothing_in(connection, queue)


@case
def send_without_id(connection, queue):
    send(connection, queue, "x")
    [got] = take(connection, queue)
    assert got.id, got
    assert nothing_in(connection, queue)


@case
def send_many_at_once(connection, queue):
    sender = connection.create_sender(queue)
    connection.wait(lambda: sender.link.credit >= 500)
    sent = [sender.link.send(of(str(n))) for n in range(500)]
    connection.wait(lambda: all(delivery.settled for delivery in sent))
    assert all(delivery.remote_state == Delivery.ACCEPTED for delivery in sent)
    assert texts(take(connection, queue, 500)) == [str(n) for n in range(500)]


@case
def send_from_eight(connection, queue):
    def work(number):
        own = connect()
        send(own, queue, *(f"{number}-{n}" for n in range(20)))
        own.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    got = texts(take(connection, queue, 160))
    for number in range(8):
        own = [name for name in got if name.startswith(f"{number}-")]
        assert own == [f"{number}-{n}" for n in range(20)], own


@case
def send_bodies(connection, queue):
    for size in (0, 1, 65_536, 256 * 1024, 1024 * 1024, 4_900_000):
        some = bytes(n * 7 % 251 for n in range(5000))
        data = (some * (size // 5000 + 1))[:size]
        send(connection, queue, data)
        [got] = take(connection, queue)
        assert bytes(got.body) == data, size


@case
def send_body_kinds(connection, queue):
    kinds = [
        ({"a": 1, "b": [True, None, "æ"]}, False),
        ([1, "to"], False),
        ("tekst", False),
        (7, False),
        (None, False),
        ([1, "to", [3]], True),
        (b"en", True),
    ]
    for body, inferred in kinds:
        send(connection, queue, Message(body=body, inferred=inferred))
    for (body, inferred), got in zip(kinds, take(connection, queue, len(kinds))):
        assert got.body == body, (got.body, body)
        assert got.inferred == inferred, body


@case
def send_property_types(connection, queue):
    sent = {
        "null": None,
        "boolean": True,
        "ubyte": ubyte(200),
        "ushort": ushort(60_000),
        "uint": uint(4_000_000_000),
        "ulong": ulong(1 << 63),
        "byte": byte(-100),
        "short": short(-30_000),
        "int": int32(-2_000_000_000),
        "long": -(1 << 62),
        "float": float32(1.5),
        "double": 2.25,
        "decimal32": decimal32(123),
        "char": char("å"),
        "timestamp": timestamp(1_779_019_200_000),
        "uuid": uuid.UUID(int=0x000102030405060708090A0B0C0D0E0F),
        "binary": b"\x00\xff",
        "string": "blåbærsyltetøy",
        "symbol": symbol("tegn"),
        "array": Array(UNDESCRIBED, Data.INT, 1, 2),
        "list": [1, "to"],
        "map": {"a": 1},
    }
    send(connection, queue, of("x", properties=sent))
    [got] = take(connection, queue)
    # The client hands binary out as a view of its own buffer.
    got.properties["binary"] = bytes(got.properties["binary"])
    for name, value in sent.items():
        assert got.properties[name] == value, (name, got.properties[name])
        assert type(got.properties[name]) is type(value), name
    assert len(got.properties) == len(sent)


@case
def send_too_large(connection, queue):
    sender = connection.create_sender(queue)
    try:
        sender.send(of(bytes(6 * 1024 * 1024)))
    except SendException as error:
        assert error.state == Delivery.REJECTED
    else:
        raise AssertionError("it was taken")
    sender.send(of("liten"))
    assert texts(take(connection, queue)) == ["liten"]
    assert nothing_in(connection, queue)


@case
def send_settled(connection, queue):
    sender = connection.create_sender(queue, options=AtMostOnce())
    sender.send(of("x"))
    assert texts(take(connection, queue)) == ["x"]


@case
def schedule_by_property(connection, queue):
    due = time.time() + 3
    when = {SCHEDULED: timestamp(int(due * 1000))}
    send(connection, queue, of("senere", annotations=when), "nå")
    assert texts(take(connection, queue)) == ["nå"]
    assert texts(take(connection, queue)) == ["senere"]
    assert time.time() >= due - 0.001


@case
def ttl_dead_letter(connection, queue):
    send(connection, queue, of("x", ttl=1))
    [got] = take(connection, dead(queue))
    assert text(got) == "x"
    assert got.properties["DeadLetterReason"] == "TTLExpiredException"


@case
def ttl_drop(connection, queue):
    send(connection, queue, of("x", ttl=1))
    time.sleep(2)
    send(connection, queue, "y")
    assert texts(take(connection, queue)) == ["y"]
    assert nothing_in(connection, dead(queue))


@case
def duplicates(connection, queue):
    send(connection, queue, of("første", id="1"), of("igjen", id="1"))
    send(connection, queue, of("andre", id="2"))
    assert texts(take(connection, queue, 2)) == ["første", "andre"]
    send(connection, queue, of("etter at den er fullført", id="1"))
    assert nothing_in(connection, queue)


@case
def duplicates_later(connection, queue):
    send(connection, queue, of("x", id="1"), of("x", id="1"))
    time.sleep(22)
    send(connection, queue, of("x", id="1"))
    take(connection, queue, 2)
    assert nothing_in(connection, queue)


# Receiving and settling.


@case
def complete(connection, queue):
    send(connection, queue, "x")
    take(connection, queue)
    assert nothing_in(connection, queue)


@case
def abandon(connection, queue):
    send(connection, queue, "a")
    receiver = connection.create_receiver(queue, credit=0)
    for count in range(3):
        got = receiver.receive(timeout=WAIT)
        assert (text(got), got.delivery_count) == ("a", count), got
        modified(receiver)
    # Released is not in vain: nobody looked at it.
    assert receiver.receive(timeout=WAIT).delivery_count == 3
    receiver.release(delivered=False)
    assert receiver.receive(timeout=WAIT).delivery_count == 3
    modified(receiver)
    receiver.close()
    send(connection, queue, "b")
    assert texts(take(connection, queue, 2)) == ["a", "b"]


@case
def abandon_changed(connection, queue):
    send(connection, queue, of("x", properties={"a": 1, "b": "før"}))
    receiver = connection.create_receiver(queue, credit=0)
    receiver.receive(timeout=WAIT)
    modified(receiver, annotations={symbol("b"): "etter", symbol("c"): True})
    receiver.close()
    [got] = take(connection, queue)
    assert got.properties == {"a": 1, "b": "etter", "c": True}, got.properties


@case
def dead_letter(connection, queue):
    send(connection, queue, of("x", properties={"k": 1}), "y")
    receiver = connection.create_receiver(queue, credit=0)
    receiver.receive(timeout=WAIT)
    receiver.reject()
    receiver.close()
    assert texts(take(connection, queue)) == ["y"]
    aside = connection.create_receiver(dead(queue), credit=0)
    aside.receive(timeout=WAIT)
    modified(aside)
    got = aside.receive(timeout=WAIT)
    assert (text(got), got.delivery_count) == ("x", 1)
    assert got.properties["k"] == 1
    assert got.annotations["x-opt-deadletter-source"].lower() == queue
    aside.accept()
    aside.close()
    assert nothing_in(connection, dead(queue))


@case
def dead_letter_any_case(connection, queue):
    send(connection, queue, "x")
    receiver = connection.create_receiver(queue, credit=0)
    receiver.receive(timeout=WAIT)
    receiver.reject()
    assert texts(take(connection, f"{queue}/$deadLetterQUEUE")) == ["x"]


@case
def delivery_count(connection, queue):
    send(connection, queue, "x")
    receiver = connection.create_receiver(queue, credit=0)
    for count in range(3):
        assert receiver.receive(timeout=WAIT).delivery_count == count
        modified(receiver)
    receiver.close()
    [got] = take(connection, dead(queue))
    assert got.properties["DeadLetterReason"] == "MaxDeliveryCountExceeded"
    assert nothing_in(connection, queue)


@case
def closed_with_buffer(connection, queue):
    send(connection, queue, *(str(n) for n in range(20)))
    own = connect()
    receiver = own.create_receiver(queue, credit=20)
    receiver.receive(timeout=WAIT)
    own.close()
    got = texts(take(connection, queue, 20))
    assert sorted(got, key=int) == [str(n) for n in range(20)]


@case
def lock_expiry(connection, queue):
    send(connection, queue, "x")
    receiver = connection.create_receiver(queue, credit=0)
    got = receiver.receive(timeout=WAIT)
    end = got.annotations["x-opt-locked-until"] / 1000
    # Links to one place have one name, where they are not given another.
    other = connection.create_receiver(queue, credit=0, name="annen")
    again = other.receive(timeout=WAIT)
    assert time.time() >= end - 0.001
    assert again.delivery_count == 1
    receiver.accept()  # too late: it changes nothing
    modified(other)
    receiver.close()
    other.close()
    [again] = take(connection, queue)
    assert again.delivery_count == 2
    assert nothing_in(connection, queue)


@case
def receive_and_delete(connection, queue):
    send(connection, queue, "0", "1", "2")
    receiver = connection.create_receiver(queue, credit=3, options=AtMostOnce())
    got = [text(receiver.receive(timeout=WAIT)) for _ in range(3)]
    assert got == ["0", "1", "2"]
    receiver.close()
    assert nothing_in(connection, queue)


@case
def iterate(connection, queue):
    send(connection, queue, *(str(n) for n in range(50)))
    receiver = connection.create_receiver(queue, credit=10)
    got = []
    while len(got) < 50:
        got.append(text(receiver.receive(timeout=WAIT)))
        receiver.accept()
    receiver.close()
    assert got == [str(n) for n in range(50)]
    assert nothing_in(connection, queue)


@case
def competing(connection, queue):
    send(connection, queue, *(str(n) for n in range(90)))
    got, lock = [], threading.Lock()

    def work(_):
        own = connect()
        receiver = own.create_receiver(queue, credit=5)
        while len(got) < 90:
            try:
                message = receiver.receive(timeout=1)
            except Timeout:
                continue
            receiver.accept()
            with lock:
                got.append(int(text(message)))
        own.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    assert sorted(got) == list(range(90)), sorted(got)


@case
def empty(connection, queue):
    assert nothing_in(connection, queue)

    def later():
        time.sleep(1)
        own = connect()
        send(own, queue, "endelig")
        own.close()

    sending = threading.Thread(target=later)
    sending.start()
    assert texts(take(connection, queue)) == ["endelig"]
    sending.join()


# Names, rights, errors.


@case
def missing_entity(connection, queue):
    refused("amqp:not-found", connection.create_sender, "finnes-ikke")
    refused("amqp:not-found", connection.create_receiver, "finnes-ikke", credit=0)
    send(connection, queue, "x")


@case
def names(connection, queue):
    send(connection, queue.upper(), "x")
    assert texts(take(connection, queue)) == ["x"]
    send(connection, f"{queue}/med/skråstrek", "y")
    assert texts(take(connection, f"{queue}/Med/Skråstrek")) == ["y"]


@case
def addresses(connection, queue):
    for address in (
        f"/{queue}",
        f"amqp://localhost/{queue}",
        f"amqps://localhost:{PORT}/{queue}",
    ):
        send(connection, address, address)
        assert texts(take(connection, address)) == [address]


@case
def rights(connection, queue):
    condition = "amqp:unauthorized-access"
    sending = connect("SendOnly", "SEND_KEY")
    send(sending, queue, "x")
    refused(condition, sending.create_receiver, queue, credit=0)
    sending.close()
    listening = connect("ListenOnly", "LISTEN_KEY")
    assert texts(take(listening, queue)) == ["x"]
    refused(condition, listening.create_sender, queue)
    listening.close()


@case
def login(connection, queue):
    send(connection, queue, "x")
    for user, password in (
        ("RootManageSharedAccessKey", "feil"),
        ("Ukjent", "SAS_KEY_VALUE"),
        ("RootManageSharedAccessKey", ""),
    ):
        try:
            connect(user, password, timeout=10)
        except ConnectionException as error:
            assert not isinstance(error, Timeout), error
        else:
            raise AssertionError("let in")


@case
def no_token(connection, queue):
    own = connect(user=None)
    refused("amqp:unauthorized-access", own.create_sender, queue)
    refused("amqp:unauthorized-access", own.create_receiver, queue, credit=0)
    own.close()


@case
def sessions(connection, queue):
    send(connection, queue, "x")
    session = Filter({symbol("com.microsoft:session-filter"): "s"})
    condition = "amqp:not-implemented"
    create = connection.create_receiver
    error = refused(condition, create, queue, credit=0, options=session)
    assert "session" in str(error).lower(), error
    assert texts(take(connection, queue)) == ["x"]


# Time and faults.


@case
def small_frames(connection, queue):
    own = connect(max_frame_size=512)
    data = bytes(n % 251 for n in range(100_000))
    send(own, queue, of(data, properties={"lang": "x" * 600}))
    [got] = take(own, queue)
    assert bytes(got.body) == data
    own.close()


@case
def heartbeat(connection, queue):
    own = connect(heartbeat=4)
    # Three times as long as it puts up with; it would raise.
    ends = time.monotonic() + 12
    try:
        own.wait(lambda: time.monotonic() > ends, timeout=13)
    except Timeout:
        pass
    send(own, queue, "x")
    assert texts(take(own, queue)) == ["x"]
    own.close()


@alone
def restart(connection, queue):
    send(connection, queue, *(of(w, id=w) for w in ("a", "b", "død", "ferdig")))
    receiver = connection.create_receiver(queue, credit=4)
    got = [receiver.receive(timeout=WAIT) for _ in range(4)]
    assert texts(got) == ["a", "b", "død", "ferdig"]
    modified(receiver)  # a
    held = receiver.fetcher.unsettled.popleft()  # b stays locked
    receiver.reject()
    receiver.accept()
    receiver.close()
    assert held
    # A settlement of this client's is not confirmed. What is sent behind it is.
    when = {SCHEDULED: timestamp(int((time.time() + 3600) * 1000))}
    send(connection, queue, of("senere", annotations=when))

    say({"restart": True})
    sys.stdin.readline()

    # The blocking connection does not reconnect by itself.
    own = connect()
    send(own, queue, of("etter", id="etter"), of("ferdig", id="ferdig"))
    got = take(own, queue, 3)
    assert texts(got) == ["a", "b", "etter"]
    assert got[0].delivery_count == 1
    [aside] = take(own, dead(queue))
    assert text(aside) == "død"
    assert nothing_in(own, queue)
    own.close()


# Running them.


def say(report):
    sys.stdout.write(json.dumps(report) + "\n")
    sys.stdout.flush()


def run(function):
    name = function.__name__
    begun = time.monotonic()
    report = {"case": name, "ok": True}
    connection = None
    try:
        connection = connect()
        function(connection, name)
    except Exception as error:  # noqa: BLE001
        where = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in where if frame.filename == __file__][-1]
        report["ok"] = False
        words = " ".join(str(error).split())[:300]
        report["reason"] = f"line {own.lineno}: {type(error).__name__}: {words}"
    report["seconds"] = round(time.monotonic() - begun, 1)
    say(report)
    try:
        connection.close()
    except Exception:  # noqa: BLE001
        pass  # the case has its verdict


def main():
    wanted = sys.argv[4:]
    chosen = [f for f in CASES if not wanted or f.__name__ in wanted]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(run, chosen))
    for function in ALONE:
        if not wanted or function.__name__ in wanted:
            run(function)


if __name__ == "__main__":
    CA = None if sys.argv[3] == "-" else sys.argv[3]
    PORT = re.search(r"sb://localhost:(\d+)", sys.argv[1]).group(1)
    main()
