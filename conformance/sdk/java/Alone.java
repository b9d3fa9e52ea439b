import com.azure.messaging.servicebus.ServiceBusException;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import com.azure.messaging.servicebus.ServiceBusSenderClient;
import com.azure.messaging.servicebus.administration.ServiceBusAdministrationClient;
import com.azure.messaging.servicebus.administration.models.QueueProperties;
import com.azure.messaging.servicebus.models.DeadLetterOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Cases that cannot run while others do: they would be in its way, or it in theirs. */
final class Alone {
    static void admin_list(Client c, String queue) {
        ServiceBusAdministrationClient admin = Client.administer(Client.connection);
        List<String> wanted = IntStream.range(0, 120)
            .mapToObj(n -> String.format("admin-list-%03d", n)).toList();
        wanted.forEach(admin::createQueue);
        List<String> found = admin.listQueues().stream().map(QueueProperties::getName)
            .filter(name -> name.startsWith("admin-list-")).toList();
        Client.same(found, wanted);
        wanted.forEach(admin::deleteQueue);
    }

    static void restart(Client c, String queue) throws Exception {
        ServiceBusSenderClient sender = c.sender(queue);
        ServiceBusReceiverClient receiver = c.receiver(queue);
        for (String words : List.of("a", "b", "utsatt", "død", "ferdig")) {
            sender.sendMessage(Client.named(words, words));
        }
        long later = sender.scheduleMessage(
            Client.named("senere", "senere"), Client.in(Duration.ofHours(1)));
        List<ServiceBusReceivedMessage> got = Client.receive(receiver, 5);
        receiver.defer(got.get(2));
        receiver.deadLetter(
            got.get(3), new DeadLetterOptions().setDeadLetterReason("grunn"));
        receiver.complete(got.get(4));
        receiver.abandon(got.get(0)); // b stays locked

        Main.restart();

        Client.until("the sender finds back",
            () -> tried(() -> sender.sendMessage(Client.named("etter", "etter"))));
        sender.sendMessage(Client.named("ferdig", "ferdig")); // known, and dropped
        List<ServiceBusReceivedMessage> again = new ArrayList<>();
        Client.until("the receiver finds back", () -> tried(() -> {
            receiver.receiveMessages(3 - again.size(), Duration.ofSeconds(5))
                .forEach(again::add);
        }) && again.size() == 3);
        Client.same(Client.bodies(again), List.of("a", "b", "etter"));
        Client.same(again.get(0).getDeliveryCount(), 1);
        again.forEach(receiver::complete);
        var deferred = receiver.receiveDeferredMessage(got.get(2).getSequenceNumber());
        Client.same(deferred.getBody().toString(), "utsatt");
        receiver.complete(deferred);
        Client.same(Client.look(receiver).get(0).getSequenceNumber(), later);
        sender.cancelScheduledMessage(later);
        Client.same(Client.take(c.dead(queue), 1).get(0).getDeadLetterReason(), "grunn");
        Client.nothingIn(c.receiver(queue));
    }

    /** Whether it went well; a connection may be one that died with the broker. */
    private static boolean tried(Runnable work) {
        try {
            work.run();
            return true;
        } catch (ServiceBusException error) {
            return false;
        }
    }
}
