import com.azure.core.amqp.models.AmqpMessageBody;
import com.azure.messaging.servicebus.ServiceBusFailureReason;
import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusMessageBatch;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusSenderAsyncClient;
import com.azure.messaging.servicebus.ServiceBusSenderClient;
import com.azure.messaging.servicebus.models.ServiceBusMessageState;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import reactor.core.publisher.Flux;

/** Cases of sending. */
final class Sending {
    static void send_one(Client c, String queue) {
        ServiceBusMessage sent = new ServiceBusMessage("{\"sbd\": \"æøå\"}")
            .setContentType("application/json").setCorrelationId("c-1")
            .setMessageId("m-1").setPartitionKey("p-1").setReplyTo("svar")
            .setReplyToSessionId("økt").setSubject("emne")
            .setTimeToLive(Duration.ofHours(1)).setTo("noen");
        sent.getApplicationProperties().put("tekst", "æøå");
        sent.getApplicationProperties().put("tall", 42);
        c.send(queue, sent);
        ServiceBusReceivedMessage got = Client.take(c.receiver(queue), 1).get(0);
        Client.same(got.getBody().toString(), "{\"sbd\": \"æøå\"}");
        Client.same(got.getApplicationProperties(), sent.getApplicationProperties());
        Client.same(
            List.of(got.getContentType(), got.getCorrelationId(), got.getMessageId(),
                got.getPartitionKey(), got.getReplyTo(), got.getReplyToSessionId(),
                got.getSubject(), got.getTo()),
            List.of("application/json", "c-1", "m-1", "p-1", "svar", "økt", "emne",
                "noen"));
        Client.same(got.getTimeToLive(), Duration.ofHours(1));
        OffsetDateTime at = got.getEnqueuedTime();
        Client.same(Duration.between(at, got.getExpiresAt()), Duration.ofHours(1));
        Client.same(got.getDeliveryCount(), 0);
        Client.same(got.getSequenceNumber(), 1);
        Client.check(got.getLockedUntil().isAfter(at), got.getLockedUntil());
        Client.check(
            Duration.between(at, OffsetDateTime.now()).abs().toMinutes() < 1, at);
        Client.nothingIn(c.receiver(queue));
    }

    static void send_without_id(Client c, String queue) {
        c.send(queue, "x");
        Client.check(Client.take(c.receiver(queue), 1).get(0).getMessageId() != null, "id");
        Client.nothingIn(c.receiver(queue));
    }

    static void send_list_and_batch(Client c, String queue) {
        ServiceBusSenderClient sender = c.sender(queue);
        List<ServiceBusMessage> all =
            Client.numbers(100).stream().map(ServiceBusMessage::new).toList();
        sender.sendMessages(all.subList(0, 50));
        ServiceBusMessageBatch batch = sender.createMessageBatch();
        all.subList(50, 100).forEach(m -> Client.check(batch.tryAddMessage(m), "room"));
        sender.sendMessages(batch);
        List<ServiceBusReceivedMessage> got = Client.take(c.receiver(queue), 100);
        Client.same(Client.bodies(got), Client.numbers(100));
    }

    static void send_many_at_once(Client c, String queue) {
        ServiceBusSenderAsyncClient sender =
            c.keep(c.builder().sender().queueName(queue).buildAsyncClient());
        Flux.fromIterable(Client.numbers(500))
            .flatMap(n -> sender.sendMessage(new ServiceBusMessage(n)), 500)
            .blockLast(Client.WAIT);
        List<String> got = Client.bodies(Client.take(c.receiver(queue), 500));
        Client.same(sorted(got), Client.numbers(500));
    }

    static void send_from_eight(Client c, String queue) {
        IntStream.range(0, 8).parallel().forEach(own ->
            c.send(queue, IntStream.range(0, 20).mapToObj(n -> own + "-" + n).toArray()));
        List<String> got = Client.bodies(Client.take(c.receiver(queue), 160));
        for (int own = 0; own < 8; own++) {
            String start = own + "-";
            Client.same(got.stream().filter(w -> w.startsWith(start)).toList(),
                Client.numbers(20).stream().map(n -> start + n).toList());
        }
    }

    static void send_bodies(Client c, String queue) {
        for (int size : new int[] {0, 1, 65_536, 256 * 1024, 1024 * 1024, 4_900_000}) {
            byte[] body = new byte[size];
            for (int n = 0; n < size; n++) {
                body[n] = (byte) (n * 7L % 251);
            }
            c.send(queue, Client.of(body));
            ServiceBusReceivedMessage got = Client.take(c.receiver(queue), 1).get(0);
            Client.check(Arrays.equals(got.getBody().toBytes(), body), size);
        }
    }

    static void send_body_kinds(Client c, String queue) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("a", 1L);
        map.put("æ", "tekst");
        List<Object> values = List.of(map, List.of(1L, "to", true), "tekst", 7L, 1.5);
        for (Object value : values) {
            c.send(queue, new ServiceBusMessage(AmqpMessageBody.fromValue(value)));
        }
        List<Object> sequence = List.of(1L, "to", 3L);
        c.send(queue, new ServiceBusMessage(AmqpMessageBody.fromSequence(sequence)));
        List<ServiceBusReceivedMessage> got = Client.take(c.receiver(queue), 6);
        for (int n = 0; n < values.size(); n++) {
            Client.same(got.get(n).getRawAmqpMessage().getBody().getValue(), values.get(n));
        }
        Client.same(got.get(5).getRawAmqpMessage().getBody().getSequence(), sequence);
    }

    static void send_property_types(Client c, String queue) {
        Map<String, Object> sent = new LinkedHashMap<>();
        sent.put("tekst", "blåbærsyltetøy");
        sent.put("byte", (byte) -100);
        sent.put("short", (short) -30_000);
        sent.put("int", -2_000_000_000);
        sent.put("long", Long.MIN_VALUE);
        sent.put("float", 1.5f);
        sent.put("double", 2.25);
        sent.put("boolean", true);
        sent.put("char", 'å');
        sent.put("uuid", UUID.fromString("00010203-0405-0607-0809-0a0b0c0d0e0f"));
        sent.put("date", new Date(1_779_019_200_000L));
        ServiceBusMessage message = new ServiceBusMessage("x");
        message.getApplicationProperties().putAll(sent);
        c.send(queue, message);
        Map<String, Object> got =
            Client.take(c.receiver(queue), 1).get(0).getApplicationProperties();
        sent.forEach((name, value) -> {
            Client.check(got.get(name) != null
                && got.get(name).getClass() == value.getClass(), name);
            Client.same(got.get(name), value);
        });
    }

    static void send_too_large(Client c, String queue) {
        ServiceBusSenderClient sender = c.sender(queue);
        ServiceBusMessage large = Client.of(new byte[6 * 1024 * 1024]);
        Client.refused(ServiceBusFailureReason.MESSAGE_SIZE_EXCEEDED,
            () -> sender.sendMessage(large));
        sender.sendMessage(new ServiceBusMessage("liten"));
        Client.same(Client.bodies(Client.take(c.receiver(queue), 1)), List.of("liten"));
        Client.nothingIn(c.receiver(queue));
    }

    static void send_batch_too_large(Client c, String queue) {
        ServiceBusMessage part = Client.of(new byte[1024 * 1024]);
        List<ServiceBusMessage> parts = Collections.nCopies(6, part);
        Client.fails(() -> c.sender(queue).sendMessages(parts));
        Client.nothingIn(c.receiver(queue));
    }

    static void schedule(Client c, String queue) {
        // A JVM that has just started may take its time to connect.
        OffsetDateTime due = Client.in(Duration.ofSeconds(12));
        List<ServiceBusMessage> some =
            List.of(new ServiceBusMessage("en"), new ServiceBusMessage("to"));
        List<Long> given = new ArrayList<>();
        c.sender(queue).scheduleMessages(some, due).forEach(given::add);
        List<ServiceBusReceivedMessage> seen = Client.look(c.receiver(queue));
        Client.same(seen.stream().map(m -> m.getSequenceNumber()).toList(), given);
        for (ServiceBusReceivedMessage message : seen) {
            Client.same(message.getState(), ServiceBusMessageState.SCHEDULED);
        }
        List<ServiceBusReceivedMessage> got = Client.take(c.receiver(queue), 2);
        Client.check(!OffsetDateTime.now().isBefore(due), "not early");
        Client.same(Client.bodies(got), List.of("en", "to"));
        OffsetDateTime at = got.get(0).getEnqueuedTime();
        Client.check(at.isAfter(due.minusSeconds(1)), at);
    }

    static void schedule_by_property(Client c, String queue) {
        // As above.
        OffsetDateTime due = Client.in(Duration.ofSeconds(10));
        c.send(queue, new ServiceBusMessage("senere").setScheduledEnqueueTime(due), "nå");
        Client.same(Client.bodies(Client.take(c.receiver(queue), 1)), List.of("nå"));
        Client.same(Client.bodies(Client.take(c.receiver(queue), 1)), List.of("senere"));
        Client.check(!OffsetDateTime.now().isBefore(due), "not early");
    }

    static void schedule_cancel(Client c, String queue) {
        ServiceBusSenderClient sender = c.sender(queue);
        OffsetDateTime due = Client.in(Duration.ofHours(1));
        long number = sender.scheduleMessage(new ServiceBusMessage("aldri"), due);
        sender.cancelScheduledMessage(number);
        Client.nothingIn(c.receiver(queue));
        try {
            sender.cancelScheduledMessage(4711);
        } catch (RuntimeException error) {
            // An error or silence, and no harm done.
        }
        due = Client.in(Duration.ofSeconds(1));
        sender.scheduleMessage(new ServiceBusMessage("så"), due);
        Client.same(Client.bodies(Client.take(c.receiver(queue), 1)), List.of("så"));
    }

    static void ttl_dead_letter(Client c, String queue) {
        c.send(queue, new ServiceBusMessage("x").setTimeToLive(Duration.ofSeconds(1)));
        ServiceBusReceivedMessage dead = Client.take(c.dead(queue), 1).get(0);
        Client.same(dead.getBody() + dead.getDeadLetterReason(), "xTTLExpiredException");
        Client.nothingIn(c.receiver(queue));
    }

    static void ttl_drop(Client c, String queue) throws Exception {
        Duration second = Duration.ofSeconds(1);
        c.send(queue, new ServiceBusMessage("x").setTimeToLive(second), "y");
        var receiver = c.receiver(queue);
        Client.until("gone", () -> Client.look(receiver).size() == 1);
        Client.same(Client.bodies(Client.take(c.receiver(queue), 1)), List.of("y"));
        Client.nothingIn(c.dead(queue));
    }

    static void ttl_queue(Client c, String queue) {
        Duration cap = Duration.ofHours(1);
        for (Duration asked : Arrays.asList(null, cap.multipliedBy(2), cap.dividedBy(60))) {
            c.send(queue, new ServiceBusMessage("x").setTimeToLive(asked));
            ServiceBusReceivedMessage got = Client.take(c.receiver(queue), 1).get(0);
            Duration wanted = asked == null || asked.compareTo(cap) > 0 ? cap : asked;
            Client.check(got.getExpiresAt() != null, "an end");
            Client.same(
                Duration.between(got.getEnqueuedTime(), got.getExpiresAt()), wanted);
        }
    }

    static void duplicates(Client c, String queue) {
        ServiceBusSenderClient sender = c.sender(queue);
        c.send(queue, Client.named("1", "første"), Client.named("1", "igjen"));
        sender.sendMessages(
            List.of(Client.named("2", "andre"), Client.named("1", "i en liste")));
        Client.same(Client.bodies(Client.take(c.receiver(queue), 2)),
            List.of("første", "andre"));
        sender.sendMessage(Client.named("1", "etter at den er fullført"));
        OffsetDateTime due = Client.in(Duration.ofHours(1));
        sender.scheduleMessage(Client.named("1", "planlagt"), due);
        Client.nothingIn(c.receiver(queue));
    }

    static void duplicates_later(Client c, String queue) throws Exception {
        c.send(queue, Client.named("1", "x"), Client.named("1", "x"));
        Thread.sleep(22_000);
        c.send(queue, Client.named("1", "x"));
        Client.take(c.receiver(queue), 2);
        Client.nothingIn(c.receiver(queue));
    }

    static List<String> sorted(List<String> words) {
        return words.stream().map(Integer::valueOf).sorted().map(String::valueOf).toList();
    }
}
