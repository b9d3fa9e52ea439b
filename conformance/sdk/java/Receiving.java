import com.azure.messaging.servicebus.ServiceBusFailureReason;
import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusProcessorClient;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import com.azure.messaging.servicebus.models.AbandonOptions;
import com.azure.messaging.servicebus.models.DeadLetterOptions;
import com.azure.messaging.servicebus.models.ServiceBusMessageState;
import com.azure.messaging.servicebus.models.ServiceBusReceiveMode;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/** Cases of receiving and settling. */
final class Receiving {
    static void complete(Client c, String queue) {
        c.send(queue, "x");
        ServiceBusReceiverClient receiver = c.receiver(queue);
        ServiceBusReceivedMessage got = Client.one(receiver);
        receiver.complete(got);
        Client.fails(() -> receiver.complete(got));
        Client.nothingIn(c.receiver(queue));
    }

    static void abandon(Client c, String queue) {
        c.send(queue, "a", "b");
        ServiceBusReceiverClient receiver = c.receiver(queue);
        for (int count = 0; count < 3; count++) {
            ServiceBusReceivedMessage got = Client.one(receiver);
            Client.same(got.getBody() + " " + got.getDeliveryCount(), "a " + count);
            receiver.abandon(got);
        }
        Client.same(Client.bodies(Client.take(receiver, 2)), List.of("a", "b"));
    }

    static void abandon_changed(Client c, String queue) {
        ServiceBusMessage sent = new ServiceBusMessage("x");
        sent.getApplicationProperties().putAll(Map.of("a", 1, "b", "før"));
        c.send(queue, sent);
        ServiceBusReceiverClient receiver = c.receiver(queue);
        receiver.abandon(Client.one(receiver), new AbandonOptions()
            .setPropertiesToModify(Map.of("b", "etter", "c", true)));
        Client.same(Client.take(receiver, 1).get(0).getApplicationProperties(),
            Map.of("a", 1, "b", "etter", "c", true));
    }

    static void defer(Client c, String queue) {
        c.send(queue, "x", "y");
        ServiceBusReceiverClient receiver = c.receiver(queue);
        ServiceBusReceivedMessage got = Client.one(receiver);
        receiver.defer(got);
        Client.same(Client.bodies(Client.take(c.receiver(queue), 1)), List.of("y"));
        Client.same(Client.look(receiver).get(0).getState(),
            ServiceBusMessageState.DEFERRED);
        long number = got.getSequenceNumber();
        ServiceBusReceivedMessage again = receiver.receiveDeferredMessage(number);
        Client.same(again.getBody().toString(), "x");
        receiver.complete(again);
        Client.fails(() -> receiver.receiveDeferredMessage(number).getBody());
        Client.nothingIn(c.receiver(queue));
    }

    static void defer_settle(Client c, String queue) {
        c.send(queue, "x");
        ServiceBusReceiverClient receiver = c.receiver(queue);
        ServiceBusReceivedMessage got = Client.one(receiver);
        receiver.defer(got);
        receiver.abandon(receiver.receiveDeferredMessage(got.getSequenceNumber()));
        Client.same(Client.look(receiver).get(0).getState(),
            ServiceBusMessageState.DEFERRED);
        got = receiver.receiveDeferredMessage(got.getSequenceNumber());
        Client.check(got.getDeliveryCount() >= 1, got.getDeliveryCount());
        receiver.deadLetter(got, new DeadLetterOptions().setDeadLetterReason("nok"));
        Client.same(Client.take(c.dead(queue), 1).get(0).getDeadLetterReason(), "nok");
        Client.nothingIn(c.receiver(queue));
    }

    static void dead_letter(Client c, String queue) {
        ServiceBusMessage sent = new ServiceBusMessage("x");
        sent.getApplicationProperties().put("k", 1);
        c.send(queue, sent, "y");
        ServiceBusReceiverClient receiver = c.receiver(queue);
        List<ServiceBusReceivedMessage> both = Client.receive(receiver, 2);
        receiver.deadLetter(both.get(0), new DeadLetterOptions()
            .setDeadLetterReason("grunn").setDeadLetterErrorDescription("æøå"));
        receiver.deadLetter(both.get(1));
        ServiceBusReceiverClient aside = c.dead(queue);
        Client.same(Client.bodies(Client.look(aside)), List.of("x", "y"));
        aside.abandon(Client.one(aside));
        List<ServiceBusReceivedMessage> dead = Client.take(aside, 2);
        Client.same(Client.bodies(dead), List.of("x", "y"));
        Client.same(dead.get(0).getDeliveryCount(), 1);
        Client.same(dead.get(0).getDeadLetterReason(), "grunn");
        Client.same(dead.get(0).getDeadLetterErrorDescription(), "æøå");
        Client.same(dead.get(0).getDeadLetterSource().toLowerCase(), queue);
        Client.same(dead.get(0).getApplicationProperties().get("k"), 1);
        Client.nothingIn(c.receiver(queue));
        Client.nothingIn(c.dead(queue));
    }

    static void dead_letter_changed(Client c, String queue) {
        c.send(queue, "x");
        ServiceBusReceiverClient receiver = c.receiver(queue);
        receiver.deadLetter(Client.one(receiver), new DeadLetterOptions()
            .setDeadLetterReason("grunn").setPropertiesToModify(Map.of("egen", "verdi")));
        ServiceBusReceivedMessage dead = Client.take(c.dead(queue), 1).get(0);
        Client.same(dead.getDeadLetterReason(), "grunn");
        Client.same(dead.getApplicationProperties().get("egen"), "verdi");
    }

    static void dead_letter_any_case(Client c, String queue) {
        c.send(queue, "x");
        ServiceBusReceiverClient receiver = c.receiver(queue);
        receiver.deadLetter(Client.one(receiver));
        var aside = c.receiver(queue + "/$deadLetterQUEUE");
        Client.same(Client.bodies(Client.take(aside, 1)), List.of("x"));
    }

    static void delivery_count(Client c, String queue) {
        c.send(queue, "x");
        ServiceBusReceiverClient receiver = c.receiver(queue);
        for (int count = 0; count < 3; count++) {
            ServiceBusReceivedMessage got = Client.one(receiver);
            Client.same(got.getDeliveryCount(), count);
            receiver.abandon(got);
        }
        Client.same(Client.take(c.dead(queue), 1).get(0).getDeadLetterReason(),
            "MaxDeliveryCountExceeded");
        Client.nothingIn(c.receiver(queue));
    }

    static void closed_with_buffer(Client c, String queue) {
        c.send(queue, Client.numbers(20).toArray());
        ServiceBusReceiverClient receiver =
            c.keep(c.receiving(queue).prefetchCount(20).buildClient());
        Client.one(receiver);
        receiver.close();
        List<String> got = Client.bodies(Client.take(c.receiver(queue), 20));
        Client.same(Sending.sorted(got), Client.numbers(20));
    }

    static void renew(Client c, String queue) throws Exception {
        c.send(queue, "x");
        ServiceBusReceiverClient receiver = c.receiver(queue);
        ServiceBusReceivedMessage got = Client.one(receiver);
        OffsetDateTime end = got.getLockedUntil();
        OffsetDateTime enough = end.plusSeconds(3);
        while (OffsetDateTime.now().isBefore(enough)) {
            Thread.sleep(1000);
            OffsetDateTime next = receiver.renewMessageLock(got);
            Client.check(next.isAfter(end), next);
            end = next;
        }
        receiver.complete(got);
        Client.nothingIn(c.receiver(queue));
    }

    static void renew_by_client(Client c, String queue) throws Exception {
        c.send(queue, "x");
        ServiceBusReceiverClient receiver = c.keep(c.builder().receiver()
            .queueName(queue).disableAutoComplete()
            .maxAutoLockRenewDuration(Duration.ofMinutes(1)).buildClient());
        ServiceBusReceivedMessage got = Client.one(receiver);
        OffsetDateTime enough = got.getLockedUntil().plusSeconds(3);
        while (OffsetDateTime.now().isBefore(enough)) {
            Thread.sleep(100);
        }
        receiver.complete(got);
        Client.nothingIn(c.receiver(queue));
    }

    static void lock_expiry(Client c, String queue) {
        c.send(queue, "x");
        ServiceBusReceiverClient receiver = c.receiver(queue);
        ServiceBusReceiverClient other = c.receiver(queue);
        ServiceBusReceivedMessage got = Client.one(receiver);
        OffsetDateTime end = got.getLockedUntil();
        ServiceBusReceivedMessage again = Client.one(other);
        Client.check(!OffsetDateTime.now().isBefore(end), "not before its end");
        Client.same(again.getDeliveryCount(), 1);
        Client.check(!again.getLockToken().equals(got.getLockToken()), "another token");
        var lost = ServiceBusFailureReason.MESSAGE_LOCK_LOST;
        Client.refused(lost, () -> receiver.renewMessageLock(got));
        Client.refused(lost, () -> receiver.complete(got));
        other.complete(again);
        Client.nothingIn(c.receiver(queue));
    }

    static void settle_elsewhere(Client c, String queue) {
        c.send(queue, "x", "y", "z");
        ServiceBusReceiverClient receiver = c.receiver(queue);
        List<ServiceBusReceivedMessage> got = Client.receive(receiver, 3);
        receiver.close();
        // Their link is gone, so the client asks by request.
        ServiceBusReceiverClient other = c.receiver(queue);
        other.complete(got.get(0));
        other.abandon(got.get(1));
        other.deadLetter(got.get(2), new DeadLetterOptions().setDeadLetterReason("grunn"));
        ServiceBusReceivedMessage again = Client.take(other, 1).get(0);
        Client.same(again.getBody() + " " + again.getDeliveryCount(), "y 1");
        ServiceBusReceivedMessage dead = Client.take(c.dead(queue), 1).get(0);
        Client.same(dead.getBody() + dead.getDeadLetterReason(), "zgrunn");
    }

    static void receive_and_delete(Client c, String queue) {
        c.send(queue, "0", "1", "2");
        ServiceBusReceiverClient receiver = c.keep(c.builder().receiver().queueName(queue)
            .receiveMode(ServiceBusReceiveMode.RECEIVE_AND_DELETE).buildClient());
        Client.same(Client.bodies(Client.receive(receiver, 3)), Client.numbers(3));
        Client.nothingIn(c.receiver(queue));
    }

    static void iterate(Client c, String queue) {
        c.send(queue, Client.numbers(50).toArray());
        var receiver = c.keep(c.receiving(queue).prefetchCount(10).buildAsyncClient());
        List<ServiceBusReceivedMessage> got = receiver.receiveMessages()
            .concatMap(m -> receiver.complete(m).thenReturn(m))
            .take(50).collectList().block(Client.WAIT);
        Client.same(Client.bodies(got), Client.numbers(50));
        Client.nothingIn(c.receiver(queue));
    }

    static void processor(Client c, String queue) throws Exception {
        c.send(queue, Client.numbers(200).toArray());
        List<String> got = Collections.synchronizedList(new ArrayList<>());
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        ServiceBusProcessorClient processor = c.keep(c.builder().processor()
            .queueName(queue).maxConcurrentCalls(50).disableAutoComplete()
            .processMessage(call -> {
                most.accumulateAndGet(running.incrementAndGet(), Math::max);
                call.complete();
                running.decrementAndGet();
                got.add(call.getMessage().getBody().toString());
            })
            .processError(error -> { })
            .buildProcessorClient());
        processor.start();
        Client.until("200 messages", () -> got.size() == 200);
        processor.close();
        Client.check(most.get() > 1, "one at a time");
        Client.same(Sending.sorted(got), Client.numbers(200));
        Client.nothingIn(c.receiver(queue));
    }

    static void competing(Client c, String queue) {
        c.send(queue, Client.numbers(90).toArray());
        List<String> got = Collections.synchronizedList(new ArrayList<>());
        OffsetDateTime ends = Client.in(Client.WAIT);
        IntStream.range(0, 3).parallel().forEach(which -> {
            ServiceBusReceiverClient receiver = c.receiver(queue);
            while (got.size() < 90 && OffsetDateTime.now().isBefore(ends)) {
                receiver.receiveMessages(10, Duration.ofSeconds(1)).forEach(message -> {
                    receiver.complete(message);
                    got.add(message.getBody().toString());
                });
            }
        });
        Client.same(Sending.sorted(got), Client.numbers(90));
    }

    static void empty(Client c, String queue) {
        ServiceBusReceiverClient receiver = c.receiver(queue);
        Duration second = Duration.ofSeconds(1);
        Client.same(receiver.receiveMessages(1, second).stream().count(), 0);
        List<String> got = new ArrayList<>();
        List<Runnable> both = List.of(
            () -> got.addAll(Client.bodies(List.of(Client.one(receiver)))),
            () -> {
                try {
                    Thread.sleep(1000);
                } catch (InterruptedException error) {
                    throw new AssertionError(error);
                }
                c.send(queue, "endelig");
            });
        both.parallelStream().forEach(Runnable::run);
        Client.same(got, List.of("endelig"));
    }

    static void peek(Client c, String queue) {
        ServiceBusReceiverClient receiver = c.receiver(queue);
        Client.nothingIn(receiver);
        c.send(queue, Client.numbers(5).toArray());
        Client.same(Client.bodies(receiver.peekMessages(3, 1)), List.of("0", "1", "2"));
        Client.same(Client.bodies(receiver.peekMessages(9, 4)), List.of("3", "4"));
        Client.same(Client.bodies(receiver.peekMessages(1, 100)), List.of());
        Client.same(Client.take(c.receiver(queue), 5).get(0).getDeliveryCount(), 0);
    }

    static void peek_states(Client c, String queue) {
        c.send(queue, "utsatt", "låst", "ledig");
        OffsetDateTime due = Client.in(Duration.ofHours(1));
        c.sender(queue).scheduleMessage(new ServiceBusMessage("x"), due);
        ServiceBusReceiverClient receiver = c.receiver(queue);
        receiver.defer(Client.receive(receiver, 2).get(0));
        Client.same(Client.look(receiver).stream().map(m -> m.getState()).toList(),
            List.of(ServiceBusMessageState.DEFERRED, ServiceBusMessageState.ACTIVE,
                ServiceBusMessageState.ACTIVE, ServiceBusMessageState.SCHEDULED));
    }
}
