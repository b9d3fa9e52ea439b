import com.azure.core.amqp.AmqpTransportType;
import com.azure.core.exception.ClientAuthenticationException;
import com.azure.core.exception.HttpResponseException;
import com.azure.core.exception.ResourceExistsException;
import com.azure.core.exception.ResourceNotFoundException;
import com.azure.messaging.servicebus.ServiceBusClientBuilder;
import com.azure.messaging.servicebus.ServiceBusFailureReason;
import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import com.azure.messaging.servicebus.ServiceBusSenderClient;
import com.azure.messaging.servicebus.administration.ServiceBusAdministrationClient;
import com.azure.messaging.servicebus.administration.models.AccessRights;
import com.azure.messaging.servicebus.administration.models.AuthorizationRule;
import com.azure.messaging.servicebus.administration.models.CreateQueueOptions;
import com.azure.messaging.servicebus.administration.models.MessagingSku;
import com.azure.messaging.servicebus.administration.models.NamespaceProperties;
import com.azure.messaging.servicebus.administration.models.QueueProperties;
import com.azure.messaging.servicebus.administration.models.QueueRuntimeProperties;
import com.azure.messaging.servicebus.administration.models.SharedAccessAuthorizationRule;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;

/** Cases of names, rights, errors, web sockets and administration. */
final class Outside {
    private static final ServiceBusFailureReason MISSING =
        ServiceBusFailureReason.MESSAGING_ENTITY_NOT_FOUND;
    private static final ServiceBusFailureReason UNAUTHORIZED =
        ServiceBusFailureReason.UNAUTHORIZED;

    static void missing_entity(Client c, String queue) {
        String nowhere = "finnes-ikke";
        Client.refused(MISSING, () -> c.send(nowhere, "x"));
        Client.refused(MISSING, () -> Client.one(c.receiver(nowhere)));
        Client.refused(MISSING, () -> c.receiver(nowhere).peekMessage());
        c.send(queue, "x");
    }

    static void names(Client c, String queue) {
        c.send(queue.toUpperCase(), "x");
        Client.same(Client.bodies(Client.take(c.receiver(queue), 1)), List.of("x"));
        c.send(queue + "/med/skråstrek", "y");
        var there = c.receiver(queue + "/Med/Skråstrek");
        Client.same(Client.bodies(Client.take(there, 1)), List.of("y"));
    }

    static void wrong_key(Client c, String queue) throws Exception {
        Instant soon = Instant.now().plusSeconds(600);
        for (String wrong : List.of(
                Client.asPolicy("RootManageSharedAccessKey", "feil"),
                Client.asPolicy("Ukjent", "SAS_KEY_VALUE"),
                Client.signature(queue, soon.minusSeconds(1600)),
                Client.signature("annen", soon))) {
            try (Client other = new Client(wrong)) {
                Client.refused(UNAUTHORIZED, () -> other.send(queue, "x"));
            }
        }
        try (Client good = new Client(Client.signature(queue, soon))) {
            good.send(queue, "godt nok");
        }
    }

    static void rights(Client c, String queue) {
        try (Client sending = new Client(Client.asPolicy("SendOnly", "SEND_KEY"))) {
            sending.send(queue, "x");
            Client.refused(UNAUTHORIZED, () -> Client.one(sending.receiver(queue)));
        }
        try (Client listening = new Client(Client.asPolicy("ListenOnly", "LISTEN_KEY"))) {
            var got = Client.take(listening.receiver(queue), 1);
            Client.same(Client.bodies(got), List.of("x"));
            Client.refused(UNAUTHORIZED, () -> listening.send(queue, "x"));
        }
    }

    static void sessions(Client c, String queue) {
        c.send(queue, "x");
        Throwable error = Client.fails(() ->
            c.keep(c.builder().sessionReceiver().queueName(queue).buildClient())
                .acceptSession("s"));
        String words = error.toString().toLowerCase();
        Client.check(words.contains("session") && !words.contains("timeout"), error);
        Client.same(Client.bodies(Client.take(c.receiver(queue), 1)), List.of("x"));
    }

    static void websocket(Client c, String queue) {
        String secure = Client.connection.replace(";UseDevelopmentEmulator=true", "");
        ServiceBusClientBuilder builder = new ServiceBusClientBuilder()
            .connectionString(secure)
            .customEndpointAddress("https://" + System.getenv("SDK_HTTPS"))
            .transportType(AmqpTransportType.AMQP_WEB_SOCKETS);
        byte[] body = "æøå".repeat(200_000).getBytes(StandardCharsets.UTF_8);
        c.keep(builder.sender().queueName(queue).buildClient())
            .sendMessage(Client.of(body));
        var receiver = c.keep(builder.receiver().queueName(queue).disableAutoComplete()
            .buildClient());
        byte[] got = Client.take(receiver, 1).get(0).getBody().toBytes();
        Client.check(Arrays.equals(got, body), "the body");
    }

    static void admin_create(Client c, String queue) {
        ServiceBusAdministrationClient admin = Client.administer(Client.connection);
        String name = "admin-create/egen";
        QueueProperties made = admin.createQueue(name, new CreateQueueOptions()
            .setLockDuration(Duration.ofSeconds(30)).setMaxDeliveryCount(5)
            .setDefaultMessageTimeToLive(Duration.ofDays(3))
            .setDeadLetteringOnMessageExpiration(true).setDuplicateDetectionRequired(true)
            .setDuplicateDetectionHistoryTimeWindow(Duration.ofMinutes(5))
            .setMaxSizeInMegabytes(2048).setUserMetadata("<æøå> & co"));
        for (QueueProperties seen : List.of(made, admin.getQueue(name))) {
            Client.same(seen.getName(), name);
            Client.same(seen.getLockDuration(), Duration.ofSeconds(30));
            Client.same(seen.getMaxDeliveryCount(), 5);
            Client.same(seen.getDefaultMessageTimeToLive(), Duration.ofDays(3));
            Client.check(seen.isDeadLetteringOnMessageExpiration(), "dead letters");
            Client.check(seen.isDuplicateDetectionRequired(), "duplicates");
            Client.same(seen.getDuplicateDetectionHistoryTimeWindow(),
                Duration.ofMinutes(5));
            Client.same(seen.getMaxSizeInMegabytes(), 2048);
            Client.same(seen.getUserMetadata(), "<æøå> & co");
            Client.check(!seen.isSessionRequired(), "no sessions");
        }
        Client.check(Client.fails(() -> admin.createQueue(name))
            instanceof ResourceExistsException, "it exists");
        Client.check(admin.getQueueExists(name), "it exists");
        QueueProperties plain = admin.createQueue("admin-create-plain");
        Client.same(plain.getLockDuration(), Duration.ofMinutes(1));
        Client.same(plain.getMaxDeliveryCount(), 10);
        c.send(name, "x");
        Client.same(Client.bodies(Client.take(c.receiver(name), 1)), List.of("x"));
        admin.deleteQueue(name);
        Client.check(!admin.getQueueExists(name), "it is gone");
        Client.check(Client.fails(() -> admin.getQueue(name))
            instanceof ResourceNotFoundException, "it is gone");
        Client.check(Client.fails(() -> admin.deleteQueue(name))
            instanceof ResourceNotFoundException, "it is gone");
        admin.createQueue(name);
        Client.nothingIn(c.receiver(name));
    }

    static void admin_update(Client c, String queue) {
        ServiceBusAdministrationClient admin = Client.administer(Client.connection);
        admin.updateQueue(admin.getQueue(queue).setMaxDeliveryCount(2)
            .setLockDuration(Duration.ofSeconds(45)));
        QueueProperties seen = admin.getQueue(queue);
        Client.same(seen.getMaxDeliveryCount(), 2);
        Client.same(seen.getLockDuration(), Duration.ofSeconds(45));
        QueueProperties gone = admin.createQueue("admin-update-gone");
        admin.deleteQueue("admin-update-gone");
        Client.check(Client.fails(() -> admin.updateQueue(gone))
            instanceof ResourceNotFoundException, "it is gone");
        c.send(queue, "x");
        ServiceBusReceiverClient receiver = c.receiver(queue);
        for (int n = 0; n < 2; n++) {
            ServiceBusReceivedMessage got = Client.one(receiver);
            Duration left = Duration.between(got.getEnqueuedTime(), got.getLockedUntil());
            Client.check(left.toSeconds() > 30 && left.toSeconds() < 59, left);
            receiver.abandon(got);
        }
        Client.same(Client.take(c.dead(queue), 1).get(0).getDeadLetterReason(),
            "MaxDeliveryCountExceeded");
    }

    static void admin_policies(Client c, String queue) {
        ServiceBusAdministrationClient admin = Client.administer(Client.connection);
        String name = "admin-policies-egen";
        CreateQueueOptions wanted = new CreateQueueOptions();
        wanted.getAuthorizationRules().add(new SharedAccessAuthorizationRule(
            "Egen", "første", "annen", List.of(AccessRights.SEND)));
        admin.updateQueue(admin.createQueue(name, wanted).setMaxDeliveryCount(7));
        List<AuthorizationRule> kept = admin.getQueue(name).getAuthorizationRules();
        Client.same(kept.size(), 1);
        Client.same(
            List.of(kept.get(0).getKeyName(), kept.get(0).getPrimaryKey(),
                kept.get(0).getSecondaryKey(), kept.get(0).getAccessRights()),
            List.of("Egen", "første", "annen", List.of(AccessRights.SEND)));
        for (String key : List.of("første", "annen")) {
            try (Client own = new Client(Client.asPolicy("Egen", key))) {
                own.send(name, "x");
                Client.refused(UNAUTHORIZED, () -> Client.one(own.receiver(name)));
                Client.refused(UNAUTHORIZED, () -> own.send(queue, "x"));
            }
        }
    }

    static void admin_counts(Client c, String queue) {
        c.send(queue, "a", "b", "c", "d");
        OffsetDateTime due = Client.in(Duration.ofHours(1));
        c.sender(queue).scheduleMessage(new ServiceBusMessage("x"), due);
        ServiceBusReceiverClient receiver = c.receiver(queue);
        receiver.deadLetter(Client.one(receiver));
        QueueRuntimeProperties seen =
            Client.administer(Client.connection).getQueueRuntimeProperties(queue);
        Client.same(seen.getActiveMessageCount(), 3);
        Client.same(seen.getDeadLetterMessageCount(), 1);
        Client.same(seen.getScheduledMessageCount(), 1);
        Client.same(seen.getTotalMessageCount(), 5);
        Client.same(seen.getTransferMessageCount(), 0);
        Client.check(seen.getSizeInBytes() > 0, seen.getSizeInBytes());
        Duration age = Duration.between(seen.getCreatedAt(), OffsetDateTime.now());
        Client.check(age.abs().toMinutes() < 5, age);
        Client.check(!seen.getAccessedAt().isBefore(seen.getCreatedAt()), "times");
    }

    static void admin_errors(Client c, String queue) {
        ServiceBusAdministrationClient admin = Client.administer(Client.connection);
        for (CreateQueueOptions wrong : List.of(
                new CreateQueueOptions().setLockDuration(Duration.ofHours(1)),
                new CreateQueueOptions().setDefaultMessageTimeToLive(Duration.ZERO))) {
            Throwable error = Client.fails(() -> admin.createQueue("feil", wrong));
            Client.check(error instanceof HttpResponseException known
                && known.getResponse().getStatusCode() == 400, error);
        }
        Client.check(!admin.getQueueExists("feil"), "it was not made");
        for (String wrong : List.of(
                Client.asPolicy("RootManageSharedAccessKey", "feil"),
                Client.asPolicy("SendOnly", "SEND_KEY"))) {
            Throwable error = Client.fails(() -> Client.administer(wrong).getQueue(queue));
            Client.check(error instanceof ClientAuthenticationException, error);
        }
    }

    static void admin_namespace(Client c, String queue) {
        NamespaceProperties seen =
            Client.administer(Client.connection).getNamespaceProperties();
        MessagingSku kind = seen.getMessagingSku();
        Client.check(List.of(MessagingSku.STANDARD, MessagingSku.PREMIUM).contains(kind),
            kind);
        Client.check(!seen.getName().isEmpty(), "a name");
    }

    static void admin_delete_open(Client c, String queue) {
        ServiceBusSenderClient sender = c.sender(queue);
        ServiceBusReceiverClient receiver = c.receiver(queue);
        sender.sendMessage(new ServiceBusMessage("x"));
        Client.one(receiver);
        Client.administer(Client.connection).deleteQueue(queue);
        Client.refused(MISSING, () -> sender.sendMessage(new ServiceBusMessage("y")));
        Client.refused(MISSING, () -> Client.one(receiver));
    }
}
