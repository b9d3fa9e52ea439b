import com.azure.core.amqp.AmqpRetryOptions;
import com.azure.core.amqp.exception.AmqpException;
import com.azure.core.http.HttpClient;
import com.azure.core.http.HttpRequest;
import com.azure.core.http.HttpResponse;
import com.azure.core.http.policy.FixedDelayOptions;
import com.azure.core.http.policy.RetryOptions;
import com.azure.core.util.BinaryData;
import com.azure.core.util.Context;
import com.azure.messaging.servicebus.ServiceBusClientBuilder;
import com.azure.messaging.servicebus.ServiceBusErrorSource;
import com.azure.messaging.servicebus.ServiceBusException;
import com.azure.messaging.servicebus.ServiceBusFailureReason;
import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import com.azure.messaging.servicebus.ServiceBusSenderClient;
import com.azure.messaging.servicebus.administration.ServiceBusAdministrationClient;
import com.azure.messaging.servicebus.administration.ServiceBusAdministrationClientBuilder;
import com.azure.messaging.servicebus.models.SubQueue;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import reactor.core.publisher.Mono;

/** A case's side of the client: what it opens is closed when the case ends. */
final class Client implements AutoCloseable {
    /** How long anything may take before it is said not to have happened. */
    static final Duration WAIT = Duration.ofSeconds(30);

    static String connection;
    static String admin;
    static String authority;
    static String host;

    private final String text;
    private final Deque<AutoCloseable> open = new ArrayDeque<>();

    Client(String text) {
        this.text = text;
    }

    /** Trust the authority that signed the broker's certificate, as a JVM's own. */
    static void trust(String authority) throws Exception {
        KeyStore known = KeyStore.getInstance(KeyStore.getDefaultType());
        known.load(null);
        try (InputStream pem = Files.newInputStream(Path.of(authority))) {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            known.setCertificateEntry("broker", factory.generateCertificate(pem));
        }
        TrustManagerFactory trust =
            TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(known);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        SSLContext.setDefault(context);
    }

    ServiceBusClientBuilder builder() {
        AmqpRetryOptions retry = new AmqpRetryOptions()
            .setMaxRetries(1).setDelay(Duration.ofMillis(300)).setTryTimeout(WAIT);
        ServiceBusClientBuilder builder =
            new ServiceBusClientBuilder().connectionString(text).retryOptions(retry);
        if (!authority.equals("-")) {
            // Over TLS the client takes a port from nowhere else.
            builder.customEndpointAddress("https://" + host);
        }
        return builder;
    }

    <T extends AutoCloseable> T keep(T opened) {
        synchronized (open) {
            open.push(opened);
        }
        return opened;
    }

    ServiceBusSenderClient sender(String queue) {
        return keep(builder().sender().queueName(queue).buildClient());
    }

    ServiceBusClientBuilder.ServiceBusReceiverClientBuilder receiving(String queue) {
        return builder().receiver().queueName(queue)
            .disableAutoComplete().maxAutoLockRenewDuration(Duration.ZERO);
    }

    ServiceBusReceiverClient receiver(String queue) {
        return keep(receiving(queue).buildClient());
    }

    ServiceBusReceiverClient dead(String queue) {
        return keep(receiving(queue).subQueue(SubQueue.DEAD_LETTER_QUEUE).buildClient());
    }

    void send(String queue, Object... messages) {
        ServiceBusSenderClient sender = sender(queue);
        for (Object message : messages) {
            sender.sendMessage(message instanceof String words
                ? new ServiceBusMessage(words) : (ServiceBusMessage) message);
        }
        sender.close();
    }

    /** So many messages; fails when they do not come. */
    static List<ServiceBusReceivedMessage> receive(
            ServiceBusReceiverClient receiver, int count) {
        List<ServiceBusReceivedMessage> got = new ArrayList<>();
        while (got.size() < count) {
            int before = got.size();
            receiver.receiveMessages(count - before, WAIT).forEach(got::add);
            check(got.size() > before, before + " of " + count + " messages came");
        }
        return got;
    }

    static ServiceBusReceivedMessage one(ServiceBusReceiverClient receiver) {
        return receive(receiver, 1).get(0);
    }

    /** Receive, complete, close. */
    static List<ServiceBusReceivedMessage> take(ServiceBusReceiverClient from, int count) {
        List<ServiceBusReceivedMessage> got = receive(from, count);
        got.forEach(from::complete);
        from.close();
        return got;
    }

    /** Everything in the queue, whatever its state. */
    static List<ServiceBusReceivedMessage> look(ServiceBusReceiverClient receiver) {
        return receiver.peekMessages(100, 1).stream().toList();
    }

    static void nothingIn(ServiceBusReceiverClient receiver) {
        same(bodies(look(receiver)), List.of());
    }

    static List<String> bodies(Iterable<ServiceBusReceivedMessage> messages) {
        List<String> all = new ArrayList<>();
        messages.forEach(message -> all.add(message.getBody().toString()));
        return all;
    }

    static List<String> numbers(int count) {
        return IntStream.range(0, count).mapToObj(String::valueOf).toList();
    }

    static ServiceBusMessage named(String id, String words) {
        return new ServiceBusMessage(words).setMessageId(id);
    }

    static ServiceBusMessage of(byte[] body) {
        return new ServiceBusMessage(BinaryData.fromBytes(body));
    }

    static OffsetDateTime in(Duration time) {
        return OffsetDateTime.now().plus(time);
    }

    static String asPolicy(String name, String key) {
        return connection.replace("RootManageSharedAccessKey", name)
            .replace("SAS_KEY_VALUE", key);
    }

    /** A connection string with a token instead of a key. */
    static String signature(String queue, Instant expires) throws Exception {
        String at = "sb://" + host + "/" + queue;
        String resource = URLEncoder.encode(at, StandardCharsets.UTF_8);
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec("SAS_KEY_VALUE".getBytes(), "HmacSHA256"));
        byte[] digest =
            mac.doFinal((resource + "\n" + expires.getEpochSecond()).getBytes());
        String sig = URLEncoder.encode(
            Base64.getEncoder().encodeToString(digest), StandardCharsets.UTF_8);
        String token = "SharedAccessSignature sr=" + resource + "&sig=" + sig
            + "&se=" + expires.getEpochSecond() + "&skn=RootManageSharedAccessKey";
        String emulator = authority.equals("-") ? ";UseDevelopmentEmulator=true" : "";
        return "Endpoint=sb://" + host + ";SharedAccessSignature=" + token + emulator;
    }

    /** The client knows https only; the emulator's samples do the same. */
    static ServiceBusAdministrationClient administer(String connection) {
        HttpClient plain = new HttpClient() {
            private final HttpClient inner = HttpClient.createDefault();

            @Override
            public Mono<HttpResponse> send(HttpRequest request) {
                return inner.send(redirected(request));
            }

            @Override
            public Mono<HttpResponse> send(HttpRequest request, Context context) {
                return inner.send(redirected(request), context);
            }

            private HttpRequest redirected(HttpRequest request) {
                URI to = URI.create(request.getUrl().toString());
                String rest = to.getRawPath()
                    + (to.getRawQuery() == null ? "" : "?" + to.getRawQuery());
                return request.setUrl(admin + rest);
            }
        };
        return new ServiceBusAdministrationClientBuilder()
            .connectionString(connection)
            .httpClient(plain)
            .retryOptions(new RetryOptions(new FixedDelayOptions(0, Duration.ofMillis(1))))
            .buildClient();
    }

    // Judging.

    static void check(boolean good, Object what) {
        if (!good) {
            throw new AssertionError("not so: " + what);
        }
    }

    static void same(Object got, Object wanted) {
        boolean equal = got instanceof Number a && wanted instanceof Number b
            ? a.doubleValue() == b.doubleValue() : Objects.equals(got, wanted);
        check(equal, "got " + got + ", wanted " + wanted);
    }

    static Throwable fails(Callable<?> work) {
        try {
            work.call();
        } catch (Throwable error) {
            return error;
        }
        throw new AssertionError("no error");
    }

    static Throwable fails(Runnable work) {
        return fails(() -> {
            work.run();
            return null;
        });
    }

    static void refused(ServiceBusFailureReason reason, Runnable work) {
        Throwable error = fails(work);
        // Some calls wrap what the service said, or hand it on unread.
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            ServiceBusException known = cause instanceof ServiceBusException said ? said
                : cause instanceof AmqpException
                    ? new ServiceBusException(cause, ServiceBusErrorSource.UNKNOWN) : null;
            if (known != null && known.getReason().equals(reason)) {
                return;
            }
        }
        check(false, error);
    }

    static void until(String what, Supplier<Boolean> seen) throws InterruptedException {
        Instant ends = Instant.now().plus(WAIT);
        while (!seen.get()) {
            check(Instant.now().isBefore(ends), what + ": not within " + WAIT);
            Thread.sleep(100);
        }
    }

    @Override
    public void close() {
        for (AutoCloseable opened : open) {
            try {
                opened.close();
            } catch (Exception ignored) {
                // The case has its verdict.
            }
        }
    }
}
